"""Starts a function from its finished zips, as Lambda does, and sends it requests.

The function may hold the user's untrusted model, so it runs confined and its answers are checked.
"""

from __future__ import annotations

import itertools
import json
import platform
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import Examples, FloatArray, Table
from poner.bundle import KnownAnswer, agrees
from poner.bundler.layers.linking import OPENMP
from poner.confinement.process import Limits, Program, Run, make_folder, remove_folder, run
from poner.errors import BundleError, ParityError
from poner.hosts import Host
from poner.proof import Tolerance, as_answered, rivals
from poner.served_model import longest_request_bytes
from poner.signature import JsonScalar, PredictionValue, Signature
from poner.table import as_records

MOST_REQUESTS, _MOST_REQUEST_BYTES = 200, 64 << 20
NO_FINITE_ANSWER = "'body' holds values for which the model has no finite answer"
"""The function's error message if a regressor's answer is infinite or NaN."""

_STARTED = b"started\n"

_LIMITS = Limits(cpu_s=1800, memory_bytes=10_240 << 20, threads=True)
"""Limits of the function's process; the memory is Lambda's largest."""
_TIMEOUT_S = 900.0

_VALUE_BYTES, _ANSWER_BYTES, _MORE_BYTES = 32, 1 << 16, 1 << 20
"""Most characters of a number, and of a response with its label, in JSON."""

_VERSION = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}[+a-z0-9]{0,10}")


@dataclass(frozen=True)
class Request:
    """One request and its expected answer."""

    row: int
    """Index of the row among the examples; -1 for a row outside of them."""
    body: str
    """The request's body, JSON."""
    prediction: PredictionValue | None
    """The model's own prediction; None if it is not finite, which the function refuses."""
    refused: bool = False
    """Whether the model itself refuses the row."""
    known: KnownAnswer | None = None
    """The Bundle's known answer, if this is its request."""


@dataclass(frozen=True)
class Response:
    """The handler's answer to one request."""

    status: int
    """The HTTP status."""
    body: Mapping[str, Any]
    """The body, read as JSON."""


@dataclass(frozen=True)
class Answers:
    """The function's answers; their types are checked, their values are not."""

    python_version: str
    """Version of the interpreter that ran the function."""
    responses: tuple[Response, ...]
    """The response to each request."""
    told: Mapping[str, Any]
    """The trial program's whole output, with the model's outputs."""


