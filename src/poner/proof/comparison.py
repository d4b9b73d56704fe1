"""The comparison of answers with the model's own, which classifies each difference.

Differences with a known reason are counted by reason; any other difference is a ParityError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import Examples, FloatArray, OutputParity, ParityReport
from poner.errors import ParityError

PROMISED = 1e-9
"""Relative difference of values and probabilities that every build promises, unless their bits are
equal; larger differences need a reason."""

MOST_WIDENED = 1e-6
"""Largest relative difference that cancellation or amplification can excuse."""

_MOVED_ROWS = 1_000
_SAME_SCORE = 8 * np.finfo(float).eps
_LEAST_PROBABILITY = 8 * np.finfo(float).eps
"""Absolute difference of probabilities that is let go: a small one may be 1 minus the others."""
_AMPLIFIES = (
    "The model's own answers move as much when its inputs change in their last bit: give it fewer "
    "redundant columns, or a regularized estimator such as Ridge."
)


class Agreement(IntEnum):
    """How an answer to a row compares with the model's own, from best to worst."""

    EQUAL = 0
    ROUNDED = 1
    CANCELLED = 2
    AMPLIFIED = 3
    TIED = 4
    DIFFERENT = 5


@dataclass(frozen=True)
class Tolerance:
    """The largest permitted differences."""

    relative: float
    """For numbers: relative to the number, or to the usual size in its column if that is larger;
    0 where the bits must be equal."""
    same_score: float = _SAME_SCORE
    """For labels: scores of two classes that differ by less are a tie."""

    def allowed(self, own: FloatArray) -> FloatArray:
        """How far each number of an output may differ, absolute: (n_rows, width)."""
        return self.relative * usual_sizes(own)


EXACT = Tolerance(0.0, 0.0)


@dataclass(frozen=True)
class Doubts:
    """Rows on which rounding decides the model's own answer."""

    tied: NDArray[np.bool_]
    """(n_rows,) whether the model chooses among equals."""
    among: tuple[str, ...]
    """What the model chooses among, such as `neighbours`."""
    cancelled: FloatArray
    """(n_rows,) the relative error of sums whose terms cancel out."""


@dataclass(frozen=True)
class Subject:
    """The thing compared with the model, and the reasons that excuse differences."""

    name: str
    """Subject of an error's sentence, such as `The compiled model`."""
    advice: str
    """Hint for the user if an answer differs."""
    tolerances: Mapping[str, Tolerance]
    """By output."""
    doubts: Doubts | None = None
    """The rows on which rounding decides; None if unknown."""
    moved: Callable[[str, NDArray[np.intp]], FloatArray] | None = None
    """How much the model's own answers of an output move at some rows when the inputs change in
    their last bits, (n_places, width); None where it cannot be asked."""


def compare(
    subject: Subject, answers: Mapping[str, FloatArray], examples: Examples
) -> ParityReport:
    """Compare every output that both sides have.

    Args:
        subject: the source of the answers.
        answers: by output, (n_rows, width).
        examples: the rows, with the model's own answers.

    Raises:
        ParityError: an answer differs by more than its tolerance, and no reason is known; or there
            are answers of an output that the model does not have.
    """
    for output in answers:
        if output not in examples.answers:
            raise ParityError(
                f"{subject.name} has the output {output}, which the model itself does not have.",
                subject.advice,
            )
    outputs, worst = [], np.zeros(len(examples.rows), np.int8)
    for output in examples.answers:
        if output in answers:
            agreement, compared = _compare(subject, output, answers[output], examples)
            outputs.append(compared)
            worst = np.maximum(worst, agreement)
    counts = np.bincount(worst, minlength=len(Agreement)).tolist()
    return ParityReport(
        rows_tried=len(examples.rows),
        rows_equal=counts[Agreement.EQUAL] + counts[Agreement.ROUNDED],
        rows_cancelled=counts[Agreement.CANCELLED],
        rows_amplified=counts[Agreement.AMPLIFIED],
        rows_tied=counts[Agreement.TIED],
        tied_among=_among(subject.doubts, worst == Agreement.TIED),
        rows_by_kind=examples.rows_by_kind,
        rows_refused=examples.rows_refused,
        refusals_compared=examples.refusals_compared,
        outputs=tuple(outputs),
        outputs_absent=tuple(output for output in examples.answers if output not in answers),
    )


