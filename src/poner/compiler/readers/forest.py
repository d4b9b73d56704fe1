"""Single decision trees, random forests and extra trees, for classes and for values.

Source: scikit-learn 1.1 to 1.9, sklearn/tree/_classes.py, _tree.pyx and
sklearn/ensemble/_forest.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray, TrainedModel
from poner.compiler.fitted import get_objects
from poner.compiler.program import (
    ArgMax,
    CastFloat32,
    Divide,
    Output,
    Program,
    ProgramBuilder,
    SumLeafRows,
)
from poner.compiler.readers.reading import Reading, takes_missing
from poner.compiler.readers.sklearn_trees import ReadTrees, read_trees
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import lay_out, thresholds_by_feature


def read_forest(model: TrainedModel) -> Reading:
    """The trees' leaves added in order, then one division by their number."""
    return _read(model, get_objects(model.estimator, "estimators_"))


def read_single_tree(model: TrainedModel) -> Reading:
    """The values of one leaf."""
    return _read(model, [model.estimator])


def _read(model: TrainedModel, estimators: list[FittedObject]) -> Reading:
    n_features = len(model.signature.features)
    trees = read_trees(estimators)
    allows_missing = takes_missing(model)
    builder = ProgramBuilder(n_features)
    cast = builder.add(CastFloat32(allows_missing), 0, n_features)
    classifier = model.signature.classes is not None
    sums, width = _add_sums(builder, trees, cast, classifier)
    if estimators[0] is model.estimator:
        scores = sums
    else:
        scores = builder.add(Divide(np.full(width, float(len(estimators)))), sums, width)
    if classifier:
        label = builder.add(ArgMax(), scores, 1)
        outputs = {Output.PREDICT_PROBA: scores, Output.PREDICT: label}
    else:
        outputs = {Output.PREDICT: scores}
    program = Program(
        n_features=n_features,
        steps=tuple(builder.steps),
        outputs=outputs,
        thresholds=thresholds_by_feature(trees.fitted, n_features),
        casts_to_float32=True,
        allows_missing=allows_missing,
        allows_infinite=False,
    )
    raw = Output.PREDICT_PROBA if classifier else Output.PREDICT
    return Reading(program, raw, {output: output.name.lower() for output in outputs})


def _add_sums(
    builder: ProgramBuilder, trees: ReadTrees, cast: int, classifier: bool
) -> tuple[int, int]:
    """The sum over the trees: its register and width."""
    order, laid_out = lay_out(trees.fitted, [0] * trees.fitted.sizes.size, builder.n_features)
    leaf = trees.fitted.leaf[order]
    values = trees.values[order][leaf]
    if classifier:
        laid_out.nodes["position"][leaf] = np.arange(len(values))
        width = values.shape[1]
        return builder.add(SumLeafRows(laid_out, _fractions(values)), cast, width), width
    laid_out.nodes["value"][leaf] = values[:, 0]
    return builder.add(sum_of(laid_out, np.zeros(1)), cast, 1), 1


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
