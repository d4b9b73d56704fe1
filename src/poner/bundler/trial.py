"""Starts a function from its finished zips, as Lambda does, and asks it what clients will ask."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, JsonScalar, PredictionValue, Rows, Signature
from poner.bundle import KnownAnswer, agrees
from poner.errors import BundleError, ParityError
from poner.rows import as_matrix, as_records

MOST_REQUESTS = 200
NO_FINITE_ANSWER = "'body' holds values for which the model has no finite answer"
"""What the function says where a regressor's answer is one that JSON cannot say."""

_TIMEOUT_S = 900
_START = """
import json, os, platform, sys
scratch = sys.argv[1]
task, python = os.path.join(scratch, "task"), os.path.join(scratch, "opt", "python")
os.chdir(task)
packages = os.path.join(python, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
sys.path[:0] = [task, packages, python]
from lambda_function import lambda_handler, model
open(os.path.join(scratch, "started"), "w").close()
# From here on the text of an error may hold a value, so only its kind is told.
sys.excepthook = lambda kind, *_: sys.stderr.write(kind.__name__)
"""
_ANSWER = """
with open(os.path.join(scratch, "requests")) as file:
    answers = [lambda_handler({"body": line}, None) for line in file.read().splitlines()]
with open(os.path.join(scratch, "answers"), "w") as file:
    json.dump({"version": platform.python_version(), "answers": answers}, file)
"""


@dataclass(frozen=True)
class Request:
    """One request, and how it must be answered."""

    row: int
    """The row it asks about; -1 for none of those that are compared."""
    body: str
    """JSON."""
    prediction: PredictionValue | None
    """The model's own; None where it is not finite, which is refused."""
    refused: bool = False
    """Whether the model itself refuses the row."""
    known: KnownAnswer | None = None
    """The answer that the Bundle brings along, where this is its request."""


@dataclass(frozen=True)
class Answers:
    """What the function answered."""

    python_version: str
    """Version of the interpreter that ran it."""
    answers: list[dict[str, Any]]
    """The response to each request."""


def host_architecture() -> str:
    """This machine's architecture by Lambda's name."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)


def unpack(function_zip: Path, layers: Sequence[Path], scratch: Path) -> None:
    """Unpack a function into `task`, and layers in their order into `opt`, as Lambda does.

    Raises:
        BundleError: there is no room.
    """
    try:
        for path, folder in ((function_zip, "task"), *((layer, "opt") for layer in layers)):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(scratch / folder)
    except OSError as error:
        raise BundleError(
            f"The function could not be unpacked to be tried: {error.strerror}.",
            "Free some space for temporary files, or name another place for them with TMPDIR.",
        ) from error


def make_requests(rows: Rows, predictions: FloatArray, signature: Signature) -> list[Request]:
    """Requests for rows that JSON can say: numbers, texts, and null where it is taken."""
    takes_null = np.array([feature.missing for feature in signature.features])
    numbers = as_matrix(rows, signature)
    sayable = np.isfinite(numbers) | (np.isnan(numbers) & takes_null)
    places = np.flatnonzero(np.all(sayable, axis=1))
    chosen = places[:: max(1, -(-len(places) // MOST_REQUESTS))]
    return [
        Request(row, json.dumps(record), as_answered(prediction, signature.output_classes))
        for row, record, prediction in zip(
            chosen.tolist(),
            as_records(rows[chosen], signature),
            predictions[chosen].tolist(),
            strict=True,
        )
    ]


def refused_requests(
    rows: Sequence[Sequence[JsonScalar | None]], signature: Signature
) -> list[Request]:
    """Requests for rows that the model refuses."""
    names = signature.wire_names
    return [
        Request(-1, json.dumps(dict(zip(names, row, strict=True))), None, refused=True)
        for row in rows
    ]


def known_requests(known: KnownAnswer | None) -> list[Request]:
    """The request that will be sent to the deployed function, if there is one."""
    return [] if known is None else [Request(-1, known.body, known.prediction, known=known)]


def as_answered(
    prediction: Sequence[float], classes: Sequence[Sequence[JsonScalar]] | None
) -> PredictionValue | None:
    """A row's prediction as the function says it; None for what JSON cannot say."""
    if not np.all(np.isfinite(prediction)):
        return None
    values: list[JsonScalar] = list(prediction)
    if classes is not None:
        values = [names[int(value)] for names, value in zip(classes, prediction, strict=True)]
    return values[0] if len(values) == 1 else values


def ask(
    interpreter: Path,
    scratch: Path,
    questions: str,
    requests: Sequence[Request],
    *arguments: str,
    advice: str,
) -> Answers:
    """Start the function that lies in `scratch` and ask it.

    Args:
        interpreter: a Python of the target's version; none of its packages are used.
        scratch: where `unpack` put it.
        questions: Python to run once it has started, which has `model`, `scratch` and `sys.argv`.
        requests: for the handler.
        arguments: `sys.argv[2:]` of the questions.
        advice: what to do where it does not start, or does not answer.

    Raises:
        ParityError: it does not start, or not answer.
    """
    (scratch / "requests").write_text("".join(request.body + "\n" for request in requests))
    command = [str(interpreter), "-I", "-S", "-B", "-c", _START + questions + _ANSWER]
    try:
        done = subprocess.run(
            [*command, str(scratch), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=_environment(scratch),
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise failure(f"gave no answer within {_TIMEOUT_S} s", advice) from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        started = (scratch / "started").exists()
        how = "stopped at a row" if started else "did not start from its zips"
        raise failure(f"{how}: {last}", advice)
    told = json.loads((scratch / "answers").read_text())
    return Answers(told["version"], told["answers"])


def _environment(scratch: Path) -> dict[str, str]:
    """What of Lambda's own environment Python and libraries look at."""
    task, opt = scratch / "task", scratch / "opt"
    folders = (task, task / "lib", opt / "lib")
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders)),
        "LAMBDA_TASK_ROOT": str(task),
    }


def compare_answers(
    answers: Sequence[dict[str, Any]],
    requests: Sequence[Request],
    *,
    tolerance: FloatArray,
    tied: NDArray[np.bool_],
    advice: str,
) -> None:
    """Whether the handler says the model's own predictions.

    Args:
        answers: to the requests, in their order.
        requests: with the model's own predictions.
        tolerance: (n_rows, n_outputs) what values may differ by.
        tied: (n_rows,) whether any class will do.
        advice: what to do where one differs.

    Raises:
        ParityError: an answer is another one.
    """
    for number, (answer, request) in enumerate(zip(answers, requests, strict=True)):
        body = json.loads(str(answer["body"]))
        if request.known is not None:
            good = answer["statusCode"] == 200 and request.known.agrees_with(body["prediction"])
        elif request.refused:
            good = answer["statusCode"] == 400
        elif request.prediction is None:
            good = answer["statusCode"] == 400 and body["reason"] == NO_FINITE_ANSWER
        else:
            good = answer["statusCode"] == 200 and (
                bool(tied[request.row])
                or agrees(body["prediction"], request.prediction, tolerance[request.row])
            )
        if not good:
            raise failure(
                f"answers request {number + 1} of {len(requests)} otherwise than the model", advice
            )


def failure(what: str, advice: str) -> ParityError:
    """The error for a function that is not as good as the model."""
    return ParityError(f"The finished function {what}; no bundle was written.", advice)
