"""Compares what a function with layers answers from its finished zips with the model itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import Examples, FloatArray, OutputParity, ParityReport
from poner.bundle import Engine, KnownAnswer, Verification
from poner.bundler.trial import (
    ask,
    compare_answers,
    failure,
    host_architecture,
    known_requests,
    make_requests,
    nonsense,
    refused_requests,
    unpacked,
)
from poner.errors import ParityError
from poner.table import as_lists

_ROUNDING = 8 * np.finfo(float).eps
"""Scores that differ by less are ties: which of them is larger is left to rounding."""

_ADVICE = {
    "sklearn": "Pin the versions that the model was made with (--require NAME==VERSION), or take "
    "another engine.",
    "onnx": "Take another engine: --engine sklearn ships the model itself.",
}


@dataclass(frozen=True)
class LayeredCase:
    """What is asked of the function, and what it must answer."""

    examples: Examples
    """Rows with the model's own answers."""
    engine: Engine
    """The engine that answers."""
    tolerance: float
    """What its numbers may differ by, relative to the value or to what values usually are."""


def verify_layered(
    function_zip: Path,
    layers: Sequence[Path],
    interpreter: Path,
    case: LayeredCase,
    scratch: Path,
) -> tuple[ParityReport, Verification]:
    """Unpack, start, ask and compare.

    Args:
        function_zip: the function.
        layers: its layers for this machine's architecture, in their order.
        interpreter: a Python of the target's version.
        case: questions and answers.
        scratch: an empty folder to work in.

    Raises:
        ParityError: it does not start, or an answer differs.
    """
    examples, advice = case.examples, _ADVICE[case.engine]
    if not len(examples.rows):
        raise failure("could not be compared on any row", "Save the model with poner.save.")
    requests = make_requests(examples.rows, examples.predictions, examples.signature)
    requests += refused_requests(examples.refused, examples.signature)
    requests += known_requests(find_known_answer(case))
    rows = as_lists(examples.rows)
    batches = [[row] for row in rows] if examples.asked_alone else [rows]
    values = examples.predictions.size + examples.scores.size + len(rows)
    with unpacked(function_zip, layers, scratch) as folder:
        questions = {"batches": batches}
        told = ask(interpreter, folder, questions, requests, values=values, advice=advice)
    evaluated = _evaluated(told.told, len(batches), advice)
    predictions = np.concatenate([predictions for predictions, _ in evaluated])
    report = compare(case, predictions, _joined([scores for _, scores in evaluated]))
    own = examples.predictions
    tied = np.asarray(np.any(find_ties(examples), axis=1))
    compare_answers(told.responses, requests, tolerance=_allowed(case), tied=tied, advice=advice)
    ran_on = host_architecture()
    return report, Verification(told.python_version, ran_on, len(own), len(requests))


def find_known_answer(case: LayeredCase) -> KnownAnswer | None:
    """What the model says to its typical row; None where JSON cannot say it, or at a tie."""
    examples, place = case.examples, case.examples.typical_place
    if place is None or np.any(find_ties(examples)[place]):
        return None
    rows = examples.rows.take(slice(place, None))
    predictions = examples.predictions[place:]
    for request in make_requests(rows, predictions, examples.signature):
        if request.prediction is not None:
            tolerance = tuple(_allowed(case)[place].tolist())
            return KnownAnswer(request.body, request.prediction, tolerance)
    return None


def _allowed(case: LayeredCase) -> FloatArray:
    """(n_rows, n_outputs) what the handler's answers may differ by: nothing, where classes."""
    own = case.examples.predictions
    is_classifier = case.examples.signature.classes is not None
    return np.zeros(own.shape) if is_classifier else case.tolerance * _sizes(own)


def _evaluated(
    told: Mapping[str, Any], n_batches: int, advice: str
) -> list[tuple[FloatArray, FloatArray | None]]:
    """Predictions and scores of each batch.

    Raises:
        ParityError: an answer is not a table of numbers.
    """
    try:
        evaluated = [
            (
                _table(batch["predictions"]),
                None if (scores := batch["scores"]) is None else _table(scores),
            )
            for batch in told["evaluated"]
        ]
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise nonsense(advice) from error
    if len(evaluated) != n_batches:
        raise nonsense(advice)
    return evaluated


def _table(values: Any) -> FloatArray:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError("not a table")
    return table


