"""Single decision trees, random forests and extra trees, for classes and for values.

Source: scikit-learn 1.1 to 1.9, sklearn/tree/_classes.py, _tree.pyx and
sklearn/ensemble/_forest.py, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.fitted import get_objects, get_outputs_classes
from poner.compiler.operations import Pairing, Reduction, SumLeafRows
from poner.compiler.readers.reading import Classes, Prediction, PredictorReader, Scope
from poner.compiler.readers.sklearn_trees import ReadTrees, read_trees
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import FittedTrees, lay_out
from poner.errors import ModelUnreadableError


def read_forest(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The trees' leaves added in order, then one division by their number."""
    return _read(estimator, get_objects(estimator, "estimators_"), scope, source)


def read_single_tree(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The values of one leaf."""
    return _read(estimator, [estimator], scope, source)


def _read(
    estimator: FittedObject, members: list[FittedObject], scope: Scope, source: int
) -> Prediction:
    builder = scope.builder
    trees = read_trees(members)
    width = builder.width(source)
    cast = builder.cast_float32(source, allow_missing=scope.takes_missing(width))
    classes = get_outputs_classes(estimator) if "classes_" in estimator.attributes else None
    scores = sum_leaf_rows(trees.fitted, node_rows(trees, classes), scope, cast)
    if members[0] is not estimator:
        scores = builder.combine(Pairing.DIVIDE, scores, float(len(members)))
    if classes is None:
        return Prediction(scores)
    ends = np.cumsum([len(names) for names in classes])
    label = builder.reduce(Reduction.ARGMAX, scores, ends.tolist())
    return Prediction(label, classes, predict_proba=scores)


def node_rows(trees: ReadTrees, classes: Sequence[Classes] | None) -> FloatArray:
    """(n_nodes, width) what a tree answers at each node: probabilities, or values."""
    if classes is None:
        return trees.values[:, :, 0]
    return _class_fractions(trees.values, classes)


def sum_leaf_rows(
    fitted: FittedTrees,
    rows: FloatArray,
    scope: Scope,
    cast: int,
    operation: type[SumLeafRows] = SumLeafRows,
) -> int:
    """The sum of the leaves' rows over the trees, in order.

    Args:
        fitted: the trees.
        rows: (n_nodes, width) what each node gives, if it is a leaf.
        scope: of the trees.
        cast: register of the row as float32.
        operation: SumLeafRows, or one that says that the rows are rounded.
    """
    builder = scope.builder
    order, laid_out = lay_out(fitted, [0] * fitted.sizes.size, builder.width(cast))
    leaf = fitted.leaf[order]
    values = rows[order][leaf]
    if values.shape[1] == 1:
        laid_out.nodes["value"][leaf] = values[:, 0]
        return builder.add(sum_of(laid_out, np.zeros(1)), cast)
    laid_out.nodes["position"][leaf] = np.arange(len(values))
    return builder.add(operation(laid_out, np.ascontiguousarray(values)), cast)


def side_by_side(fitted: FittedTrees, values: FloatArray, scope: Scope, cast: int) -> int:
    """The leaf of each tree in a column of its own; values (n_nodes,)."""
    builder = scope.builder
    n_trees = fitted.sizes.size
    order, laid_out = lay_out(fitted, list(range(n_trees)), builder.width(cast))
    leaf = fitted.leaf[order]
    laid_out.nodes["value"][leaf] = values[order][leaf]
    return builder.add(sum_of(laid_out, np.full(n_trees, -0.0)), cast)  # -0 + x is x, of any x


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
    """Class fractions of each node: since scikit-learn 1.3 kept so, before that as weights.

    Dividing fractions once more would change bits, so only what does not look like fractions is
    divided: weights of a node add up to its samples' weights, which scikit-learn divides by.
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
"""The trees that other ensembles are usually made of."""

PREDICTORS: dict[str, PredictorReader] = {
    **dict.fromkeys(SINGLE_TREES, read_single_tree),
    "sklearn.ensemble._forest.RandomForestClassifier": read_forest,
    "sklearn.ensemble._forest.RandomForestRegressor": read_forest,
    "sklearn.ensemble._forest.ExtraTreesClassifier": read_forest,
    "sklearn.ensemble._forest.ExtraTreesRegressor": read_forest,
}
