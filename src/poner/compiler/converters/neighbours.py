"""Nearest neighbours: classifiers and regressors, by their number or within a radius.

Source: scikit-learn 1.1 to 1.9, sklearn/neighbors/_classification.py and _regression.py, read
2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.distances import read_distance
from poner.compiler.converters.neighbourhoods import Neighbourhood, add_neighbourhood
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_columns, get_outputs_classes, get_value
from poner.compiler.operations.distances import NeighbourWeights, Votes
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Reduction

_SUMMED_IN_LANES = 8
"""From so many values on, numpy adds along a row in another order than one after the other."""

_MOST_WEIGHTS = 1 << 16
"""Weights of neighbours, once for each class, that a row may take."""


def convert_neighbours_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The weighted mean of the neighbours' targets; NaN, cast to their type, without neighbours."""
    near = add_neighbourhood(estimator, scope, source)
    targets = _targets(estimator, scope, near)
    means = near.mean(scope.builder, targets)
    own = get_value(estimator, "_y")
    if isinstance(own, np.ndarray) and own.dtype.kind in "iu" and not near.counted:
        with np.errstate(invalid="ignore"):
            nothing = float(np.full_like(own.ravel()[:1], np.nan)[0])  # as its predict does
        means = scope.builder.combine(Pairing.FILL, means, nothing)
    return Prediction(means)


def convert_neighbours_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The class with the most weight among the k nearest."""
    near = add_neighbourhood(estimator, scope, source)
    classes, votes = _add_votes(estimator, scope, near, refuse_none=True)
    modes = _add_modes(estimator, scope, near, classes, votes)
    return _add_prediction(scope, classes, modes, votes)


def convert_radius_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The same within a radius; a row without neighbours has the label for outliers, or none."""
    builder = scope.builder
    counts = _counts_classes_itself(estimator, scope, source)
    near = add_neighbourhood(estimator, scope, source, validated=not counts)
    places = _outlier_places(estimator, scope)
    classes, votes = _add_votes(estimator, scope, near, refuse_none=places is None)
    if places is None:
        return _add_prediction(scope, classes, votes, votes)
    total = builder.reduce(Reduction.SUM, votes)
    alone = builder.combine(Pairing.EQUAL, total, 0.0)
    labels = builder.pair(Pairing.ADD, votes, _add_ones(scope, classes, alone, places))
    shown: Sequence[int | None] = places
    if counts:
        # There the label for outliers is compared with the classes' numbers, not their names.
        wanted = get_value(estimator, "outlier_label")
        known = range(len(classes[0]))
        shown = [wanted if isinstance(wanted, int) and wanted in known else None]
        if shown[0] is not None:
            labels = builder.pair(Pairing.ADD, votes, _add_ones(scope, classes, alone, shown))
    chances = builder.pair(Pairing.ADD, votes, _add_ones(scope, classes, alone, shown))
    return _add_prediction(scope, classes, labels, chances)


def _targets(estimator: FittedObject, scope: Scope, near: Neighbourhood) -> FloatArray:
    """(n_points, n_outputs) the target of each point."""
    targets = get_columns(estimator, "_y")
    if len(targets) != near.n_points or not targets.shape[1]:
        raise scope.damaged("its targets and its points differ in number")
    return targets


def _add_votes(
    estimator: FittedObject, scope: Scope, near: Neighbourhood, *, refuse_none: bool
) -> tuple[tuple[Classes, ...], int]:
    """The classes, and the weight of each class of each output."""
    classes = get_outputs_classes(estimator)
    own = _targets(estimator, scope, near)
    counts = np.array([len(names) for names in classes])
    if own.shape[1] != len(classes) or np.any((own < 0) | (own >= counts)):
        raise scope.damaged("its targets are not among its classes")
    columns, n_columns = own + (np.cumsum(counts) - counts), int(counts.sum())
    if near.indices is None:
        votes = Votes(columns.astype("<u4"), n_columns, refuse_none)
        return classes, scope.builder.add(votes, near.weights)
    taken = near.take(scope.builder, columns)
    return classes, scope.builder.add(Votes(None, n_columns, refuse_none), near.weights, taken)


