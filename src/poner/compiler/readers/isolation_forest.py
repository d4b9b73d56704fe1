"""IsolationForest: how soon random trees set a row apart.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_iforest.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.fitted import get_array, get_list, get_number, get_object
from poner.compiler.operations import Function, Pairing
from poner.compiler.readers.bagging import bagged_trees, read_bag
from poner.compiler.readers.forest import sum_leaf_rows
from poner.compiler.readers.reading import Prediction, PredictorReader, Scope
from poner.compiler.readers.sklearn_trees import ReadTrees, read_trees


def read_isolation_forest(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """-2^-(mean path length / that of a random tree) - offset; inliers (1) are not below 0."""
    builder = scope.builder
    width = builder.width(source)
    bag = read_bag(estimator, scope, width)
    trees = read_trees(bag.members)
    cast = builder.cast_float32(
        source,
        allow_missing=scope.takes_missing(width),
        allow_infinite=scope.takes_missing(width, value=np.inf),
    )
    lengths = _path_lengths(estimator, bag.members, trees, scope)
    fitted = bagged_trees(trees, bag.columns, scope)
    total = sum_leaf_rows(fitted, lengths[:, None], scope, cast)
    usual = len(bag.members) * float(_average_path_length(_max_samples(estimator))[0])
    if usual:
        exponent = builder.map(Function.NEGATIVE, builder.combine(Pairing.DIVIDE, total, usual))
        score = builder.pair(Pairing.POWER, builder.constant([2.0]), exponent)
    else:
        score = builder.constant([0.5])
    negative = builder.map(Function.NEGATIVE, score)
    decision = builder.combine(Pairing.SUBTRACT, negative, get_number(estimator, "offset_"))
    inlier = builder.combine(Pairing.GREATER_EQUAL, decision, 0.0)
    return Prediction(inlier, ((-1, 1),), decision_function=decision)


def _max_samples(estimator: FittedObject) -> FloatArray:
    name = "_max_samples" if "_max_samples" in estimator.attributes else "max_samples_"
    return np.array([get_number(estimator, name)])


def _path_lengths(
    estimator: FittedObject, members: list[FittedObject], trees: ReadTrees, scope: Scope
) -> FloatArray:
    """(n_nodes,) nodes on the way to a node and, less one, what its samples would need on."""
    if "_average_path_length_per_tree" in estimator.attributes:  # since 1.3
        names = ("_decision_path_lengths", "_average_path_length_per_tree")
        depths, beyond = (
            np.concatenate([np.asarray(part, np.float64) for part in get_list(estimator, name)])
            for name in names
        )
    else:
        nodes = [get_array(get_object(member, "tree_"), "nodes", 1) for member in members]
        beyond = np.concatenate(
            [_average_path_length(part["n_node_samples"].astype(np.float64)) for part in nodes]
        )
        depths = _depths(trees)
    if not len(depths) == len(beyond) == len(trees.fitted.leaf):
        raise scope.damaged("it has not a path length for each node")
    return np.asarray(depths + beyond - 1.0)


def _depths(trees: ReadTrees) -> FloatArray:
    """(n_nodes,) nodes on the way from the root; children stand after their parent."""
    fitted = trees.fitted
    starts = np.repeat(np.cumsum(fitted.sizes) - fitted.sizes, fitted.sizes)
    depths = np.ones(len(fitted.leaf))
    for parent in np.flatnonzero(~fitted.leaf):
        for child in (fitted.left[parent], fitted.right[parent]):
            if 0 <= child + starts[parent] < len(depths):  # else the lay-out says so
                depths[child + starts[parent]] = depths[parent] + 1
    return depths


def _average_path_length(n_samples: FloatArray) -> FloatArray:
    """As scikit-learn's function of that name."""
    lengths = np.zeros(len(n_samples))
    lengths[n_samples == 2] = 1.0
    many = n_samples > 2
    lengths[many] = (
        2.0 * (np.log(n_samples[many] - 1.0) + np.euler_gamma)
        - 2.0 * (n_samples[many] - 1.0) / n_samples[many]
    )
    return lengths


PREDICTORS: dict[str, PredictorReader] = {
    "sklearn.ensemble._iforest.IsolationForest": read_isolation_forest
}
