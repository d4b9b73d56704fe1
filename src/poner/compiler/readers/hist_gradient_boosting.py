"""HistGradientBoostingClassifier and HistGradientBoostingRegressor on numeric columns.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py and
_predictor.pyx, read 2026-11-22. Values stay float64 from end to end: almost every threshold is a
training value, and a cast to float32 would move rows to the other side of it.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FloatArray, TrainedModel
from poner.compiler.fitted import get_array, get_objects, get_value
from poner.compiler.program import (
    ArgMax,
    Exponential,
    IsPositive,
    Logistic,
    Output,
    Program,
    ProgramBuilder,
    Softmax,
)
from poner.compiler.readers.reading import Reading, sklearn_version
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import FittedTrees, lay_out, thresholds_by_feature
from poner.errors import ModelUnreadableError, NotSupportedError

_LOG_LINK_LOSSES = {"poisson", "gamma"}
_OWN_LINK_LOSSES = {"squared_error", "absolute_error", "quantile"}


def read_hist_gradient_boosting(model: TrainedModel) -> Reading:
    """The baseline, then each tree's leaf in order; the learning rate is in the leaves."""
    n_features = len(model.signature.features)
    baseline = np.atleast_1d(np.asarray(get_value(model.estimator, "_baseline_prediction")))
    start = 0.0 + baseline.astype(np.float64).ravel()
    fitted, values = _read_predictors(model)
    columns = np.arange(fitted.sizes.size) % start.size
    order, laid_out = lay_out(fitted, columns.tolist(), n_features)
    leaf = fitted.leaf[order]
    laid_out.nodes["value"][leaf] = values[order][leaf]
    builder = ProgramBuilder(n_features)
    raw = builder.add(sum_of(laid_out, start), 0, start.size)
    if model.signature.classes is None:
        outputs, methods, exact = _add_regressor(builder, model, raw)
    else:
        outputs, methods, exact = _add_classifier(builder, model, raw, start.size)
    program = Program(
        n_features=n_features,
        steps=tuple(builder.steps),
        outputs=outputs,
        thresholds=thresholds_by_feature(fitted, n_features),
        casts_to_float32=False,
        allows_missing=True,
        allows_infinite=True,
    )
    return Reading(program, exact, methods)


def _read_predictors(model: TrainedModel) -> tuple[FittedTrees, FloatArray]:
    """The trees of all iterations, and the value of every node."""
    tables = [get_array(tree, "nodes", 1) for tree in get_objects(model.estimator, "_predictors")]
    wanted = {"left", "right", "feature_idx", "num_threshold", "missing_go_to_left", "is_leaf"}
    if not tables or not set(tables[0].dtype.names or ()) >= wanted | {"value"}:
        raise ModelUnreadableError(
            "The model's predictors are not such as scikit-learn 1.1 or later fits.",
            "Fit and save the model again with a newer scikit-learn.",
        )
    nodes = np.concatenate(tables)
    if np.any(nodes["is_categorical"]):
        raise NotSupportedError(
            "The native engine does not compute categorical splits yet.",
            "Fit it without categorical_features, on encoded columns.",
            step=f"{model.estimator.type_name.rpartition('.')[2]}/categorical_features",
        )
    fitted = FittedTrees(
        sizes=np.array([len(table) for table in tables]),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        leaf=nodes["is_leaf"].astype(bool),
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(bool),
    )
    return fitted, nodes["value"].astype(np.float64)


_Outputs = tuple[dict[Output, int], dict[Output, str], Output]


def _add_classifier(builder: ProgramBuilder, model: TrainedModel, raw: int, width: int) -> _Outputs:
    """Probabilities and labels; before 1.5 labels came from the probabilities."""
    if width == 1:
        probabilities = builder.add(Logistic(1.0), raw, 2)
    else:
        probabilities = builder.add(Softmax(), raw, width)
    if sklearn_version(model) < (1, 5):
        label = builder.add(ArgMax(), probabilities, 1)
    else:
        label = builder.add(IsPositive() if width == 1 else ArgMax(), raw, 1)
    outputs = {
        Output.DECISION_FUNCTION: raw,
        Output.PREDICT_PROBA: probabilities,
        Output.PREDICT: label,
    }
    return outputs, {output: output.name.lower() for output in outputs}, Output.DECISION_FUNCTION


def _add_regressor(builder: ProgramBuilder, model: TrainedModel, raw: int) -> _Outputs:
    """The score itself, or exp of it where the loss has a log link."""
    loss = get_value(model.estimator, "loss")
    if loss in _OWN_LINK_LOSSES:
        return {Output.PREDICT: raw}, {Output.PREDICT: "predict"}, Output.PREDICT
    if loss in _LOG_LINK_LOSSES:
        value = builder.add(Exponential(), raw, 1)
        methods = {Output.RAW: "_raw_predict", Output.PREDICT: "predict"}
        return {Output.RAW: raw, Output.PREDICT: value}, methods, Output.RAW
    raise NotSupportedError(
        f"The native engine does not compute HistGradientBoostingRegressor(loss={loss!r}).",
        "Choose one of the named losses.",
        step="HistGradientBoostingRegressor/loss",
    )
