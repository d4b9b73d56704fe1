"""The proof: a model and the function made from it must give the same answers to the same rows.

Inputs: a trained model, the compiler's facts about it (where its answers change, where rounding
decides), and the answers of a compiled model or of a function from its zips. Results: Examples
(rows with the model's own answers, for every engine) and a ParityReport, which counts the
differences. The proof starts no process and reads no file: its callers give it the answers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from poner.artifacts import Examples, TrainedModel
from poner.compiled_model import OUTPUTS, CompiledModel
from poner.proof import answers
from poner.proof.asked_model import AskedModel, Known
from poner.proof.comparison import (
    EXACT,
    PROMISED,
    Doubts,
    Subject,
    Tolerance,
    compare,
    rivals,
)
from poner.proof.questions import ROWS_OF_A_KIND, BoundaryValues, affordable_rows
from poner.proof.refusals import AskedRefusals, CompiledRefusals
from poner.proof.report import describe
from poner.proof.typical import as_answered, find_known_answer
from poner.table import recode

__all__ = [
    "EXACT",
    "PROMISED",
    "ROWS_OF_A_KIND",
    "BoundaryValues",
    "Doubts",
    "Known",
    "Subject",
    "Tolerance",
    "affordable_rows",
    "as_answered",
    "collect_examples",
    "compare",
    "describe",
    "find_known_answer",
    "prove",
    "rivals",
]


def collect_examples(
    model: TrainedModel,
    known: Known,
    compiled: CompiledModel | None = None,
    *,
    progress: Callable[[float], None] = lambda share: None,
) -> Examples:
    """Ask a model on rows of every kind.

    Args:
        model: its oracle is asked.
        known: what the compiler knows of it.
        compiled: its compiled form, which finds refused rows faster and must refuse the same rows.
        progress: called with the finished share, 0 to 1.

    Raises:
        ParityError: the model answers none of the rows, or none of its training rows; or the
            compiled form and the model refuse different rows.
    """
    asked = AskedModel(model.oracle, known)
    refusals = AskedRefusals(asked) if compiled is None else CompiledRefusals(asked, compiled)
    training = recode(model.training_rows, known.signature, known.vocabulary).numbers
    return answers.collect_examples(
        asked, training, refusals, missing_as_none=model.missing_as_none, progress=progress
    )


def prove(
    model: TrainedModel,
    known: Known,
    compiled: CompiledModel,
    examples: Examples,
    tolerances: Mapping[str, float],
    doubts: Doubts | None,
) -> CompiledModel:
    """Compare a compiled model with the model itself.

    Args:
        model: its oracle is asked once more where a difference is larger than its tolerance.
        known: what the compiler knows of it.
        compiled: the compiled form.
        examples: rows with the model's own answers.
        tolerances: by output, the relative error bound of its operations; 0 where bits are equal.
        doubts: the rows on which rounding decides.

    Returns:
        The compiled model with the report and the evidence: some rows of each kind with its own
        answers, for the trial of the finished zip.

    Raises:
        ParityError: an answer differs by more than rounding.
    """
    asked, rows = AskedModel(model.oracle, known), examples.rows.numbers
    threads = os.cpu_count() or 1
    ours = {name: compiled.evaluate(OUTPUTS[name], rows, threads) for name in compiled.outputs}
    subject = Subject(
        "The compiled model",
        "Please report it with the model's class and parameters.",
        {name: _tolerance(bound) for name, bound in tolerances.items()},
        doubts,
        lambda output, places: asked.moved(output, rows[places]),
    )
    report = compare(subject, ours, examples)
    sha256 = hashlib.sha256(compiled.content).hexdigest()
    evidence = replace(examples, answers=ours, sha256=sha256).thinned(ROWS_OF_A_KIND)
    return replace(compiled, parity=report, evidence=evidence)


def _tolerance(bound: float) -> Tolerance:
    """What is promised of numbers, or more where operations say so; labels tie by the bound."""
    return Tolerance(max(bound, PROMISED) if bound else bound, 4 * bound)
