"""Runs a function from its finished zips, and compares its answers with the model's."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import numpy as np

from poner.artifacts import Examples, FloatArray, ParityReport
from poner.aws_lambda.quotas import REQUEST_BYTES
from poner.bundle import Engine, KnownAnswer, Verification
from poner.bundler.trial import (
    Request,
    ask,
    compare_answers,
    failure,
    host_architecture,
    invalid_answer,
    known_requests,
    make_requests,
    refused_requests,
    unpacked,
)
from poner.compiled_model import OUTPUTS
from poner.errors import ParityError
from poner.hosts import KERNEL, Host, kernel_for
from poner.proof import EXACT, Subject, Tolerance, compare, find_known_answer
from poner.served_model import longest_request_bytes
from poner.table import as_lists

NATIVE = Tolerance(1e-12, same_score=0.0)
"""Tolerance between the zip's kernel and this machine's: exp may differ in its last bit."""

_ADVICE: Mapping[Engine, str] = {
    "native": "Please report this with the model's class and parameters.",
    "sklearn": "Pin the versions that the model was made with (--require NAME==VERSION), or take "
    "another engine.",
    "onnx": "Take another engine: --engine sklearn ships the model itself.",
}


@dataclass(frozen=True)
class Trial:
    """A function's zips, and the rows to try it on."""

    function_zip: Path
    """The function's zip."""
    layers: tuple[Path, ...]
    """The layers' zips for this machine's architecture, in order."""
    architecture: str
    """Architecture of the function's kernel, if it has one."""
    host: Host
    """The host that runs the function."""
    engine: Engine
    """The function's engine."""
    examples: Examples
    """Rows, and the model's answers to them."""
    tolerance: Tolerance
    """Greatest difference between the function's numbers and the model's."""
    body_limit_bytes: int
    """Longest request body that the function reads."""


def verify(trial: Trial, scratch: Path) -> tuple[ParityReport, Verification]:
    """Unpack and start a function, and compare its answers with the model's.

    If this machine cannot run the zip's architecture, the zip's kernel is replaced by this
    machine's, built from the same sources; the Verification says which architecture ran.

    Args:
        trial: the function and the questions.
        scratch: an empty folder to work in.

    Raises:
        ParityError: the function does not start, or an answer differs.
    """
    examples, advice = trial.examples, _ADVICE[trial.engine]
    if not len(examples.rows):
        raise failure("could not be compared on any row", "Save the model with poner.save.")
    requests = _make_requests(trial)
    values = sum(answers.size for answers in examples.answers.values()) + len(examples.rows)
    with unpacked(trial.function_zip, trial.layers, scratch) as folder:
        questions = _make_questions(trial, folder / "files")
        told = ask(trial.host, folder, questions, requests, values=values, advice=advice)
    subject = Subject(f"The finished function ({trial.engine} engine)", advice, _tolerances(trial))
    report = compare(subject, _read_outputs(told.told, trial), examples)
    tied = compare_answers(
        told.responses, requests, examples, tolerance=trial.tolerance, advice=advice
    )
    rows, ran_on = len(examples.rows), host_architecture()
    return report, Verification(told.python_version, ran_on, rows, len(requests), tied)


def _make_requests(trial: Trial) -> list[Request]:
    """The requests that are not longer than the function reads.

    Raises:
        ParityError: all are longer, although the function could read more.
    """
    examples, limit_bytes = trial.examples, trial.body_limit_bytes
    requests = make_requests(examples.rows, examples.predictions, examples.signature)
    requests += refused_requests(examples.refused, examples.signature)
    requests += known_requests(find_known_answer(examples, trial.tolerance))
    short = [request for request in requests if len(request.body) <= limit_bytes]
    if requests and not short and limit_bytes < REQUEST_BYTES:
        raise ParityError(
            f"A request for one row takes more than {limit_bytes:,} bytes, which is the "
            "function's body limit; no bundle was written.",
            "Leave `body_limit_bytes` out of poner.toml, or set at least "
            f"{min(longest_request_bytes(examples.signature), REQUEST_BYTES):,}.",
        )
    return short


def known_answer(trial: Trial) -> KnownAnswer | None:
    """A row with a known answer that the function reads; None if there is none."""
    known = find_known_answer(trial.examples, trial.tolerance)
    return known if known and len(known.body) <= trial.body_limit_bytes else None


def say_if_unasked(verification: Verification, notify: Callable[[str], None]) -> None:
    """Say if no request was short enough for Lambda."""
    if not verification.requests:
        notify(
            "The function was not asked: a row of this model takes more than the "
            f"{REQUEST_BYTES:,} bytes of a request to Lambda. Its model gave the right answers to "
            f"{verification.rows:,} rows; use it from Python, or in batches."
        )


def _make_questions(trial: Trial, files: Path) -> dict[str, Any]:
    """The questions for trial_program.py, without the requests; writes the files they need."""
    examples = trial.examples
    match trial.engine:
        case "native":
            if host_architecture() != trial.architecture:
                (files / "task" / KERNEL).write_bytes(kernel_for(host_architecture()))
            (files / "rows").write_bytes(np.ascontiguousarray(examples.rows.numbers).tobytes())
            return {"outputs": {output: OUTPUTS[output] for output in examples.answers}}
        case "onnx" | "sklearn":
            rows = as_lists(examples.rows)
            batches = [[row] for row in rows] if examples.asked_alone else [rows]
            return {"methods": list(examples.answers), "batches": batches}
        case _:
            assert_never(trial.engine)


def _tolerances(trial: Trial) -> dict[str, Tolerance]:
    """The tolerance of each output; the kernel's scores and labels must be equal to the bit."""
    tolerances = dict.fromkeys(trial.examples.answers, trial.tolerance)
    if trial.engine == "native":
        tolerances[next(iter(tolerances))] = EXACT
        if trial.examples.signature.classes is not None:
            tolerances["predict"] = EXACT
    return tolerances


def _read_outputs(told: Mapping[str, Any], trial: Trial) -> dict[str, FloatArray]:
    """The answers by output, (n_rows, width) each.

    Raises:
        ParityError: an answer is not a table of numbers with one row for each question.
    """
    own, alone = trial.examples.answers, trial.examples.asked_alone
    n_batches = len(trial.examples.rows) if alone else 1
    try:
        if trial.engine == "native":
            return {
                output: np.frombuffer(
                    base64.b64decode(told["outputs"][output], validate=True)
                ).reshape(answers.shape)
                for output, answers in own.items()
            }
        batches = told["evaluated"]
        if len(batches) != n_batches:
            raise ValueError("another number of batches")
        return {
            output: _joined([batch[output] for batch in batches], len(trial.examples.rows))
            for output in own
            if all(output in batch for batch in batches) or output == "predict"
        }
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise invalid_answer(_ADVICE[trial.engine]) from error


def _joined(parts: Sequence[Any], n_rows: int) -> FloatArray:
    joined = np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])
    if joined.ndim != 2 or len(joined) != n_rows:
        raise ValueError("not a table of so many rows")
    return joined
