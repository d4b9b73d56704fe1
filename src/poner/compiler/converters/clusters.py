"""Clusters: distances from their centers, the nearest of them, means of grouped columns.

Source: scikit-learn 1.1 to 1.9, sklearn/cluster and sklearn/ensemble/_forest.py
(RandomTreesEmbedding), read 2026-11-22.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.forest import sum_in_turn
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.converters.sklearn_trees import read_trees
from poner.compiler.fitted import (
    get_array,
    get_list,
    get_matrix,
    get_number,
    get_object,
    get_objects,
    get_value,
    get_vector,
)
from poner.compiler.operations.distances import Distances, Metric
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.lookup import OneHot
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.operations.rowwise import Products, Reduction

_MISFIT = "its clusters do not fit its columns"


def convert_center_distances(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The distance from each center."""
    squares = _squares(estimator, scope, source, "cluster_centers_")
    return scope.builder.map(Function.SQRT, squares)


def convert_subcluster_distances(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The distance from each subcluster's center."""
    squares = _squares(estimator, scope, source, "subcluster_centers_")
    return scope.builder.map(Function.SQRT, squares)


def convert_nearest_center(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The index of the nearest center."""
    squares = _squares(estimator, scope, source, "cluster_centers_")
    return Prediction(_nearest(scope, squares), (tuple(range(scope.builder.width(squares))),))


def convert_bisecting_k_means(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The label of the leaf reached by going to the nearer of two centers at each fork."""
    builder = scope.builder
    root = get_object(estimator, "_bisecting_tree")
    forks: list[FloatArray] = []
    leaves: list[tuple[list[int], float]] = []
    _walk(root, [], forks, leaves, builder.width(source), scope)
    if not forks:
        raise scope.unsupported("it has only one cluster")
    centers = np.array(forks).reshape(2 * len(forks), -1)
    if "_X_mean" in estimator.attributes:
        mean = get_vector(estimator, "_X_mean")
        if len(mean) != centers.shape[1]:
            raise scope.damaged(_MISFIT)
        centers = centers + mean
    metric = Distances(Metric.SQUARED_EUCLIDEAN, centers, np.zeros(1))
    squares = builder.add(metric, builder.require(source))
    left = builder.select(squares, np.arange(0, len(centers), 2))
    right = builder.select(squares, np.arange(1, len(centers), 2))
    gap = builder.pair(Pairing.SUBTRACT, left, right)
    builder.mark_ties(builder.pair(Pairing.DIVIDE_OR_KEEP, gap, left), "clusters")
    goes_right = builder.pair(Pairing.LESS, right, left)
    choices = builder.join([builder.combine(Pairing.EQUAL, goes_right, 0.0), goes_right])
    # Choice 2 * i + side of `_walk` is column i + side * len(forks) of this register.
    factors = [choice // 2 + choice % 2 * len(forks) for path, _ in leaves for choice in path]
    ends = np.cumsum([len(path) for path, _ in leaves])
    reached = builder.add(Products(ends.astype("<u4"), np.array(factors, dtype="<u4")), choices)
    numbers = tuple(range(len(leaves)))
    return Prediction(builder.linear(reached, [[label for _, label in leaves]]), (numbers,))


def _walk(
    node: FittedObject,
    path: list[int],
    forks: list[FloatArray],
    leaves: list[tuple[list[int], float]],
    width: int,
    scope: Scope,
) -> None:
    """Collect the forks' two centers, and each leaf's label with the choices that lead to it."""
    if get_value(node, "left") is None:
        leaves.append((path, get_number(node, "label")))
        return
    children = [get_object(node, "left"), get_object(node, "right")]
    centers = [get_vector(child, "center") for child in children]
    if any(len(center) != width for center in centers):
        raise scope.damaged(_MISFIT)
    choice = 2 * len(forks)
    forks.append(np.array(centers))
    for side, child in enumerate(children):
        _walk(child, [*path, choice + side], forks, leaves, width, scope)


def convert_birch(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The label of the nearest subcluster."""
    labels = get_array(estimator, "subcluster_labels_", 1).astype(np.float64)
    squares = _squares(estimator, scope, source, "subcluster_centers_")
    numbers = tuple(range(len(np.unique(labels))))
    if len(labels) != scope.builder.width(squares) or not np.all(np.isin(labels, numbers)):
        raise scope.damaged(_MISFIT)
    return Prediction(scope.builder.look_up(_nearest(scope, squares), labels), (numbers,))


def _squares(estimator: FittedObject, scope: Scope, source: int, name: str) -> int:
    """Squared distances from each center."""
    centers = get_matrix(estimator, name)
    if not centers.size:
        raise scope.unsupported("it found no cluster")
    if centers.shape[1] != scope.builder.width(source):
        raise scope.damaged(_MISFIT)
    row = scope.builder.require(source)
    return scope.builder.add(Distances(Metric.SQUARED_EUCLIDEAN, centers, np.zeros(1)), row)


def _nearest(scope: Scope, squares: int) -> int:
    """The index of the smallest; the proof learns of rows whose next smallest is equal."""
    builder = scope.builder
    smallest = builder.reduce(Reduction.MINIMUM, squares)
    largest = builder.reduce(Reduction.MAXIMUM, squares)
    further = builder.pair(Pairing.SUBTRACT, squares, smallest)
    relative = builder.pair(Pairing.DIVIDE_OR_KEEP, further, largest)
    chosen = builder.combine(Pairing.EQUAL, further, 0.0)
    next_gap = builder.reduce(Reduction.MINIMUM, builder.pair(Pairing.ADD, relative, chosen))
    alone = builder.combine(Pairing.LESS, builder.reduce(Reduction.SUM_IN_ORDER, chosen), 1.5)
    builder.mark_ties(builder.pair(Pairing.MINIMUM, next_gap, alone), "clusters")
    return builder.reduce(Reduction.ARGMIN, squares)


_POOLINGS = {
    "mean": Reduction.SUM_IN_ORDER,
    "max": Reduction.MAXIMUM,
    "amax": Reduction.MAXIMUM,
    "min": Reduction.MINIMUM,
    "amin": Reduction.MINIMUM,
    "sum": Reduction.SUM,
}


def convert_feature_agglomeration(estimator: FittedObject, scope: Scope, source: int) -> int:
    """One column for each group of columns: their mean, largest or smallest value."""
    builder = scope.builder
    labels = get_array(estimator, "labels_", 1)
    row = builder.require(source)
    counts = np.bincount(labels) if labels.size and labels.min() >= 0 else np.zeros(1, int)
    if len(labels) != builder.width(row) or np.any(counts == 0):
        raise scope.damaged(_MISFIT)
    function = get_value(estimator, "pooling_func")
    name = function.attributes.get("name") if isinstance(function, FittedObject) else None
    module, _, short = str(name).rpartition(".")
    if not module.startswith("numpy") or short not in _POOLINGS:
        raise scope.unsupported(
            f"it pools columns by {name or 'a function of its own'}",
            "Give it numpy.mean, numpy.max or numpy.min.",
        )
    grouped = builder.select(row, np.argsort(labels, kind="stable"))
    pooled = builder.reduce(_POOLINGS[short], grouped, np.cumsum(counts).tolist())
    if short != "mean":
        return pooled
    return builder.combine(Pairing.DIVIDE, pooled, counts.astype(np.float64))


def convert_trees_embedding(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The leaf that the row reaches in each tree, one-hot encoded."""
    builder = scope.builder
    width = builder.width(source)
    trees = read_trees(get_objects(estimator, "estimators_")).trees
    sizes = trees.sizes
    encoder = get_object(estimator, "one_hot_encoder_")
    leaves = [np.asarray(part) for part in get_list(encoder, "categories_")]
    if len(leaves) != len(sizes) or any(part.dtype.kind not in "iu" for part in leaves):
        raise scope.damaged(_MISFIT)
    places = _places_of_leaves(sizes, leaves, scope)
    cast = builder.add(CastFloat32(scope.takes_missing(width, "transform")), source)
    found = builder.add(sum_in_turn(trees, places, np.zeros(len(sizes))), cast)
    ends = np.cumsum([len(part) for part in leaves])
    return builder.add(OneHot(ends.astype("<u4")), found)


def _places_of_leaves(
    sizes: NDArray[np.int64],
    leaves: list[NDArray[np.int64]],
    scope: Scope,
) -> FloatArray:
    """For each node of all trees, its index among the leaves that the encoder knows, or -1."""
    places = np.full(int(sizes.sum()), -1.0)
    start = 0
    for size, known in zip(sizes.tolist(), leaves, strict=True):
        if known.size and (known.min() < 0 or known.max() >= size):
            raise scope.damaged(_MISFIT)
        places[start + known] = np.arange(len(known))
        start += size
    return places


_CLUSTER = "sklearn.cluster"
_KMEANS = f"{_CLUSTER}._kmeans"

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_KMEANS}.KMeans": convert_center_distances,
    f"{_KMEANS}.MiniBatchKMeans": convert_center_distances,
    f"{_CLUSTER}._bisect_k_means.BisectingKMeans": convert_center_distances,
    f"{_CLUSTER}._birch.Birch": convert_subcluster_distances,
    f"{_CLUSTER}._agglomerative.FeatureAgglomeration": convert_feature_agglomeration,
    "sklearn.ensemble._forest.RandomTreesEmbedding": convert_trees_embedding,
}
PREDICTORS: dict[str, PredictorConverter] = {
    f"{_KMEANS}.KMeans": convert_nearest_center,
    f"{_KMEANS}.MiniBatchKMeans": convert_nearest_center,
    f"{_CLUSTER}._bisect_k_means.BisectingKMeans": convert_bisecting_k_means,
    f"{_CLUSTER}._mean_shift.MeanShift": convert_nearest_center,
    f"{_CLUSTER}._affinity_propagation.AffinityPropagation": convert_nearest_center,
    f"{_CLUSTER}._birch.Birch": convert_birch,
}