def _joined(scores: list[FloatArray | None]) -> FloatArray | None:
    parts = [part for part in scores if part is not None]
    return np.concatenate(parts) if len(parts) == len(scores) else None


def compare(case: LayeredCase, predictions: FloatArray, scores: FloatArray | None) -> ParityReport:
    """The comparison output by output.

    Args:
        case: what had to be answered.
        predictions: (n_rows, n_outputs) as in `Examples`.
        scores: (n_rows, width) as in `Examples`; None where the function gives none.

    Raises:
        ParityError: a label is another one, or a number differs by more than the tolerance.
    """
    examples = case.examples
    own, method = examples.predictions, examples.scores_method
    outputs = []
    if method is not None and scores is not None:
        outputs.append(_compare_numbers(method, scores, examples.scores, case))
    tied = 0
    if examples.signature.classes is None:
        outputs.append(_compare_numbers("predict", predictions, own, case))
    else:
        differs = predictions != own
        if np.any(differs & ~find_ties(examples)):
            bad = np.any(differs & ~find_ties(examples), axis=1)
            raise _differs("predicted classes", bad, case)
        tied = int(differs.any(axis=1).sum())
        outputs.append(OutputParity("predict", len(own), len(own) - tied, 0.0))
    return ParityReport(
        rows_tried=len(own),
        rows_equal=len(own),
        largest_difference=outputs[0].largest_difference,
        rows_by_kind=examples.rows_by_kind,
        outputs=tuple(outputs),
        rows_tied=tied,
    )


def _compare_numbers(
    output: str, ours: FloatArray, own: FloatArray, case: LayeredCase
) -> OutputParity:
    """Within the tolerance; NaN and infinities are equal only to themselves."""
    if ours.shape != own.shape:
        raise _differs(f"{output} (another number of columns)", np.ones(len(own), bool), case)
    equal = (ours == own) | (np.isnan(ours) & np.isnan(own))
    with np.errstate(invalid="ignore"):
        difference = np.where(equal, 0.0, np.abs(ours - own))
    close = difference <= case.tolerance * _sizes(own)
    if not np.all(close):
        raise _differs(output, ~np.all(close, axis=1), case, float(np.nanmax(difference)))
    exact = int(np.all(equal, axis=1).sum())
    largest = float(difference.max(initial=0.0))
    return OutputParity(output, len(own), exact, largest, case.tolerance)


def _sizes(own: FloatArray) -> FloatArray:
    """The size of each value, or what values of its column usually are, if that is more."""
    finite = np.where(np.isfinite(own), np.abs(own), np.nan)
    finite[:, np.all(np.isnan(finite), axis=0)] = 0.0
    usual = np.nanmedian(finite, axis=0)
    return np.asarray(np.maximum(np.nan_to_num(np.abs(own), posinf=0.0), usual))


def find_ties(examples: Examples) -> NDArray[np.bool_]:
    """(n_rows, n_outputs) whether the model's own two best scores are equal but for rounding."""
    classes = examples.signature.output_classes or ()
    ties = np.zeros(examples.predictions.shape, bool)
    for output, part in enumerate(_parts(examples, [len(names) for names in classes])):
        if part.shape[1] > 1:
            second, best = np.sort(part, axis=1)[:, -2:].T
            ties[:, output] = best - second <= _ROUNDING * np.maximum(1.0, np.abs(best))
    return ties


def _parts(examples: Examples, widths: Sequence[int]) -> list[FloatArray]:
    """The scores of each output's classes, (n_rows, n_classes) each; none where they say less."""
    scores = examples.scores
    if examples.scores_method is None:
        return []
    if scores.shape[1] == sum(widths):
        return np.split(scores, np.cumsum(widths)[:-1], axis=1)
    if scores.shape[1] == len(widths) and set(widths) == {2}:  # the second class alone
        middle = 0.5 if examples.scores_method == "predict_proba" else 0.0
        return [np.stack([middle - score, score - middle], axis=1) for score in scores.T]
    return []


def _differs(
    what: str, bad: NDArray[np.bool_], case: LayeredCase, largest: float | None = None
) -> ParityError:
    by = "" if largest is None else f", by up to {largest:.3g}"
    return failure(
        f"({case.engine} engine) gives other {what} than the model on {int(bad.sum())} of "
        f"{len(bad)} rows{by}",
        _ADVICE[case.engine],
    )
