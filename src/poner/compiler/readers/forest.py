"""Single decision trees, random forests and extra trees, for classes and for values.

Source: scikit-learn 1.1 to 1.9, sklearn/tree/_classes.py, _tree.pyx and
sklearn/ensemble/_forest.py, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.fitted import get_objects, get_outputs_classes
from poner.compiler.operations import CastFloat32, Pairing, Reduction, SumLeafRows
from poner.compiler.readers.reading import Classes, Prediction, PredictorReader, Scope
from poner.compiler.readers.sklearn_trees import ReadTrees, read_trees
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import lay_out
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
    cast = builder.add(CastFloat32(scope.takes_missing(width)), source)
    classes = get_outputs_classes(estimator) if "classes_" in estimator.attributes else None
    scores = _add_sums(trees, classes, scope, cast)
    if members[0] is not estimator:
        scores = builder.combine(Pairing.DIVIDE, scores, float(len(members)))
    if classes is None:
        return Prediction(scores)
    ends = np.cumsum([len(names) for names in classes])
    label = builder.reduce(Reduction.ARGMAX, scores, ends.tolist())
    return Prediction(label, classes, predict_proba=scores)


def _add_sums(trees: ReadTrees, classes: Sequence[Classes] | None, scope: Scope, cast: int) -> int:
    """The sum over the trees: the leaves' rows, or for one value a leaf their values."""
    builder = scope.builder
    n_trees = trees.fitted.sizes.size
    order, laid_out = lay_out(trees.fitted, [0] * n_trees, builder.width(cast))
    leaf = trees.fitted.leaf[order]
    values = trees.values[order][leaf]
    if classes is None and values.shape[1] == 1:
        laid_out.nodes["value"][leaf] = values[:, 0, 0]
        return builder.add(sum_of(laid_out, np.zeros(1)), cast)
    laid_out.nodes["position"][leaf] = np.arange(len(values))
    rows = values[:, :, 0] if classes is None else _leaf_fractions(values, classes)
    return builder.add(SumLeafRows(laid_out, np.ascontiguousarray(rows)), cast)


def _leaf_fractions(values: FloatArray, classes: Sequence[Classes]) -> FloatArray:
    """(n_leaves, sum of n_classes): scikit-learn pads outputs of fewer classes with zeros."""
    counts = [len(names) for names in classes]
    if values.shape[1] != len(counts) or values.shape[2] != max(counts):
        raise ModelUnreadableError(
            "The model's decision trees do not fit its classes.",
            "The file is damaged or was tampered with: train and save the model again.",
        )
    parts = [_fractions(values[:, output, :count]) for output, count in enumerate(counts)]
    return np.concatenate(parts, axis=1)


def _fractions(values: FloatArray) -> FloatArray:
    """Class fractions of each leaf: since scikit-learn 1.3 kept so, before that as weights.

    Dividing fractions once more would change bits, so only what does not look like fractions is
    divided: weights of a leaf add up to its samples' weights, which scikit-learn divides by.
    """
    sums = values.sum(axis=1, keepdims=True)
    if np.all(np.abs(sums - 1.0) < 1e-9):
        return values
    sums[sums == 0.0] = 1.0
    return np.asarray(values / sums)


PREDICTORS: dict[str, PredictorReader] = {
    "sklearn.ensemble._forest.RandomForestClassifier": read_forest,
    "sklearn.ensemble._forest.RandomForestRegressor": read_forest,
    "sklearn.ensemble._forest.ExtraTreesClassifier": read_forest,
    "sklearn.ensemble._forest.ExtraTreesRegressor": read_forest,
    "sklearn.tree._classes.DecisionTreeClassifier": read_single_tree,
    "sklearn.tree._classes.DecisionTreeRegressor": read_single_tree,
    "sklearn.tree._classes.ExtraTreeClassifier": read_single_tree,
    "sklearn.tree._classes.ExtraTreeRegressor": read_single_tree,
}
