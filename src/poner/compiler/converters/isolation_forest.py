"""IsolationForest: outliers are rows that random trees isolate after few splits.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_iforest.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.bagging import bagged_trees, read_bag
from poner.compiler.converters.forest import sum_leaf_rows
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.converters.sklearn_trees import read_trees
from poner.compiler.fitted import get_array, get_list, get_number, get_object
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.trees import Trees


def convert_isolation_forest(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Score: -2^-(mean path length / a random tree's) - offset; inliers (1) have 0 or more."""
    builder = scope.builder
    width = builder.width(source)
    bag = read_bag(estimator, scope, width)
    read = read_trees(bag.members)
    cast = builder.cast_float32(
        source,
        allow_missing=scope.takes_missing(width),
        allow_infinite=scope.takes_missing(width, value=np.inf),
    )
    lengths = _path_lengths(estimator, bag.members, read.trees, scope)
    trees = bagged_trees(read.trees, bag.columns, scope)
    total = builder.add(sum_leaf_rows(trees, lengths[:, None]), cast)
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
    estimator: FittedObject, members: list[FittedObject], trees: Trees, scope: Scope
) -> FloatArray:
    """(n_nodes,) length of the path to a node plus the average path length below it."""
    if "_average_path_length_per_tree" in estimator.attributes:  # kept since 1.3
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
    if not len(depths) == len(beyond) == len(trees.leaf):
        raise scope.damaged("it does not have a path length for each node")
    return np.asarray(depths + beyond - 1.0)


def _depths(trees: Trees) -> FloatArray:
    """(n_nodes,) number of nodes on the way from the root; children come after their parent."""
    starts = np.repeat(np.cumsum(trees.sizes) - trees.sizes, trees.sizes)
    depths = np.ones(len(trees.leaf))
    for parent in np.flatnonzero(~trees.leaf):
        for child in (trees.left[parent], trees.right[parent]):
            if 0 <= child + starts[parent] < len(depths):  # the layout refuses any other tree
                depths[child + starts[parent]] = depths[parent] + 1
    return depths


def _average_path_length(n_samples: FloatArray) -> FloatArray:
    """The average path length in a tree of n samples, as scikit-learn's function of this name."""
    lengths = np.zeros(len(n_samples))
    lengths[n_samples == 2] = 1.0
    many = n_samples > 2
    lengths[many] = (
        2.0 * (np.log(n_samples[many] - 1.0) + np.euler_gamma)
        - 2.0 * (n_samples[many] - 1.0) / n_samples[many]
    )
    return lengths


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.ensemble._iforest.IsolationForest": convert_isolation_forest
}
