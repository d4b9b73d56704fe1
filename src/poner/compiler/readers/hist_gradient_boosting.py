"""HistGradientBoostingClassifier and HistGradientBoostingRegressor on numeric columns.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py and
_predictor.pyx, read 2026-11-22. Values stay float64 from end to end: almost every threshold is a
training value, and a cast to float32 would move rows to the other side of it.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.fitted import get_array, get_classes, get_objects, get_value
from poner.compiler.operations import Function, Logistic, Pairing, Softmax
from poner.compiler.readers.reading import Prediction, PredictorReader, Scope
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import FittedTrees, lay_out
from poner.errors import ModelUnreadableError

_LOG_LINK_LOSSES = {"poisson", "gamma"}
_OWN_LINK_LOSSES = {"squared_error", "absolute_error", "quantile"}


def read_hist_gradient_boosting(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The baseline, then each tree's leaf in order; the learning rate is in the leaves."""
    builder = scope.builder
    baseline = np.atleast_1d(np.asarray(get_value(estimator, "_baseline_prediction")))
    start = 0.0 + baseline.astype(np.float64).ravel()
    fitted, values = _read_predictors(estimator, scope)
    columns = np.arange(fitted.sizes.size) % start.size
    order, laid_out = lay_out(fitted, columns.tolist(), builder.width(source))
    leaf = fitted.leaf[order]
    laid_out.nodes["value"][leaf] = values[order][leaf]
    raw = builder.add(sum_of(laid_out, start), source)
    if "classes_" in estimator.attributes:
        return _classify(estimator, scope, raw)
    return _regress(estimator, scope, raw)


def _read_predictors(estimator: FittedObject, scope: Scope) -> tuple[FittedTrees, FloatArray]:
    """The trees of all iterations, and the value of every node."""
    tables = [get_array(tree, "nodes", 1) for tree in get_objects(estimator, "_predictors")]
    wanted = {"left", "right", "feature_idx", "num_threshold", "missing_go_to_left", "is_leaf"}
    if not tables or not set(tables[0].dtype.names or ()) >= wanted | {"value"}:
        raise ModelUnreadableError(
            "The model's predictors are not such as scikit-learn 1.1 or later fits.",
            "Fit and save the model again with a newer scikit-learn.",
        )
    nodes = np.concatenate(tables)
    if np.any(nodes["is_categorical"]):
        raise scope.inside("categorical_features").unsupported(
            "the native engine does not compute categorical splits yet.",
            "Fit it without categorical_features, on encoded columns.",
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


def _classify(estimator: FittedObject, scope: Scope, raw: int) -> Prediction:
    """Probabilities and labels; before 1.5 labels came from the probabilities."""
    builder = scope.builder
    binary = builder.width(raw) == 1
    probabilities = builder.add(Logistic(np.ones(1)) if binary else Softmax(), raw)
    if scope.version < (1, 5):
        label = builder.argmax(probabilities)
    elif binary:
        label = builder.combine(Pairing.GREATER, raw, 0.0)
    else:
        label = builder.argmax(raw)
    return Prediction(
        label, (get_classes(estimator),), predict_proba=probabilities, decision_function=raw
    )


def _regress(estimator: FittedObject, scope: Scope, raw: int) -> Prediction:
    """The score itself, or exp of it where the loss has a log link."""
    loss = get_value(estimator, "loss")
    if loss in _OWN_LINK_LOSSES:
        return Prediction(raw)
    if loss in _LOG_LINK_LOSSES:
        return Prediction(scope.builder.map(Function.EXP, raw), raw=raw)
    raise scope.inside("loss").unsupported(
        f"the native engine does not compute the loss {loss!r}.", "Choose one of the named losses."
    )


_HIST = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting"

PREDICTORS: dict[str, PredictorReader] = {
    f"{_HIST}.HistGradientBoostingClassifier": read_hist_gradient_boosting,
    f"{_HIST}.HistGradientBoostingRegressor": read_hist_gradient_boosting,
}
