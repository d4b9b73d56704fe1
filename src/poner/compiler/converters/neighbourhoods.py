"""The neighbours of a row: which points they are, how far they are, and what each counts.

Source: scikit-learn 1.1 to 1.9, sklearn/neighbors/_base.py and
sklearn/metrics/_pairwise_distances_reduction/, read 2026-11-22. A KDTree and a BallTree take the
same points in every process, so the kernel walks the model's own tree. Which of equally far points
brute force takes depends on how numpy selects, and so on the processor: there the kernel takes the
first, and the proof counts the rows on which that decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.distances import Distance, add_distances_of, add_roots, read_distance
from poner.compiler.converters.neighbour_trees import PointTree, read_tree
from poner.compiler.converters.scope import Scope
from poner.compiler.fitted import get_matrix, get_number
from poner.compiler.operations.distances import Means, Nearest, Neighbours, NeighbourWeights, Take
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Reduction
from poner.compiler.program import ProgramBuilder

_BEYOND_ALL = 1e308
"""Farther than any point."""


@dataclass(frozen=True)
class Neighbourhood:
    """The neighbours of a row.

    The columns of its registers are the neighbours, nearest first, or without `indices` all points.
    """

    weights: int
    """Register of what each column counts; 0 for a point that is not a neighbour."""
    distances: int
    """Register of each column's distance, without the root."""
    distance: Distance
    """How distances are measured."""
    kind: NeighbourWeights
    """How much a neighbour counts."""
    counted: bool
    """Whether the number of neighbours is given, rather than a radius."""
    n_points: int
    """How many points there are."""
    indices: int | None = None
    """Register of the point in each column, as its index in `order`; None where all points are."""
    order: NDArray[np.intp] | None = None
    """(n_points,) the points in the order of the tree's leaves; None without a tree."""

    def take(self, builder: ProgramBuilder, values: FloatArray) -> int:
        """The values of each column's point, (n_points, m): a register of m times the columns."""
        if self.indices is None:
            return builder.constant(values.T)
        return builder.add(Take(values[self.order]), self.indices)

    def mean(self, builder: ProgramBuilder, values: FloatArray) -> int:
        """The weighted means of the points' values, (n_points, m), summed in numpy's order."""
        if self.indices is None:
            return builder.add(Means(values), self.weights)
        count, n_values = builder.width(self.weights), values.shape[1]
        ends = [count * (i + 1) for i in range(n_values)]
        taken = self.take(builder, values)
        if self.kind is NeighbourWeights.UNIFORM:
            order = Reduction.SUM if n_values == 1 else Reduction.SUM_IN_ORDER
            return builder.combine(Pairing.DIVIDE, builder.reduce(order, taken, ends), float(count))
        weights = builder.select(self.weights, np.tile(np.arange(count), n_values))
        sums = builder.reduce(Reduction.SUM, builder.pair(Pairing.MULTIPLY, taken, weights), ends)
        total = builder.reduce(Reduction.SUM, self.weights)
        return builder.pair(Pairing.DIVIDE, sums, total)


@dataclass(frozen=True)
class _Search:
    """What is searched, among which points, and how."""

    scope: Scope
    """Where steps are added."""
    source: int
    """Register of the row."""
    points: FloatArray
    """(n_points, n_features)."""
    distance: Distance
    """How distances are measured."""
    kind: NeighbourWeights
    """How much a neighbour counts."""
    limit: FloatArray
    """(2,) the number of neighbours or 0, and the radius where it is 0."""

    def measure(self, squares: int) -> tuple[NeighbourWeights, Distance, int]:
        """For the operation Neighbours: how a neighbour counts, and the distances that it takes.

        Args:
            squares: register of the distances without the root.
        """
        if self.kind is NeighbourWeights.UNIFORM:
            return self.kind, self.distance, squares
        if self.distance.root == 2.0:
            return NeighbourWeights.INVERSE_ROOT, self.distance, squares
        roots = add_roots(self.scope, squares, self.distance)
        return self.kind, self.distance.with_roots(), roots


def add_neighbourhood(
    estimator: FittedObject,
    scope: Scope,
    source: int,
    *,
    count_name: str = "n_neighbors",
    validated: bool = True,
) -> Neighbourhood:
    """The neighbours of a row among the points of an estimator.

    A row is a tie where the last neighbour is as far as the next point, or a point as far as the
    radius; and, where weights are 1 / distance, if rounding decides whether a point is touched.

    Raises:
        NotSupportedError: the metric or the weights are not computed.
        ModelUnreadableError: the points do not fit.
    """
    points = get_matrix(estimator, "_fit_X")
    distance = read_distance(estimator, scope, points.shape[1])
    if validated:
        allow_missing = distance.takes_missing and scope.version >= (1, 6)
        source = scope.builder.require(source, allow_missing=allow_missing)
    if points.shape[1] != scope.builder.width(source):
        raise scope.damaged("its points and its input differ in the number of columns")
    limit = _limit(estimator, scope, len(points), count_name)
    search = _Search(scope, source, points, distance, _weights(estimator, scope), limit)
    tree = read_tree(estimator, scope, points.shape) if limit[0] else None
    return _among_all(search) if tree is None else _in_tree(search, tree)


