"""GradientBoostingClassifier and GradientBoostingRegressor.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_gb.py, _gb_losses.py (to 1.3) and
_gradient_boosting.pyx, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray, Table
from poner.compiler.converters.boosting_start import add_raw_init
from poner.compiler.converters.forest import side_by_side, sum_in_turn
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.converters.sklearn_trees import read_trees
from poner.compiler.fitted import get_classes, get_number, get_objects, get_value
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Logistic, Reduction, Softmax

_CONSTANT_INITS = {
    "sklearn.dummy.DummyClassifier": {"prior", "most_frequent", "constant", "uniform"},
    "sklearn.dummy.DummyRegressor": {"mean", "median", "quantile", "constant"},
}


def convert_gradient_boosting(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The init estimator's prediction, plus learning rate times leaf, stage by stage."""
    builder = scope.builder
    read = read_trees(get_objects(estimator, "estimators_"))
    leaf_values = get_number(estimator, "learning_rate") * read.values[:, 0, 0]
    cast = builder.cast_float32(source, allow_missing=False)
    if _is_constant(get_value(estimator, "init_")):
        start = _ask_start(scope, builder.width(source))
        raw = builder.add(sum_in_turn(read.trees, leaf_values, start), cast)
    else:
        init = add_raw_init(estimator, scope, cast)
        each = builder.add(side_by_side(read.trees, leaf_values), cast)
        raw = _add_to_start(init, each, scope)
    if "classes_" not in estimator.attributes:
        return Prediction(raw)
    return _classify(estimator, scope, raw)


def _add_to_start(start: int, each: int, scope: Scope) -> int:
    """The sum of a start that differs from row to row and the trees' values, `each`.

    The order of addition is scikit-learn's: stage after stage.
    """
    builder = scope.builder
    width, n_trees = builder.width(start), builder.width(each)
    terms = [
        column
        for output in range(width)
        for column in [output, *range(width + output, width + n_trees, width)]
    ]
    if len(terms) != width + n_trees or n_trees % width:
        raise scope.damaged("it does not have a tree for each class and stage")
    together = builder.select(builder.join([start, each]), terms)
    ends = [(1 + n_trees // width) * (output + 1) for output in range(width)]
    return builder.reduce(Reduction.SUM_IN_ORDER, together, ends)


def _classify(estimator: FittedObject, scope: Scope, raw: int) -> Prediction:
    """Probabilities and labels; before 1.4 labels come from the probabilities: 0.5 is class 0."""
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


def _is_constant(init: FittedValue) -> bool:
    """Whether the start is the same for every row."""
    if not isinstance(init, FittedObject):
        return True  # init="zero"
    strategies = _CONSTANT_INITS.get(init.type_name, set())
    return get_value(init, "strategy") in strategies if strategies else False


def _ask_start(scope: Scope, n_features: int) -> FloatArray:
    """The init estimator's raw prediction for any row; scikit-learn computes it."""
    row = Table.of_numbers(np.zeros((1, n_features)))
    answer = scope.oracle.answer("_raw_predict_init", row, scope.place)
    return answer.astype(np.float64).ravel()


_GB = "sklearn.ensemble._gb"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_GB}.GradientBoostingClassifier": convert_gradient_boosting,
    f"{_GB}.GradientBoostingRegressor": convert_gradient_boosting,
}