def rivals(
    examples: Examples, same_score: float, places: slice | NDArray[np.intp] = slice(None)
) -> list[NDArray[np.bool_]]:
    """For each output the classes that the model could have answered as well.

    Args:
        examples: with the model's answers and scores.
        same_score: what scores may differ by, relative.
        places: the rows to look at.

    Returns:
        (n_places, n_classes) for each output: whether the model's own score of a class is that of
        its answer, but for rounding; the answer is among them.
    """
    found = []
    classes = examples.signature.output_classes or ()
    scores = _scores_of_classes(examples, places, [len(names) for names in classes])
    for output, names in enumerate(classes):
        own = examples.predictions[places, output].astype(np.intp)
        same = np.arange(len(names)) == own[:, None]
        if scores:
            part = scores[output]
            best = part[np.arange(len(part)), own][:, None]
            size = np.maximum(1.0, np.abs(part).max(axis=1, keepdims=True))
            same |= (np.abs(part - best) < same_score * size) & (own >= 0)[:, None]
        found.append(same)
    return found


def _compare(
    subject: Subject, output: str, ours: FloatArray, examples: Examples
) -> tuple[NDArray[np.int8], OutputParity]:
    """One output: the Agreement of each row, and how many rows there are of each."""
    own, tolerance = examples.answers[output], subject.tolerances[output]
    if ours.shape != own.shape:
        raise _differs(subject, f"{output} (another number of columns)", len(own), len(own))
    agreement = np.full(len(own), Agreement.DIFFERENT, np.int8)
    equal = _same_bits(ours, own)
    agreement[equal] = Agreement.EQUAL
    difference = np.zeros(own.shape)
    is_label = output == "predict" and examples.signature.classes is not None
    if is_label:
        places = np.flatnonzero(~equal)
        same = rivals(examples, tolerance.same_score, places)
        agreement[places[_are_among(ours[places], same)]] = Agreement.TIED
    else:
        with np.errstate(invalid="ignore"):
            difference = np.where(equal[:, None], 0.0, np.abs(ours - own))
    rounds, advice, doubts = not is_label and tolerance.relative > 0.0, None, subject.doubts
    sizes = usual_sizes(own) if rounds else own
    if rounds:
        least = _LEAST_PROBABILITY if output == "predict_proba" else 0.0
        allowed = np.maximum(tolerance.relative * sizes, least)
        _let_go(agreement, difference, allowed, Agreement.ROUNDED)
    if rounds and doubts is not None:
        widened = np.clip(doubts.cancelled, tolerance.relative, MOST_WIDENED)[:, None]
        _let_go(agreement, difference, widened * sizes, Agreement.CANCELLED)
    if doubts is not None:
        agreement[(agreement == Agreement.DIFFERENT) & doubts.tied] = Agreement.TIED
    if rounds and subject.moved is not None:
        most = MOST_WIDENED * sizes
        moved = _find_moved(subject.moved, output, agreement == Agreement.DIFFERENT, own)
        advice = _AMPLIFIES if np.any(moved > most) else None
        _let_go(agreement, difference, np.minimum(moved, most), Agreement.AMPLIFIED)
    bad = int(np.sum(agreement == Agreement.DIFFERENT))
    if bad:
        what = "predicted classes" if is_label else output
        largest = None if is_label else float(np.nanmax(difference))
        raise _differs(subject, what, bad, len(own), largest, advice)
    return agreement, _count(output, agreement, difference, tolerance)


def _let_go(
    agreement: NDArray[np.int8], difference: FloatArray, allowed: FloatArray, reason: Agreement
) -> None:
    """Mark the rows marked different so far whose numbers all differ within what is allowed."""
    allowed_rows = np.all(difference <= allowed, axis=1)
    agreement[(agreement == Agreement.DIFFERENT) & allowed_rows] = reason


def _find_moved(
    moved: Callable[[str, NDArray[np.intp]], FloatArray],
    output: str,
    asked: NDArray[np.bool_],
    own: FloatArray,
) -> FloatArray:
    """How much the model's own answers move with the last bits of its inputs; 0 if not asked."""
    found, places = np.zeros(own.shape), np.flatnonzero(asked)
    for start in range(0, len(places), _MOVED_ROWS):
        part = places[start : start + _MOVED_ROWS]
        found[part] = moved(output, part)
    return found