def _among_all(search: _Search) -> Neighbourhood:
    """All points are measured."""
    builder = search.scope.builder
    squares = add_distances_of(search.scope, search.source, search.points, search.distance)
    kind, distance, measured = search.measure(squares)
    limit = search.limit
    if not limit[0]:
        limit = np.array([0.0, _power(limit[1], distance)])
    weights = builder.add(Neighbours(kind, limit), measured)
    slack = _add_slack(search.scope, search.source, search.points, distance)
    _mark_ties(search.scope, measured, weights, limit, slack)
    if kind is not NeighbourWeights.UNIFORM and distance.cancels:
        nearest = builder.reduce(Reduction.MINIMUM, measured)
        builder.mark_ties(builder.pair(Pairing.DIVIDE, nearest, slack), "neighbours")
    counted = bool(limit[0])
    return Neighbourhood(weights, measured, distance, kind, counted, len(search.points))


def _in_tree(search: _Search, tree: PointTree) -> Neighbourhood:
    """The model's own tree is searched in its own order.

    Other processors may round distances otherwise, so rows that are almost ties are marked, too.
    """
    builder, count = search.scope.builder, int(search.limit[0])
    n_features = search.points.shape[1]
    weights = search.distance.weights
    operation = Nearest(
        metric=search.distance.metric,
        points=tree.points,
        bounds=tree.bounds,
        parameter=np.array([search.distance.exponent]),
        weights=np.ones(n_features) if weights is None else weights,
        unfilled=np.flatnonzero(tree.order == 0).astype("<u4"),
        count=count,
        radii=tree.radii,
        before_1_9=search.scope.version < (1, 9),
    )
    found = builder.add(operation, search.source)
    indices = builder.select(found, np.arange(count))
    kind, distance, measured = search.measure(builder.select(found, count + np.arange(count)))
    if kind is NeighbourWeights.UNIFORM:
        counts = builder.constant(np.ones(count))
    else:
        counts = builder.add(Neighbours(kind, search.limit), measured)
    mark_nearest_ties(search.scope, search.source, search.points, search.distance, count)
    return Neighbourhood(
        counts, measured, distance, kind, True, len(search.points), indices, tree.order
    )


def _weights(estimator: FittedObject, scope: Scope) -> NeighbourWeights:
    match estimator.attributes.get("weights"):
        case None | "uniform":
            return NeighbourWeights.UNIFORM
        case "distance":
            return NeighbourWeights.INVERSE_DISTANCE
        case _:
            raise scope.unsupported(
                "its weights are a function of your own, which the native engine cannot compute",
                "Fit it with weights='uniform' or weights='distance'.",
            )


def _limit(estimator: FittedObject, scope: Scope, n_points: int, count_name: str) -> FloatArray:
    """(2,) the number of neighbours or 0, and the radius where it is 0."""
    if estimator.attributes.get("n_neighbors") is None:
        return np.array([0.0, get_number(estimator, "radius")])
    count = get_number(estimator, count_name)
    if not (count.is_integer() and 1.0 <= count <= n_points):
        raise scope.damaged(
            "its number of neighbours is not between 1 and the number of its points"
        )
    return np.array([count, 0.0])


def _power(radius: float, distance: Distance) -> float:
    """A radius as the distances without the root have it."""
    return radius * radius if distance.root == 2.0 else radius**distance.root


def mark_nearest_ties(
    scope: Scope, source: int, points: FloatArray, distance: Distance, count: int = 1
) -> None:
    """Rows are ties of which the last of `count` neighbours is as far as the next point."""
    limit = np.array([float(count), 0.0])
    distances = add_distances_of(scope, source, points, distance)
    chosen = scope.builder.add(Neighbours(NeighbourWeights.UNIFORM, limit), distances)
    slack = _add_slack(scope, source, points, distance)
    _mark_ties(scope, distances, chosen, limit, slack)


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


def _mark_ties(scope: Scope, measured: int, weights: int, limit: FloatArray, slack: int) -> None:
    """Mark rows whose last neighbour is about as far as the next point, or as the radius."""
    builder = scope.builder
    distances = builder.combine(Pairing.FILL, measured, _BEYOND_ALL)
    distances = builder.combine(Pairing.MINIMUM, distances, _BEYOND_ALL)
    chosen = builder.combine(Pairing.NOT_EQUAL, weights, 0.0)
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
