"""GradientBoostingClassifier and GradientBoostingRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_gb.py, _gb_losses.py (to 1.3) and
_gradient_boosting.pyx, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray, TrainedModel
from poner.compiler.fitted import get_number, get_objects, get_value
from poner.compiler.program import (
    ArgMax,
    CastFloat32,
    IsNotNegative,
    Logistic,
    Output,
    Program,
    ProgramBuilder,
    Softmax,
)
from poner.compiler.readers.reading import Reading, sklearn_version
from poner.compiler.readers.sklearn_trees import read_trees
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import lay_out, thresholds_by_feature
from poner.errors import NotSupportedError

_CONSTANT_INITS = {
    "sklearn.dummy.DummyClassifier": {"prior", "most_frequent", "constant", "uniform"},
    "sklearn.dummy.DummyRegressor": {"mean", "median", "quantile", "constant"},
}


def read_gradient_boosting(model: TrainedModel) -> Reading:
    """The init estimator's constant, then learning rate times leaf, stage by stage."""
    estimator = model.estimator
    n_features = len(model.signature.features)
    start = _read_start(model)
    width = start.size
    trees = read_trees(get_objects(estimator, "estimators_"))
    columns = np.arange(trees.fitted.sizes.size) % width
    order, laid_out = lay_out(trees.fitted, columns.tolist(), n_features)
    leaf_values = get_number(estimator, "learning_rate") * trees.values[order, 0]
    leaf = trees.fitted.leaf[order]
    laid_out.nodes["value"][leaf] = leaf_values[leaf]
    builder = ProgramBuilder(n_features)
    cast = builder.add(CastFloat32(allow_missing=False), 0, n_features)
    raw = builder.add(sum_of(laid_out, start), cast, width)
    if model.signature.classes is None:
        outputs = {Output.PREDICT: raw}
    else:
        outputs = {Output.DECISION_FUNCTION: raw, **_add_classifier(builder, model, raw, width)}
    program = Program(
        n_features=n_features,
        steps=tuple(builder.steps),
        outputs=outputs,
        thresholds=thresholds_by_feature(trees.fitted, n_features),
        casts_to_float32=True,
        allows_missing=False,
        allows_infinite=False,
    )
    methods = {output: output.name.lower() for output in outputs}
    exact = Output.PREDICT if model.signature.classes is None else Output.DECISION_FUNCTION
    return Reading(program, exact, methods)


def _add_classifier(
    builder: ProgramBuilder, model: TrainedModel, raw: int, width: int
) -> dict[Output, int]:
    """Probabilities and labels; to 1.3 labels came from the probabilities, so 0.5 was class 0."""
    exponential = get_value(model.estimator, "loss") == "exponential"
    if width == 1:
        probabilities = builder.add(Logistic(2.0 if exponential else 1.0), raw, 2)
    else:
        probabilities = builder.add(Softmax(), raw, width)
    from_probabilities = sklearn_version(model) < (1, 4) and not exponential
    if width == 1 and not from_probabilities:
        label = builder.add(IsNotNegative(), raw, 1)
    else:
        label = builder.add(ArgMax(), probabilities if from_probabilities else raw, 1)
    return {Output.PREDICT_PROBA: probabilities, Output.PREDICT: label}


def _read_start(model: TrainedModel) -> FloatArray:
    """The init estimator's raw prediction, the same for every row; scikit-learn computes it."""
    init = get_value(model.estimator, "init_")
    if isinstance(init, FittedObject):
        strategies = _CONSTANT_INITS.get(init.type_name)
        if strategies is None or get_value(init, "strategy") not in strategies:
            raise NotSupportedError(
                f"The native engine does not compute boosting that starts from a "
                f"{init.type_name.rpartition('.')[2]} (init=).",
                "Fit it with init=None or init='zero'.",
                step=f"{model.estimator.type_name.rpartition('.')[2]}/init",
            )
    row = np.zeros((1, len(model.signature.features)))
    return model.oracle.answer("_raw_predict_init", row).astype(np.float64).ravel()
