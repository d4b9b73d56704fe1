"""Single decision trees, random forests and extra trees, for classes and for values.

Source: scikit-learn 1.1 to 1.9, sklearn/tree/_classes.py, _tree.pyx and
sklearn/ensemble/_forest.py, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.converters.sklearn_trees import ReadTrees, read_trees
from poner.compiler.fitted import get_objects, get_outputs_classes
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Reduction
from poner.compiler.operations.trees import TreeEnsemble, Trees
from poner.errors import ModelUnreadableError


def convert_forest(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The sum of the trees' leaves in order, divided by the number of trees."""
    return _convert(estimator, get_objects(estimator, "estimators_"), scope, source)


def convert_single_tree(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The values of the leaf that the row reaches."""
    return _convert(estimator, [estimator], scope, source)


def _convert(
    estimator: FittedObject, members: list[FittedObject], scope: Scope, source: int
) -> Prediction:
    builder = scope.builder
    read = read_trees(members)
    width = builder.width(source)
    cast = builder.cast_float32(source, allow_missing=scope.takes_missing(width))
    classes = get_outputs_classes(estimator) if "classes_" in estimator.attributes else None
    scores = builder.add(sum_leaf_rows(read.trees, node_rows(read, classes)), cast)
    if members[0] is not estimator:
        scores = builder.combine(Pairing.DIVIDE, scores, float(len(members)))
    if classes is None:
        return Prediction(scores)
    ends = np.cumsum([len(names) for names in classes])
    label = builder.reduce(Reduction.ARGMAX, scores, ends.tolist())
    return Prediction(label, classes, predict_proba=scores)


def node_rows(read: ReadTrees, classes: Sequence[Classes] | None) -> FloatArray:
    """(n_nodes, width): the probabilities or values of each node."""
    if classes is None:
        return read.values[:, :, 0]
    return _class_fractions(read.values, classes)


def sum_leaf_rows(trees: Trees, rows: FloatArray, *, rounded: bool = False) -> TreeEnsemble:
    """The sum of the leaves' rows, tree after tree, from zeros; the input is cast to float32.

    Args:
        trees: the trees.
        rows: (n_nodes, width) what each leaf adds; any numbers for inner nodes.
        rounded: whether the rows hold logarithms computed here.
    """
    start = np.zeros(rows.shape[1])
    return TreeEnsemble(trees, rows, start, float32=True, rounded_leaves=rounded)


def side_by_side(trees: Trees, values: FloatArray) -> TreeEnsemble:
    """A column for each tree: its leaf's value, of (n_nodes,); the input is cast to float32.

    The sums start from -0.0, since -0.0 + x has the bits of any x.
    """
    return sum_in_turn(trees, values, np.full(trees.sizes.size, -0.0))


def sum_in_turn(trees: Trees, values: FloatArray, start: FloatArray) -> TreeEnsemble:
    """Trees that each add their leaf to one column: tree i to column i modulo the width.

    Args:
        trees: the trees.
        values: (n_nodes,) what each leaf adds; any numbers for inner nodes.
        start: (width,) what the sums begin with.
    """
    columns = np.arange(trees.sizes.size) % start.size
    return TreeEnsemble(trees, values[:, None], start, columns, float32=True)


def _class_fractions(values: FloatArray, classes: Sequence[Classes]) -> FloatArray:
    """(n_nodes, sum of n_classes): scikit-learn pads outputs of fewer classes with zeros."""
    counts = [len(names) for names in classes]
    if values.shape[1] != len(counts) or values.shape[2] != max(counts):
        raise ModelUnreadableError(
            "The model's decision trees do not fit its classes.",
            "The file is damaged or was tampered with: train and save the model again.",
        )
    parts = [_fractions(values[:, output, :count]) for output, count in enumerate(counts)]
    return np.concatenate(parts, axis=1)


def _fractions(values: FloatArray) -> FloatArray:
    """Class fractions of each node; before scikit-learn 1.3 nodes hold weights of classes.

    Dividing fractions again would change bits, so only rows that are not fractions are divided
    by their sum, the weight of the node's samples, as scikit-learn does.
    """
    sums = values.sum(axis=1, keepdims=True)
    if np.all(np.abs(sums - 1.0) < 1e-9):
        return values
    sums[sums == 0.0] = 1.0
    return np.asarray(values / sums)


SINGLE_TREES = {
    f"sklearn.tree._classes.{name}"
    for name in (
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
    )
}
"""Class names of the trees that ensembles usually consist of."""

PREDICTORS: dict[str, PredictorConverter] = {
    **dict.fromkeys(SINGLE_TREES, convert_single_tree),
    "sklearn.ensemble._forest.RandomForestClassifier": convert_forest,
    "sklearn.ensemble._forest.RandomForestRegressor": convert_forest,
    "sklearn.ensemble._forest.ExtraTreesClassifier": convert_forest,
    "sklearn.ensemble._forest.ExtraTreesRegressor": convert_forest,
}
