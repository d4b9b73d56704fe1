"""Compares what the native function answers from its finished zip with the model's own bits."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poner.artifacts import FloatArray, ParityEvidence, Table
from poner.bundle import KnownAnswer, Verification
from poner.bundler.native import KERNEL, kernel_for
from poner.bundler.trial import (
    ask,
    compare_answers,
    failure,
    host_architecture,
    known_requests,
    make_requests,
    nonsense,
    unpacked,
)
from poner.signature import Signature

_ADVICE = "Please report it with the model's class and parameters."
OWN_ROUNDING = 1e-12
"""What a number may differ by, relative: exp may differ by an ulp."""


@dataclass(frozen=True)
class Case:
    """What is asked of the function, and what it must answer."""

    evidence: ParityEvidence
    """Rows with the model's own raw scores and predictions."""
    signature: Signature
    """Names for requests, classes for answers."""
    vocabulary: Sequence[str] = ()
    """The texts behind the category codes in the evidence's rows."""
    known: KnownAnswer | None = None
    """What is asked besides, as it will be of the deployed function."""


def verify(
    function_zip: Path, architecture: str, interpreter: Path, case: Case, scratch: Path
) -> Verification:
    """Unpack, start, ask and compare.

    Where this machine cannot run the zip's architecture, its kernel is swapped for this machine's,
    built from the same sources; the Verification says which one ran.

    Raises:
        ParityError: it does not start, or an answer differs.
    """
    evidence = case.evidence
    rows = Table(evidence.rows, case.signature.kinds, case.vocabulary)
    requests = make_requests(rows, evidence.predictions, case.signature)
    requests += known_requests(case.known)
    ran_on = host_architecture()
    with unpacked(function_zip, (), scratch) as folder:
        files = folder / "files"
        if ran_on != architecture:
            (files / "task" / KERNEL).write_bytes(kernel_for(ran_on))
        (files / "rows").write_bytes(np.ascontiguousarray(evidence.rows).tobytes())
        questions = {"outputs": [evidence.raw_output, 1]}
        values = evidence.raw.size + evidence.predictions.size
        told = ask(interpreter, folder, questions, requests, values=values, advice=_ADVICE)
    raw, predictions = _outputs(told.told, [evidence.raw, evidence.predictions])
    _compare_bits(raw, evidence.raw, "raw scores")
    if case.signature.classes is not None:
        _compare_bits(predictions, evidence.predictions, "predicted classes")
    compare_answers(
        told.responses,
        requests,
        tolerance=OWN_ROUNDING * np.abs(evidence.predictions),
        tied=np.zeros(len(evidence.rows), bool),
        advice=_ADVICE,
    )
    return Verification(told.python_version, ran_on, len(evidence.rows), len(requests))


def _outputs(told: Mapping[str, Any], own: Sequence[FloatArray]) -> list[FloatArray]:
    """The outputs that were asked for, each in the shape of the model's own.

    Raises:
        ParityError: an answer is not a number, or has the wrong shape.
    """
    try:
        return [
            np.frombuffer(base64.b64decode(text, validate=True)).reshape(values.shape)
            for text, values in zip(told["outputs"], own, strict=True)
        ]
    except (ValueError, TypeError, LookupError) as error:
        raise nonsense(_ADVICE) from error


def _compare_bits(ours: FloatArray, own: FloatArray, what: str) -> None:
    same = (ours.view(np.int64) == np.ascontiguousarray(own).view(np.int64)) | (
        np.isnan(ours) & np.isnan(own)
    )
    if not np.all(same):
        rows = int(np.sum(~np.all(same, axis=1)))
        raise failure(f"gives other {what} than the model on {rows} of {len(own)} rows", _ADVICE)
