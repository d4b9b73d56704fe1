"""The typical row consists of medians, so it is no person's data; its answer is the known answer.

The finished zips are asked for it with all other rows, and the deployed function once more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator

import numpy as np

from poner.artifacts import Examples, FloatArray
from poner.bundle import KnownAnswer
from poner.proof.asked_model import Known
from poner.proof.comparison import Tolerance, rivals
from poner.signature import (
    QUANTILE_STEPS,
    Feature,
    JsonScalar,
    PredictionValue,
    Signature,
    holds_codes,
)
from poner.table import CategoryCodes, as_records


def find_typical_row(
    known: Known, training: FloatArray, predict: Callable[[FloatArray], FloatArray | None]
) -> FloatArray | None:
    """(1, n_features) the first typical row with a finite answer, or else with any answer.

    Args:
        known: the features, and their boundary values.
        training: rows of the training data.
        predict: returns the model's prediction for such a row; None if the model refuses the row.
    """
    answered = None
    for row in _typical_rows(known, training):
        predictions = predict(row)
        if predictions is not None and np.all(np.isfinite(predictions)):
            return row
        if predictions is not None and answered is None:
            answered = row
    return answered


def _typical_rows(known: Known, training: FloatArray) -> Iterator[FloatArray]:
    """Rows to try as the typical one, (1, n_features) each.

    First medians (for texts, the first text); then the middle of each feature's known values; then
    the same rows with every possible gap.
    """
    codes, features = CategoryCodes(known.vocabulary), known.signature.features
    middles = []
    for feature, column, boundary in zip(
        features, training.T, known.values.by_feature, strict=True
    ):
        seen = column[np.isfinite(column) & ((column >= 0) | (not holds_codes(feature.kind)))]
        if not len(seen):
            seen = boundary[np.isfinite(boundary)]
        nothing = math.nan if feature.missing else 0.0
        middles.append(float(np.sort(seen)[len(seen) // 2]) if len(seen) else nothing)
    columns = zip(features, middles, training.T, strict=True)
    yield np.array([[_median(feature, codes, middle, own) for feature, middle, own in columns]])
    yield np.array([middles])
    yield np.where([feature.missing for feature in features], np.nan, [middles])


def _median(feature: Feature, codes: CategoryCodes, middle: float, training: FloatArray) -> float:
    """A number's median in training, or the code of the first of a feature's texts."""
    if holds_codes(feature.kind):
        code = codes[feature.categories[0]] if feature.categories else middle
        return code if code >= 0 else middle
    seen = training[np.isfinite(training)]
    if len(feature.quantiles) == QUANTILE_STEPS + 1:
        median = feature.quantiles[QUANTILE_STEPS // 2]
    else:
        with np.errstate(over="ignore"):
            median = float(np.median(seen)) if len(seen) else math.nan
    return median if math.isfinite(median) else middle


def find_known_answer(examples: Examples, tolerance: Tolerance) -> KnownAnswer | None:
    """The typical row with the model's answer.

    None if no such row is known, if JSON cannot represent the row or the answer, or if the model's
    scores of two classes tie: another machine may round to the other class.

    Args:
        examples: with the typical row.
        tolerance: the largest permitted differences of numbers.
    """
    place = examples.typical_place
    if place is None:
        return None
    features = examples.signature.features
    (row,) = as_records(examples.rows.take(slice(place, None)), examples.signature.wire_names)
    sayable = all(
        feature.missing if value is None else not isinstance(value, float) or math.isfinite(value)
        for feature, value in zip(features, row.values(), strict=True)
    )
    own = examples.predictions[place]
    prediction = as_answered(own, examples.signature)
    same_score = tolerance.same_score
    tied = any(same.sum() > 1 for same in rivals(examples, same_score, np.array([place])))
    if prediction is None or not sayable or tied:
        return None
    allowed = tolerance.allowed(examples.predictions)[place]
    exact = examples.signature.classes is not None
    return KnownAnswer(json.dumps(row), prediction, tuple((0.0 if exact else 1.0) * allowed))


def as_answered(prediction: FloatArray, signature: Signature) -> PredictionValue | None:
    """A row's prediction as the function returns it; None if JSON cannot represent it.

    Args:
        prediction: (n_outputs,) indices of classes, or values.
        signature: with the classes.
    """
    if not np.all(np.isfinite(prediction)):
        return None
    values: list[JsonScalar] = prediction.tolist()
    classes = signature.output_classes
    if classes is not None:
        values = [names[int(value)] for names, value in zip(classes, values, strict=True)]
    return values[0] if len(values) == 1 else values
