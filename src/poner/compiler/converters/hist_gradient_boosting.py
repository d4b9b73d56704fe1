"""HistGradientBoostingClassifier and HistGradientBoostingRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py and
_predictor.pyx, read 2026-11-22. Values stay float64 from end to end: almost every threshold is a
training value, and a cast to float32 would move rows to the other side of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject
from poner.compiler.converters.hist_categories import convert_preprocessor, read_category_splits
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_array, get_classes, get_object, get_objects, get_value
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Logistic, Softmax
from poner.compiler.operations.trees import TreeEnsemble, Trees
from poner.errors import ModelUnreadableError

_LOG_LINK_LOSSES = {"poisson", "gamma"}
_OWN_LINK_LOSSES = {
    "squared_error",
    "absolute_error",
    "quantile",
    "least_squares",  # names in scikit-learn 1.1
    "least_absolute_deviation",
}
_FIELDS = {
    "value",
    "left",
    "right",
    "feature_idx",
    "num_threshold",
    "missing_go_to_left",
    "is_leaf",
    "is_categorical",
    "bitset_idx",
}


def convert_hist_gradient_boosting(
    estimator: FittedObject, scope: Scope, source: int
) -> Prediction:
    """The baseline plus each tree's leaf in order; leaves include the learning rate."""
    raw = _add_trees(estimator, scope, convert_preprocessor(estimator, scope, source))
    if "classes_" in estimator.attributes:
        return _classify(estimator, scope, raw)
    return _regress(estimator, scope, raw)


def _add_trees(estimator: FittedObject, scope: Scope, row: int) -> int:
    """The raw scores: one column, or one for each class."""
    baseline = np.atleast_1d(np.asarray(get_value(estimator, "_baseline_prediction")))
    start = 0.0 + baseline.astype(np.float64).ravel()
    predictors = get_objects(estimator, "_predictors")
    nodes = _read_nodes(predictors)
    names = nodes.dtype.names or ()
    trees = Trees(
        sizes=np.array([len(get_array(tree, "nodes", 1)) for tree in predictors]),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        leaf=nodes["is_leaf"].astype(bool),
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        covers=nodes["count"].astype(np.float64) if "count" in names else None,
    )
    if np.any(nodes["is_categorical"].astype(bool) & ~trees.leaf):
        splits = read_category_splits(estimator, predictors, nodes, trees, scope)
        trees = replace(trees, categories=splits)
    values = nodes["value"].astype(np.float64)[:, None]
    columns = np.arange(trees.sizes.size) % start.size
    return scope.builder.add(TreeEnsemble(trees, values, start, columns), row)


def _read_nodes(predictors: list[FittedObject]) -> NDArray[np.void]:
    """The nodes of the trees of all iterations."""
    tables = [get_array(tree, "nodes", 1) for tree in predictors]
    if not tables or any(not set(table.dtype.names or ()) >= _FIELDS for table in tables):
        raise ModelUnreadableError(
            "The model's predictors have a form that scikit-learn 1.1 or later does not fit.",
            "Fit and save the model again with a newer scikit-learn.",
        )
    return np.concatenate(tables)


def _classify(estimator: FittedObject, scope: Scope, raw: int) -> Prediction:
    """Probabilities and labels; before scikit-learn 1.5 labels come from the probabilities."""
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
    link = ""
    if isinstance(loss, FittedObject):  # an object of sklearn._loss
        link = get_object(get_object(estimator, "_loss"), "link").type_name
    if (
        isinstance(loss, str) and loss in _OWN_LINK_LOSSES
    ) or link == "sklearn._loss.link.IdentityLink":
        return Prediction(raw)
    if (isinstance(loss, str) and loss in _LOG_LINK_LOSSES) or link == "sklearn._loss.link.LogLink":
        asked = None if scope.place else raw  # scikit-learn gives this score for a whole model only
        return Prediction(scope.builder.map(Function.EXP, raw), raw=asked)
    name = loss if isinstance(loss, str) else "it was fitted with"
    raise scope.inside("loss").unsupported(
        f"the native engine does not compute the loss {name}", "Choose one of the named losses."
    )


_HIST = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_HIST}.HistGradientBoostingClassifier": convert_hist_gradient_boosting,
    f"{_HIST}.HistGradientBoostingRegressor": convert_hist_gradient_boosting,
}