def _add_modes(
    estimator: FittedObject,
    scope: Scope,
    near: Neighbourhood,
    classes: tuple[Classes, ...],
    votes: int,
) -> int:
    """The votes as predict adds them: weighted, and many, in another order than predict_proba.

    Source: weighted_mode of sklearn/utils/extmath.py, which sums the weights of all neighbours,
    0 for those of other classes.
    """
    builder, count = scope.builder, scope.builder.width(near.weights)
    width = count * builder.width(votes)
    weighted = near.kind is not NeighbourWeights.UNIFORM and count >= _SUMMED_IN_LANES
    if near.indices is None or not weighted or width > _MOST_WEIGHTS:
        return votes
    own = near.take(builder, _targets(estimator, scope, near))
    columns = np.arange(count)
    n_classes = [len(names) for names in classes]
    taken = np.concatenate([np.tile(columns + count * i, n) for i, n in enumerate(n_classes)])
    numbers = np.concatenate([np.repeat(np.arange(n), count) for n in n_classes])
    chosen = builder.combine(Pairing.EQUAL, builder.select(own, taken), numbers)
    weights = builder.select(near.weights, np.tile(columns, sum(n_classes)))
    terms = builder.pair(Pairing.MULTIPLY, chosen, weights)
    ends = [count * (i + 1) for i in range(sum(n_classes))]
    return builder.reduce(Reduction.SUM, terms, ends)


def _ends(classes: tuple[Classes, ...]) -> list[int]:
    return [int(end) for end in np.cumsum([len(names) for names in classes])]


def _add_prediction(
    scope: Scope, classes: tuple[Classes, ...], votes: int, chances: int
) -> Prediction:
    """The class with the most votes, and each class's share of the chances of its output.

    Chances that are all 0 stay 0.
    """
    builder, ends = scope.builder, _ends(classes)
    label = builder.reduce(Reduction.ARGMAX, votes, ends)
    totals = builder.reduce(Reduction.SUM, chances, ends)
    outputs = np.repeat(np.arange(len(classes)), [len(names) for names in classes])
    shares = builder.pair(Pairing.DIVIDE_OR_KEEP, chances, builder.select(totals, outputs))
    return Prediction(label, classes, shares)


def _add_ones(
    scope: Scope, classes: tuple[Classes, ...], flag: int, places: Sequence[int | None]
) -> int:
    """The flag in the column of each output's class at that place, 0 in all others."""
    pattern = np.zeros((sum(len(names) for names in classes), 1))
    for end, names, place in zip(_ends(classes), classes, places, strict=True):
        if place is not None:
            pattern[end - len(names) + place] = 1.0
    return scope.builder.linear(flag, pattern)


def _outlier_places(estimator: FittedObject, scope: Scope) -> list[int] | None:
    """The class of a row without neighbours, for each output; None where it is refused."""
    value = get_value(estimator, "outlier_label_")
    labels: Sequence[FittedValue] | None = (
        value.tolist() if isinstance(value, np.ndarray) else value  # type: ignore[assignment]
    )
    if labels is None:
        return None
    classes = get_outputs_classes(estimator)
    if not isinstance(labels, list) or len(labels) != len(classes):
        raise scope.damaged("its outlier_label_ needs one label for each output")
    for label, names in zip(labels, classes, strict=True):
        if label not in names:
            raise scope.unsupported(
                f"its outlier_label {label!r} is not one of its classes",
                "Fit it with outlier_label='most_frequent', or a label that occurs in training.",
            )
    return [names.index(label) for label, names in zip(labels, classes, strict=True)]


def _counts_classes_itself(estimator: FittedObject, scope: Scope, source: int) -> bool:
    """Whether RadiusNeighborsClassMode answers, since scikit-learn 1.4.

    It accepts NaN and infinities, but rows of a DataFrame never reach it, so the model is asked.
    """
    points = get_value(estimator, "_fit_X")
    return (
        scope.version >= (1, 4)
        and get_value(estimator, "weights") == "uniform"
        and get_value(estimator, "_fit_method") == "brute"
        and not get_value(estimator, "outputs_2d_")
        and isinstance(points, np.ndarray)
        and points.ndim == 2
        and points.dtype == np.float64
        and read_distance(estimator, scope, points.shape[1]).reduced_by_pairs
        and scope.takes_missing(scope.builder.width(source))
    )


_NEIGHBOURS = "sklearn.neighbors"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_NEIGHBOURS}._classification.KNeighborsClassifier": convert_neighbours_classifier,
    f"{_NEIGHBOURS}._classification.RadiusNeighborsClassifier": convert_radius_classifier,
    f"{_NEIGHBOURS}._regression.KNeighborsRegressor": convert_neighbours_regressor,
    f"{_NEIGHBOURS}._regression.RadiusNeighborsRegressor": convert_neighbours_regressor,
}
