"""Checks trees: children exist and follow their parent; features are columns of the rows."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from .shapes import is_array, is_within, require, width_of

HISTOGRAM = "histogram model"
"""How messages name the part that is checked."""

CATEGORICAL = "is_categorical"
"""Field of a histogram model's nodes since scikit-learn 0.24."""

OLDER_START = "_init_decision_function"
"""Method of boosting models that gives what the trees start from, before scikit-learn 0.21."""

BITSET_WORDS = 8
"""Words of 32 bits in a set of categories: 256 of them (_hist_gradient_boosting/common.pyx)."""


def check_tree(tree: Any) -> None:
    """`sklearn.tree._tree.Tree`, whose state lies in memory of its own."""
    require(tree.node_count > 0, "tree", "has no nodes")
    state = tree.__getstate__()
    nodes = state["nodes"]
    require(len(nodes) == tree.node_count == len(state["values"]), "tree", "lacks nodes")
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    inner = left != -1
    check_children(inner, left, right)
    require(
        is_within(feature[inner], tree.n_features), "tree", "splits a column that does not exist"
    )
    depth = _depth(inner, left, right)
    require(depth <= tree.max_depth <= len(nodes), "tree", "has a wrong depth")


def check_counts(classifier: Any) -> None:
    """n_classes_, the width of a classifier's answers, equals the number of its classes."""
    state = vars(classifier)
    classes, counted = state.get("classes_"), state.get("n_classes_")
    if classes is None or counted is None:
        return
    if isinstance(classes, (list, tuple)):
        fits = [len(own) for own in classes] == [int(count) for count in counted]
    else:
        fits = int(counted) == len(classes)
    require(fits, type(classifier).__name__, "has a wrong number of classes")


def check_children(inner: Any, left: Any, right: Any) -> None:
    """Each child exists, comes after its parent and has one parent only.

    Args:
        inner: (n_nodes,) whether a node has children.
        left: (n_nodes,) places of the left children.
        right: (n_nodes,) places of the right children.
    """
    import numpy as np

    parents = np.flatnonzero(inner)
    children = np.concatenate([left[inner], right[inner]]).astype(np.int64)
    require(is_within(children, len(inner)), "tree", "has a child that does not exist")
    require(
        (children > np.concatenate([parents, parents])).all(),
        "tree",
        "has a child that comes before its parent",
    )
    alone = len(np.unique(children)) == len(children)
    require(alone, "tree", "has a child with two parents")


def _depth(inner: Any, left: Any, right: Any) -> int:
    """Depth of the tree: number of splits on the longest path from the root."""
    import numpy as np

    depth, level = -1, np.zeros(1, np.int64)
    while len(level):
        depth += 1
        parents = level[inner[level]]
        level = np.concatenate([left[parents], right[parents]])
    return depth


def check_estimator_of_tree(estimator: Any) -> None:
    """A tree has as many columns as its estimator, which alone checks the rows."""
    if "tree_" in vars(estimator):
        check_width(estimator, width_of(estimator))


def check_width(estimator: Any, width: int) -> None:
    """Require that an estimator is a tree over this number of columns."""
    from sklearn.tree._tree import Tree

    is_tree = isinstance(estimator, _base_of_trees()) and type(estimator.tree_) is Tree
    require(is_tree, "model", "holds something else in the place of a tree")
    fits = estimator.tree_.n_features == width
    require(fits, "tree", "has a number of columns that differs from its model's")


@functools.lru_cache(maxsize=None)
def _base_of_trees() -> Any:
    """Sklearn's BaseDecisionTree, which sklearn.tree itself names from 0.22 on."""
    from sklearn.tree import DecisionTreeClassifier

    return importlib.import_module(DecisionTreeClassifier.__module__).BaseDecisionTree


def check_forest(forest: Any) -> None:
    """Trees have as many columns as their forest, which alone checks the rows."""
    if "estimators_" in vars(forest):
        for estimator in forest.estimators_:
            check_width(estimator, width_of(forest))


def check_isolation(forest: Any) -> None:
    """Each tree of an IsolationForest has as many columns as were drawn for it."""
    state = vars(forest)
    if "estimators_" not in state:
        return
    chosen = state["estimators_features_"]
    require(len(chosen) == len(forest.estimators_), "forest", "lacks the columns of some trees")
    for estimator, features in zip(forest.estimators_, chosen):
        require(is_array(features, "iu", 1), "forest", "has invalid column numbers")
        check_width(estimator, len(features))
        if state.get("_max_features") == width_of(forest):
            check_width(estimator, width_of(forest))