def host_architecture() -> str:
    """Lambda's name of this machine's architecture."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)


@contextmanager
def unpacked(function_zip: Path, layers: Sequence[Path], scratch: Path) -> Iterator[Path]:
    """A confined process's folder, with the function in `files/task` and layers in `files/opt`.

    Layers are unpacked in their order, as on Lambda.

    Raises:
        BundleError: there is no room for the files.
    """
    folder = None
    try:
        folder = make_folder("trial-", scratch)
        for path, name in ((function_zip, "task"), *((layer, "opt") for layer in layers)):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder / "files" / name)
        yield folder
    except OSError as error:
        raise BundleError(
            f"The function could not be unpacked and tried: {error.strerror or error}.",
            "Free some space for temporary files, or name another place for them with TMPDIR.",
        ) from error
    finally:
        if folder is not None:
            remove_folder(folder)


def make_requests(rows: Table, predictions: FloatArray, signature: Signature) -> list[Request]:
    """Requests for the rows that JSON can express: finite numbers, texts, permitted nulls."""
    takes_null = np.array([feature.missing for feature in signature.features])
    sayable = np.isfinite(rows.numbers) | (np.isnan(rows.numbers) & takes_null)
    places = np.flatnonzero(np.all(sayable, axis=1))
    most = _MOST_REQUEST_BYTES // longest_request_bytes(signature)
    chosen = places[:: max(1, -(-len(places) // max(1, min(MOST_REQUESTS, most))))]
    return [
        Request(row, json.dumps(record), as_answered(prediction, signature))
        for row, record, prediction in zip(
            chosen.tolist(),
            as_records(rows.take(chosen), signature.wire_names),
            predictions[chosen],
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
    """The request of the known answer, which the deployed function will receive, if any."""
    return [] if known is None else [Request(-1, known.body, known.prediction, known=known)]


def ask(
    host: Host,
    folder: Path,
    questions: Mapping[str, Any],
    requests: Sequence[Request],
    *,
    values: int,
    advice: str,
) -> Answers:
    """Start a function in a confined process, and send it questions and requests.

    Args:
        host: the host that runs the function.
        folder: the folder made by `unpacked`.
        questions: questions for the model itself, as trial_program.py takes them.
        requests: requests for the handler.
        values: number of values in the expected answers.
        advice: hint of the error.

    Raises:
        ParityError: the function does not start, or does not answer.
    """
    files = folder / "files"
    asked = {
        **questions,
        "handler": host.handler,
        "requests": [request.body for request in requests],
    }
    (files / "asked.json").write_text(json.dumps(asked))
    program = Program(
        host.find_interpreter(),
        host.trial_program,
        arguments=(str(files),),
        environment=_environment(files),
    )
    most_bytes = values * _VALUE_BYTES + len(requests) * _ANSWER_BYTES + _MORE_BYTES
    done = run(program, _LIMITS, folder, timeout_s=_TIMEOUT_S, most_bytes=most_bytes)
    _check_ended_well(done, advice)
    return read_answers(done.output[len(_STARTED) :], len(requests), advice)


def _check_ended_well(done: Run, advice: str) -> None:
    """Check that the process ended normally.

    Raises:
        ParityError: the process failed; states how it ended, and its last line of output.
    """
    if done.ending.out_of_memory or done.last_words.startswith("MemoryError"):
        free_gb = done.memory_bytes / 1e9
        raise failure(f"needs more memory than the {free_gb:.1f} GB available to it", advice)
    if not done.in_time:
        raise failure(f"gave no answer within {_TIMEOUT_S:.0f} s", advice)
    if done.too_long:
        raise failure("gave an answer that is too long", advice)
    if done.ending.returncode != 0:
        code = done.ending.returncode
        last = done.last_words or (f"signal {-code}" if code < 0 else f"exit status {code}")
        started = done.output.startswith(_STARTED)
        how = "stopped at a row" if started else "did not start from its zips"
        raise failure(f"{how}: {last}", advice)


def read_answers(output: bytes, n_requests: int, advice: str) -> Answers:
    """Parse the process's output, which is as untrusted as the model.

    Raises:
        ParityError: the output is malformed.
    """
    try:
        told = json.loads(output)
        version, answers = str(told["version"]), told["answers"]
        responses = tuple(
            Response(int(answer["statusCode"]), _object(json.loads(answer["body"])))
            for answer in answers
        )
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise invalid_answer(advice) from error
    if len(responses) != n_requests or not _VERSION.fullmatch(version):
        raise invalid_answer(advice)
    return Answers(version, responses, told)


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def invalid_answer(advice: str) -> ParityError:
    """The error for a malformed answer."""
    return failure("gave an invalid answer", advice)


def _environment(files: Path) -> dict[str, str]:
    """The variables of Lambda's environment that Python and libraries read.

    LD_LIBRARY_PATH takes effect before the process is confined, so it is set only if the layers'
    lib folder holds nothing but OpenMP: Python itself must load no library from there.
    """
    task, lent = files / "task", files / "opt" / "lib"
    names = {path.name for path in lent.iterdir()} if lent.is_dir() else set()
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        **({"LD_LIBRARY_PATH": str(lent)} if names == {OPENMP} else {}),
        "LAMBDA_TASK_ROOT": str(task),
    }


def compare_answers(
    responses: Sequence[Response],
    requests: Sequence[Request],
    examples: Examples,
    *,
    tolerance: Tolerance,
    advice: str,
) -> int:
    """Check that the handler answers with the model's own predictions.

    Args:
        responses: the responses, in the order of the requests.
        requests: the requests, with the model's own predictions.
        examples: the rows of the requests.
        tolerance: greatest difference between values.
        advice: hint of the error.

    Returns:
        How many answers are another class, which the model's own scores hold for equal.

    Raises:
        ParityError: an answer differs.
    """
    allowed, tied = tolerance.allowed(examples.predictions), 0
    same = rivals(examples, tolerance.same_score)
    for number, (response, request) in enumerate(zip(responses, requests, strict=True)):
        if _is_as_wanted(response, request, allowed):
            continue
        row = [part[request.row] for part in same] if request.row >= 0 else []
        if response.status != 200 or not _is_rival(response, examples.signature, row):
            raise failure(
                f"answers request {number + 1} of {len(requests)} otherwise than the model", advice
            )
        tied += 1
    return tied


def _is_as_wanted(response: Response, request: Request, allowed: FloatArray) -> bool:
    """Whether a response is the expected one, within the allowed difference."""
    prediction = response.body.get("prediction")
    if request.known is not None:
        return response.status == 200 and request.known.agrees_with(prediction)
    if request.refused:
        return response.status == 400
    if request.prediction is None:
        return response.status == 400 and response.body.get("reason") == NO_FINITE_ANSWER
    return response.status == 200 and agrees(prediction, request.prediction, allowed[request.row])


def _is_rival(response: Response, signature: Signature, same: Sequence[NDArray[np.bool_]]) -> bool:
    """Whether an answer is made of classes that the model could have answered as well."""
    prediction, classes = response.body.get("prediction"), signature.output_classes or ()
    answered = prediction if len(classes) > 1 else [prediction]
    if not same or not isinstance(answered, list) or len(answered) != len(classes):
        return False
    possible = [itertools.compress(names, part) for names, part in zip(classes, same, strict=True)]
    return all(
        any(agrees(label, name, [0.0]) for name in names)
        for label, names in zip(answered, possible, strict=True)
    )


def failure(what: str, advice: str) -> ParityError:
    """The error for a function that fails its trial."""
    return ParityError(f"The finished function {what}; no bundle was written.", advice)
