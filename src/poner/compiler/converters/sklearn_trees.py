"""scikit-learn's Tree objects (sklearn.tree._tree.Tree) as Trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.fitted import get_array, get_object
from poner.compiler.operations.trees import Trees
from poner.errors import ModelUnreadableError

_FIELDS = {"left_child", "right_child", "feature", "threshold"}


@dataclass(frozen=True)
class ReadTrees:
    """Trees with the values of all their nodes."""

    trees: Trees
    """Structure, thresholds and covers."""
    values: FloatArray
    """(n_nodes, n_outputs, n_classes or 1): scikit-learn's `value` of each node."""


def read_trees(estimators: Sequence[FittedObject]) -> ReadTrees:
    """The `tree_` of each estimator, tree after tree.

    Raises:
        ModelUnreadableError: a tree has a form that scikit-learn does not fit.
    """
    trees = [get_object(estimator, "tree_") for estimator in estimators]
    tables = [get_array(tree, "nodes", 1) for tree in trees]
    values = [get_array(tree, "values", 3) for tree in trees]
    shapes = {value.shape[1:] for value in values}
    if (
        len({table.dtype for table in tables}) != 1
        or not set(tables[0].dtype.names or ()) >= _FIELDS
        or any(len(table) != len(value) for table, value in zip(tables, values, strict=True))
        or len(shapes) != 1
    ):
        raise ModelUnreadableError(
            "The model's decision trees have a form that scikit-learn does not fit.",
            "Fit and save the model again.",
        )
    nodes = np.concatenate(tables)
    names = nodes.dtype.names or ()
    missing_left = (
        nodes["missing_go_to_left"].astype(bool)  # since scikit-learn 1.3
        if "missing_go_to_left" in names
        else np.zeros(len(nodes), bool)
    )
    cover = "weighted_n_node_samples"
    structure = Trees(
        sizes=np.array([len(table) for table in tables]),
        left=nodes["left_child"].astype(np.int64),
        right=nodes["right_child"].astype(np.int64),
        leaf=nodes["left_child"] == -1,
        feature=nodes["feature"].astype(np.int64),
        threshold=nodes["threshold"].astype(np.float64),
        missing_left=missing_left,
        covers=nodes[cover].astype(np.float64) if cover in names else None,
    )
    return ReadTrees(structure, np.concatenate(values).astype(np.float64))