def _count(
    output: str, agreement: NDArray[np.int8], difference: FloatArray, tolerance: Tolerance
) -> OutputParity:
    """The number of rows of each Agreement."""
    tied = agreement == Agreement.TIED
    counts = np.bincount(agreement, minlength=len(Agreement)).tolist()
    return OutputParity(
        output=output,
        rows_tried=len(agreement),
        rows_equal=counts[Agreement.EQUAL],
        rows_rounded=counts[Agreement.ROUNDED],
        rows_cancelled=counts[Agreement.CANCELLED],
        rows_amplified=counts[Agreement.AMPLIFIED],
        rows_tied=counts[Agreement.TIED],
        largest_difference=float(difference[~tied].max(initial=0.0)),
        largest_tied_difference=float(np.nan_to_num(difference[tied]).max(initial=0.0)),
        tolerance=tolerance.relative,
    )


def usual_sizes(own: FloatArray) -> FloatArray:
    """The size of each number, or the usual size in its column where that is larger.

    The usual size is the median over the numbers that are not 0: most probabilities of a rare class
    may be. A column of zeros alone has the usual size of the whole output.
    """
    sizes = np.abs(own)
    counted = np.where(np.isfinite(own) & (own != 0.0), sizes, np.nan)
    usual = np.full(own.shape[1], _median(counted))
    for column in np.flatnonzero(np.any(~np.isnan(counted), axis=0)):
        usual[column] = _median(counted[:, column])
    return np.asarray(np.maximum(np.nan_to_num(sizes, posinf=0.0), usual))


def _median(sizes: FloatArray) -> float:
    """The median of what is not NaN; 0 if there is none, or if it overflows."""
    known = sizes[~np.isnan(sizes)]
    with np.errstate(over="ignore"):
        median = float(np.median(known)) if len(known) else 0.0
    return median if np.isfinite(median) else 0.0


def _are_among(labels: FloatArray, rivals_of: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """(n_rows,) whether these labels tie with the model's own answers."""
    good = np.ones(len(labels), bool)
    for label, same in zip(labels.T, rivals_of, strict=True):
        known = (label >= 0) & (label < same.shape[1])
        good &= known & same[np.arange(len(same)), np.where(known, label, 0).astype(np.intp)]
    return good


def _scores_of_classes(
    examples: Examples, places: slice | NDArray[np.intp], widths: list[int]
) -> list[FloatArray]:
    """The scores of each output's classes, (n_places, n_classes); empty if some have no score."""
    method = examples.scores_method
    if method is None:
        return []
    scores = examples.answers[method][places]
    if scores.shape[1] == sum(widths):
        return np.split(scores, np.cumsum(widths)[:-1], axis=1)
    if scores.shape[1] == len(widths) and set(widths) == {2}:  # only the second class has a score
        middle = 0.5 if method == "predict_proba" else 0.0
        return [np.stack([middle - score, score - middle], axis=1) for score in scores.T]
    return []


def _among(doubts: Doubts | None, tied: NDArray[np.bool_]) -> tuple[str, ...]:
    """What the model chooses among on the tied rows."""
    known = np.zeros(len(tied), bool) if doubts is None else doubts.tied
    named = doubts.among if doubts is not None and np.any(tied & known) else ()
    return tuple(dict.fromkeys((*named, *(["classes"] if np.any(tied & ~known) else []))))


def _same_bits(ours: FloatArray, own: FloatArray) -> NDArray[np.bool_]:
    """(n_rows,) whether a row of answers is equal, bit for bit but for the many forms of NaN."""
    ours, own = np.ascontiguousarray(ours), np.ascontiguousarray(own)
    same = (ours.view(np.int64) == own.view(np.int64)) | (np.isnan(ours) & np.isnan(own))
    return np.asarray(np.all(same, axis=1))


def _differs(
    subject: Subject,
    what: str,
    bad: int,
    count: int,
    largest: float | None = None,
    advice: str | None = None,
) -> ParityError:
    by = "" if largest is None else f", by up to {largest:.3g}"
    return ParityError(
        f"{subject.name} gives other {what} than the model on {bad} of {count} rows{by}; "
        "no bundle was written.",
        advice or subject.advice,
    )
