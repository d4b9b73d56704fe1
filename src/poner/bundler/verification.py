"""Starts a function from its finished zip and compares its answers with the model's own."""

from __future__ import annotations

import io
import json
import platform
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poner.artifacts import FloatArray, JsonScalar, ParityEvidence, PredictionValue, Signature
from poner.bundle import Verification
from poner.bundler.native import KERNEL, kernel_for
from poner.errors import ParityError
from poner.rows import as_objects, as_records

MOST_REQUESTS = 200
_TIMEOUT_S = 300

_ASK = """
import json, os, platform, sys
task, scratch = sys.argv[1:3]
os.chdir(task)
sys.path.insert(0, task)
from lambda_function import lambda_handler
from poner_runtime.model import Model
with open("model.poner", "rb") as file:
    model = Model(file.read())
with open(os.path.join(scratch, "rows"), "rb") as file:
    rows = file.read()
for output in json.loads(sys.argv[3]):
    with open(os.path.join(scratch, "output-%d" % output), "wb") as file:
        file.write(model.evaluate(output, rows))
with open(os.path.join(scratch, "requests")) as file:
    answers = [lambda_handler({"body": line}, None) for line in file.read().splitlines()]
with open(os.path.join(scratch, "answers"), "w") as file:
    json.dump({"version": platform.python_version(), "answers": answers}, file)
"""


NO_FINITE_ANSWER = "'body' holds values for which the model has no finite answer"
"""What the function says where a regressor's answer is one that JSON cannot say."""


@dataclass(frozen=True)
class Case:
    """What is asked of the function, and what it must answer."""

    evidence: ParityEvidence
    """Rows with the model's own raw scores and predictions."""
    signature: Signature
    """Names for requests, classes for answers."""
    strings: Sequence[str] = ()
    """The texts that the evidence's rows hold the places of."""


@dataclass(frozen=True)
class _Request:
    """One request, and how it must be answered."""

    body: str
    """JSON."""
    prediction: PredictionValue | None
    """The model's own; None where it is not finite, which is refused."""


def verify(
    function_zip: bytes, architecture: str, interpreter: Path, case: Case, scratch: Path
) -> Verification:
    """Unpack, start, ask and compare.

    Where this machine cannot run the zip's architecture, its kernel is swapped for this machine's,
    built from the same sources; the Verification says which one ran.

    Raises:
        ParityError: it does not start, or an answer differs.
    """
    task = scratch / "task"
    with zipfile.ZipFile(io.BytesIO(function_zip)) as archive:
        archive.extractall(task)
    ran_on = host_architecture()
    if ran_on != architecture:
        (task / KERNEL).write_bytes(kernel_for(ran_on))
    evidence = case.evidence
    requests = _requests(case)
    (scratch / "rows").write_bytes(np.ascontiguousarray(evidence.rows).tobytes())
    (scratch / "requests").write_text("".join(request.body + "\n" for request in requests))
    _run(interpreter, task, scratch, [evidence.raw_output, 1])
    _compare_bits(scratch / f"output-{evidence.raw_output}", evidence.raw, "raw scores")
    if case.signature.classes is not None:
        _compare_bits(scratch / "output-1", evidence.predictions, "predicted classes")
    told = json.loads((scratch / "answers").read_text())
    _compare_answers(told["answers"], requests)
    return Verification(told["version"], ran_on, len(evidence.rows), len(requests))


def host_architecture() -> str:
    """This machine's architecture by Lambda's name."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)


def _requests(case: Case) -> list[_Request]:
    """Requests for rows that JSON can say: numbers, texts, and null where it is taken."""
    evidence, features = case.evidence, case.signature.features
    takes_null = np.array([feature.missing for feature in features])
    sayable = np.isfinite(evidence.rows) | (np.isnan(evidence.rows) & takes_null)
    places = np.flatnonzero(np.all(sayable, axis=1))
    chosen = places[:: max(1, -(-len(places) // MOST_REQUESTS))]
    rows = as_objects(evidence.rows[chosen], case.signature, case.strings)
    return [
        _Request(json.dumps(record), _as_answered(prediction, case.signature.output_classes))
        for record, prediction in zip(
            as_records(rows, case.signature), evidence.predictions[chosen].tolist(), strict=True
        )
    ]


def _as_answered(
    prediction: Sequence[float], classes: Sequence[Sequence[JsonScalar]] | None
) -> PredictionValue | None:
    """A row's prediction as the function says it; None for what JSON cannot say."""
    if not np.all(np.isfinite(prediction)):
        return None
    values: list[JsonScalar] = list(prediction)
    if classes is not None:
        values = [names[int(value)] for names, value in zip(classes, prediction, strict=True)]
    return values[0] if len(values) == 1 else values


def _run(interpreter: Path, task: Path, scratch: Path, outputs: list[int]) -> None:
    command = [str(interpreter), "-I", "-S", "-B", "-c", _ASK, str(task), str(scratch)]
    command.append(json.dumps(outputs))
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={}, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise _failure(f"gave no answer within {_TIMEOUT_S} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise _failure(f"did not start from its zip: {last}")


def _compare_bits(answers: Path, own: FloatArray, what: str) -> None:
    ours = np.fromfile(answers).reshape(own.shape)
    same = (ours.view(np.int64) == np.ascontiguousarray(own).view(np.int64)) | (
        np.isnan(ours) & np.isnan(own)
    )
    if not np.all(same):
        rows = int(np.sum(~np.all(same, axis=1)))
        raise _failure(f"gives other {what} than the model on {rows} of {len(own)} rows")


def _compare_answers(answers: list[dict[str, object]], requests: list[_Request]) -> None:
    for number, (answer, request) in enumerate(zip(answers, requests, strict=True)):
        body = json.loads(str(answer["body"]))
        if request.prediction is None:
            good = answer["statusCode"] == 400 and body["reason"] == NO_FINITE_ANSWER
        else:
            good = answer["statusCode"] == 200 and _agree(body["prediction"], request.prediction)
        if not good:
            raise _failure(
                f"answers request {number + 1} of {len(requests)} otherwise than the model"
            )


def _agree(given: object, wanted: object) -> bool:
    """Whether two predictions are the same, of the same type; floats but for rounding."""
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(_agree, given, wanted))
    if type(given) is float and type(wanted) is float:  # exp may differ by an ulp
        return abs(given - wanted) <= 1e-12 * abs(wanted)
    return given == wanted and type(given) is type(wanted)


def _failure(what: str) -> ParityError:
    return ParityError(
        f"The finished function {what}; no bundle was written.",
        "Please report it with the model's class and parameters.",
    )
