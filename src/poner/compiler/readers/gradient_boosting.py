"""GradientBoostingClassifier and GradientBoostingRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_gb.py, _gb_losses.py (to 1.3) and
_gradient_boosting.pyx, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.fitted import get_classes, get_number, get_objects, get_value
from poner.compiler.operations import CastFloat32, Logistic, Pairing, Softmax
from poner.compiler.readers.reading import Prediction, PredictorReader, Scope
from poner.compiler.readers.sklearn_trees import read_trees
from poner.compiler.shallow_trees import sum_of
from poner.compiler.trees import lay_out

_CONSTANT_INITS = {
    "sklearn.dummy.DummyClassifier": {"prior", "most_frequent", "constant", "uniform"},
    "sklearn.dummy.DummyRegressor": {"mean", "median", "quantile", "constant"},
}


def read_gradient_boosting(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The init estimator's constant, then learning rate times leaf, stage by stage."""
    builder = scope.builder
    n_features = builder.width(source)
    start = _read_start(estimator, scope, n_features)
    trees = read_trees(get_objects(estimator, "estimators_"))
    columns = np.arange(trees.fitted.sizes.size) % start.size
    order, laid_out = lay_out(trees.fitted, columns.tolist(), n_features)
    leaf_values = get_number(estimator, "learning_rate") * trees.values[order, 0, 0]
    leaf = trees.fitted.leaf[order]
    laid_out.nodes["value"][leaf] = leaf_values[leaf]
    cast = builder.add(CastFloat32(allow_missing=False), source)
    raw = builder.add(sum_of(laid_out, start), cast)
    if "classes_" not in estimator.attributes:
        return Prediction(raw)
    return _classify(estimator, scope, raw)


def _classify(estimator: FittedObject, scope: Scope, raw: int) -> Prediction:
    """Probabilities and labels; to 1.3 labels came from the probabilities, so 0.5 was class 0."""
    builder = scope.builder
    exponential = get_value(estimator, "loss") == "exponential"
    binary = builder.width(raw) == 1
    if binary:
        probabilities = builder.add(Logistic(np.array([2.0 if exponential else 1.0])), raw)
    else:
        probabilities = builder.add(Softmax(), raw)
    from_probabilities = scope.version < (1, 4) and not exponential
    if binary and not from_probabilities:
        label = builder.combine(Pairing.GREATER_EQUAL, raw, 0.0)
    else:
        label = builder.argmax(probabilities if from_probabilities else raw)
    return Prediction(
        label, (get_classes(estimator),), predict_proba=probabilities, decision_function=raw
    )


def _read_start(estimator: FittedObject, scope: Scope, n_features: int) -> FloatArray:
    """The init estimator's raw prediction, the same for every row; scikit-learn computes it."""
    init = get_value(estimator, "init_")
    if isinstance(init, FittedObject):
        strategies = _CONSTANT_INITS.get(init.type_name)
        if strategies is None or get_value(init, "strategy") not in strategies:
            name = init.type_name.rpartition(".")[2]
            raise scope.inside("init").unsupported(
                f"the native engine does not compute boosting that starts from a {name} (init=).",
                "Fit it with init=None or init='zero'.",
            )
    row = np.zeros((1, n_features))
    answer = scope.oracle.answer("_raw_predict_init", row, scope.place)
    return answer.astype(np.float64).ravel()


_GB = "sklearn.ensemble._gb"

PREDICTORS: dict[str, PredictorReader] = {
    f"{_GB}.GradientBoostingClassifier": read_gradient_boosting,
    f"{_GB}.GradientBoostingRegressor": read_gradient_boosting,
}
