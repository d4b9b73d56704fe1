"""Nearest neighbours: classifiers and regressors, by their number or within a radius.

Source: scikit-learn 1.1 to 1.9, sklearn/neighbors/_base.py, _classification.py, _regression.py and
sklearn/metrics/_pairwise_distances_reduction/, read 2026-11-22. How scikit-learn searches (trees or
brute force) changes the last bits of distances, and which of equally far points it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.distances import Distance, add_distances_of, add_roots, read_distance
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    get_columns,
    get_matrix,
    get_number,
    get_outputs_classes,
    get_value,
)
from poner.compiler.operations.distances import Means, Neighbours, NeighbourWeights, Votes
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Reduction

_BEYOND_ALL = 1e308
"""Farther than any point."""


@dataclass(frozen=True)
class Neighbourhood:
    """The neighbours of a row."""

    weights: int
    """Register of each point's weight; 0 for a point that is not a neighbour."""
    distances: int
    """Register of each point's distance, without the root."""
    distance: Distance
    """How distances are measured."""
    counted: bool
    """Whether the number of neighbours is given, rather than a radius."""


def convert_neighbours_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The weighted mean of the neighbours' targets; NaN, cast to their type, without neighbours."""
    near = add_neighbourhood(estimator, scope, source)
    targets = _targets(estimator, scope, near)
    means = scope.builder.add(Means(targets), near.weights)
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
    return _add_prediction(scope, classes, votes, votes)


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


def add_neighbourhood(
    estimator: FittedObject,
    scope: Scope,
    source: int,
    *,
    count_name: str = "n_neighbors",
    validated: bool = True,
) -> Neighbourhood:
    """The distances of all points and the weights of the neighbours among them.

    A row is a tie where the last neighbour is as far as the next point, or a point as far as the
    radius; and, where weights are 1 / distance, if rounding decides whether a point is touched.

    Raises:
        NotSupportedError: the metric or the weights are not computed.
        ModelUnreadableError: the points do not fit.
    """
    builder = scope.builder
    points = get_matrix(estimator, "_fit_X")
    distance = read_distance(estimator, scope, points.shape[1])
    if validated:
        allow_missing = distance.takes_missing and scope.version >= (1, 6)
        source = builder.require(source, allow_missing=allow_missing)
    if points.shape[1] != builder.width(source):
        raise scope.damaged("its points and its input differ in the number of columns")
    distances = add_distances_of(scope, source, points, distance)
    kind = _weights(estimator, scope)
    measured = distances
    if kind is NeighbourWeights.INVERSE_DISTANCE and distance.root == 2.0:
        kind = NeighbourWeights.INVERSE_ROOT
    elif kind is NeighbourWeights.INVERSE_DISTANCE:
        measured = add_roots(scope, distances, distance)
        distance = distance.with_roots()
    limit = _limit(estimator, scope, len(points), distance, count_name)
    weights = builder.add(Neighbours(kind, limit), measured)
    near = Neighbourhood(weights, measured, distance, counted=bool(limit[0]))
    slack = _add_slack(scope, source, points, distance)
    _mark_ties(scope, near, limit, slack)
    if kind is not NeighbourWeights.UNIFORM and distance.cancels:
        nearest = builder.reduce(Reduction.MINIMUM, measured)
        builder.mark_ties(builder.pair(Pairing.DIVIDE, nearest, slack), "neighbours")
    return near


def _weights(estimator: FittedObject, scope: Scope) -> NeighbourWeights:
    match estimator.attributes.get("weights"):
        case None | "uniform":
            return NeighbourWeights.UNIFORM
        case "distance":
            return NeighbourWeights.INVERSE_DISTANCE
        case _:
            raise scope.unsupported(
                "its weights are a function of your own, which is not compiled",
                "Fit it with weights='uniform' or weights='distance'.",
            )


def _limit(
    estimator: FittedObject, scope: Scope, n_points: int, distance: Distance, count_name: str
) -> FloatArray:
    """(2,) the number of neighbours or 0, and how far they may be, by a distance without root."""
    if estimator.attributes.get("n_neighbors") is None:
        radius = get_number(estimator, "radius")
        return np.array([0.0, radius**distance.root if distance.root != 2.0 else radius * radius])
    count = get_number(estimator, count_name)
    if not (count.is_integer() and 1.0 <= count <= n_points):
        raise scope.damaged(
            "its number of neighbours is not between 1 and the number of its points"
        )
    return np.array([count, 0.0])


def mark_nearest_ties(
    scope: Scope, source: int, points: FloatArray, distance: Distance, distances: int
) -> None:
    """Rows are ties that are as far from the second point as from the nearest."""
    limit = np.array([1.0, 0.0])
    nearest = scope.builder.add(Neighbours(NeighbourWeights.UNIFORM, limit), distances)
    near = Neighbourhood(nearest, distances, distance, counted=True)
    _mark_ties(scope, near, limit, _add_slack(scope, source, points, distance))


def _add_slack(scope: Scope, source: int, points: FloatArray, distance: Distance) -> int:
    """The size of the numbers that cancel in scikit-learn's distances from squares, times 1e-4.

    The factor: the proof takes gaps within 1e-10 for ties, and rounding here is within 1e-14.
    """
    builder = scope.builder
    if not distance.cancels or distance.bounded:
        return builder.constant([1e-4 if distance.bounded else 0.0])
    squares = np.nan_to_num(points * points)
    length = builder.reduce(Reduction.SUM_SQUARES, builder.combine(Pairing.FILL, source, 0.0))
    sizes = builder.combine(Pairing.ADD, length, float(squares.sum(axis=1).max(initial=0.0)))
    return builder.combine(Pairing.MULTIPLY, sizes, 1e-4)


def _mark_ties(scope: Scope, near: Neighbourhood, limit: FloatArray, slack: int) -> None:
    """Mark rows whose last neighbour is about as far as the next point, or as the radius."""
    builder = scope.builder
    distances = builder.combine(Pairing.FILL, near.distances, _BEYOND_ALL)
    distances = builder.combine(Pairing.MINIMUM, distances, _BEYOND_ALL)
    chosen = builder.combine(Pairing.NOT_EQUAL, near.weights, 0.0)
    inside = builder.reduce(Reduction.MAXIMUM, builder.pair(Pairing.MULTIPLY, distances, chosen))
    hidden = builder.combine(Pairing.MULTIPLY, chosen, _BEYOND_ALL)
    outside = builder.reduce(Reduction.MINIMUM, builder.pair(Pairing.MAXIMUM, distances, hidden))
    if limit[0]:
        gap = builder.pair(Pairing.SUBTRACT, outside, inside)
        size = builder.pair(Pairing.ADD, outside, slack)
        builder.mark_ties(builder.pair(Pairing.DIVIDE, gap, size), "neighbours")
        return
    size = builder.combine(Pairing.ADD, slack, limit[1])
    for edge in (inside, outside):
        gap = builder.combine(Pairing.SUBTRACT, edge, limit[1])
        builder.mark_ties(builder.pair(Pairing.DIVIDE, gap, size), "neighbours")


def _targets(estimator: FittedObject, scope: Scope, near: Neighbourhood) -> FloatArray:
    """(n_points, n_outputs) the target of each point."""
    targets = get_columns(estimator, "_y")
    if len(targets) != scope.builder.width(near.weights) or not targets.shape[1]:
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
    columns = (own + (np.cumsum(counts) - counts)).astype("<u4")
    operation = Votes(columns, int(counts.sum()), refuse_none)
    return classes, scope.builder.add(operation, near.weights)


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