def check_boosting(model: Any) -> None:
    """A boosting model has a table of trees, with one column for each output."""
    import numpy as np

    if "estimators_" not in vars(model):
        return
    estimators, width = model.estimators_, width_of(model)
    table = is_array(estimators, "O", 2) and estimators.size > 0
    require(table, "boosting model", "does not keep its trees in a table")
    for estimator in estimators.ravel().tolist():
        check_width(estimator, width)
    method = "_raw_predict_init" if hasattr(model, "_raw_predict_init") else OLDER_START
    begun = getattr(model, method)(np.zeros((1, width), np.float32))
    fits = is_array(begun, "f", 2) and begun.shape[1] == estimators.shape[1]
    require(fits, "boosting model", "has a number of trees per step that differs from its outputs")


def check_predictor(predictor: Any) -> None:
    """A tree of the histogram models, and its sets of categories."""
    nodes = predictor.nodes
    require(is_array(nodes, "V", 1) and len(nodes) > 0, "tree", "has no nodes")
    inner = nodes["is_leaf"] == 0
    check_children(inner, nodes["left"], nodes["right"])
    if CATEGORICAL not in nodes.dtype.names:
        return
    for name in ("raw_left_cat_bitsets", "binned_left_cat_bitsets"):
        sets = vars(predictor)[name]
        is_sets = is_array(sets, "u", 2) and sets.shape[1] == BITSET_WORDS
        require(is_sets, "tree", "has category bitsets of the wrong size")
        used = nodes["bitset_idx"][inner & (nodes[CATEGORICAL] != 0)]
        require(
            is_within(used, len(sets)), "tree", "refers to a category bitset that does not exist"
        )


def check_histogram(model: Any) -> None:
    """Trees of a histogram model split columns that exist, also after its encoder."""
    if "_predictors" not in vars(model):
        return
    width = width_of(model)
    categorical = _categorical_columns(model, width)
    for predictors in model._predictors:
        for predictor in predictors:
            nodes = predictor.nodes
            inner = nodes["is_leaf"] == 0
            used = nodes["feature_idx"][inner]
            require(is_within(used, width), "tree", "splits a column that does not exist")
            if CATEGORICAL not in nodes.dtype.names:
                continue
            asked = nodes["feature_idx"][inner & (nodes[CATEGORICAL] != 0)]
            known = categorical[asked].all()
            require(known, "tree", "splits a numerical column by categories")
    _check_encoder(model, width)


def _categorical_columns(model: Any, width: int) -> Any:
    """(n_features,) whether a column holds categories, as the bin mapper says."""
    import numpy as np

    mapper = model._bin_mapper
    categorical = vars(mapper).get("is_categorical_")
    if categorical is None:
        return np.zeros(width, bool)
    fits = is_array(categorical, "biu", 1) and len(categorical) == width
    require(fits, HISTOGRAM, "has categories for a wrong number of columns")
    enough = len(mapper.bin_thresholds_) >= width
    require(enough, HISTOGRAM, "lacks the categories of some columns")
    return categorical != 0


def _check_encoder(model: Any, width: int) -> None:
    """The model's own encoder keeps the number of columns."""
    from sklearn.compose import ColumnTransformer

    encoder = vars(model).get("_preprocessor")
    if encoder is None:
        return
    require(type(encoder) is ColumnTransformer, HISTOGRAM, "has an encoder of the wrong kind")
    widths = [
        _encoded_width(transformer, chosen, width)
        for _, transformer, chosen in encoder.transformers_
    ]
    require(sum(widths) == width, HISTOGRAM, "encodes rows to a wrong number of columns")


def _encoded_width(transformer: Any, chosen: Any, width: int) -> int:
    """Number of columns that come out of a part of the encoder."""
    import numpy as np
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    named = isinstance(chosen, list) and bool(chosen) and isinstance(chosen[0], str)
    if isinstance(chosen, (str, int)):
        count = 1
    else:
        count = len(chosen) if named else len(np.arange(width)[chosen])
    keeps = type(transformer) is OrdinalEncoder or isinstance(transformer, str)
    if type(transformer) is FunctionTransformer:
        keeps = transformer.func is None or isinstance(transformer.func, functools.partial)
    require(keeps or not count, HISTOGRAM, "has an encoder of the wrong kind")
    return 0 if transformer == "drop" else count


CHECKS = {
    "sklearn.ensemble._forest.ForestClassifier": check_counts,
    "sklearn.ensemble._bagging.BaggingClassifier": check_counts,
    "sklearn.ensemble._weight_boosting.AdaBoostClassifier": check_counts,
    "sklearn.tree._classes.DecisionTreeClassifier": check_counts,
    "sklearn.tree._tree.Tree": check_tree,
    "sklearn.tree._classes.BaseDecisionTree": check_estimator_of_tree,
    "sklearn.ensemble._forest.BaseForest": check_forest,
    "sklearn.ensemble._iforest.IsolationForest": check_isolation,
    "sklearn.ensemble._gb.BaseGradientBoosting": check_boosting,
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor": check_predictor,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.BaseHistGradientBoosting": (
        check_histogram
    ),
}
"""By class: what is checked of its objects."""
