"""Compares what the native function answers from its finished zip with the model's own bits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poner.artifacts import FloatArray, ParityEvidence, Signature
from poner.bundle import KnownAnswer, Verification
from poner.bundler.native import KERNEL, kernel_for
from poner.bundler.trial import (
    ask,
    compare_answers,
    failure,
    host_architecture,
    known_requests,
    make_requests,
    unpack,
)
from poner.rows import as_objects

_ADVICE = "Please report it with the model's class and parameters."
OWN_ROUNDING = 1e-12
"""What a number may differ by, relative: exp may differ by an ulp."""

_QUESTIONS = """
with open(os.path.join(scratch, "rows"), "rb") as file:
    rows = file.read()
for output in json.loads(sys.argv[2]):
    with open(os.path.join(scratch, "output-%d" % output), "wb") as file:
        file.write(model.evaluate(output, rows))
"""


@dataclass(frozen=True)
class Case:
    """What is asked of the function, and what it must answer."""

    evidence: ParityEvidence
    """Rows with the model's own raw scores and predictions."""
    signature: Signature
    """Names for requests, classes for answers."""
    strings: Sequence[str] = ()
    """The texts that the evidence's rows hold the places of."""
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
    unpack(function_zip, (), scratch)
    ran_on = host_architecture()
    if ran_on != architecture:
        (scratch / "task" / KERNEL).write_bytes(kernel_for(ran_on))
    evidence = case.evidence
    rows = as_objects(evidence.rows, case.signature, case.strings)
    requests = make_requests(rows, evidence.predictions, case.signature)
    requests += known_requests(case.known)
    (scratch / "rows").write_bytes(np.ascontiguousarray(evidence.rows).tobytes())
    outputs = json.dumps([evidence.raw_output, 1])
    told = ask(interpreter, scratch, _QUESTIONS, requests, outputs, advice=_ADVICE)
    _compare_bits(scratch / f"output-{evidence.raw_output}", evidence.raw, "raw scores")
    if case.signature.classes is not None:
        _compare_bits(scratch / "output-1", evidence.predictions, "predicted classes")
    compare_answers(
        told.answers,
        requests,
        tolerance=OWN_ROUNDING * np.abs(evidence.predictions),
        tied=np.zeros(len(evidence.rows), bool),
        advice=_ADVICE,
    )
    return Verification(told.python_version, ran_on, len(evidence.rows), len(requests))


def _compare_bits(answers: Path, own: FloatArray, what: str) -> None:
    ours = np.fromfile(answers).reshape(own.shape)
    same = (ours.view(np.int64) == np.ascontiguousarray(own).view(np.int64)) | (
        np.isnan(ours) & np.isnan(own)
    )
    if not np.all(same):
        rows = int(np.sum(~np.all(same, axis=1)))
        raise failure(f"gives other {what} than the model on {rows} of {len(own)} rows", _ADVICE)
