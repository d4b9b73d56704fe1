"""Start values of GradientBoosting that come from an estimator of the user (init=).

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_gb.py, _gb_losses.py (to 1.3) and
sklearn/_loss/link.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FittedValue
from poner.compiler.converters.scope import Prediction, Scope
from poner.compiler.fitted import get_classes, get_object, get_value
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction


def add_raw_init(estimator: FittedObject, scope: Scope, cast: int) -> int:
    """The init estimator's prediction on the scale of the trees: one column, or one per class.

    Args:
        estimator: the boosting model.
        scope: its scope.
        cast: register of the row as float32, the init estimator's only input.
    """
    init = get_object(estimator, "init_")
    inside = scope.inside("init", "init_")
    if _computes_in_single(init):
        raise inside.unsupported(
            "it computes in float32, where its results depend on the batch size",
            "Fit it with init=None, or with trees as init.",
        )
    prediction = inside.predict(init, cast)
    if "classes_" not in estimator.attributes:
        return prediction.predict
    return _to_scores(prediction, estimator, scope)


def _computes_in_single(value: FittedValue) -> bool:
    """Whether a fitted attribute is float32: boosting fits its init estimator on float32 rows."""
    match value:
        case np.ndarray():
            return value.dtype == np.float32
        case FittedObject():
            return any(map(_computes_in_single, value.attributes.values()))
        case list():
            return any(map(_computes_in_single, value))
        case dict():
            return any(map(_computes_in_single, value.values()))
        case _:
            return False


def _to_scores(prediction: Prediction, estimator: FittedObject, scope: Scope) -> int:
    """Probabilities, clipped away from 0 and 1, on the scale of scores."""
    builder = scope.builder
    n_classes = len(get_classes(estimator))
    register = prediction.predict_proba
    if register is None or builder.width(register) != n_classes:
        raise scope.damaged("its init estimator has no probabilities of its classes")
    if n_classes == 2:
        register = builder.select(register, [1])
    single = np.float32 if scope.version < (1, 8) else np.float64
    nearest = float(np.finfo(single).eps)
    register = builder.clip(register, nearest, _below_one(nearest, scope))
    if n_classes > 2:
        return _center(register, scope)
    negative = builder.map(Function.NEGATIVE, register)
    rest = builder.combine(Pairing.ADD, negative, 1.0)
    score = builder.map(Function.LOG, builder.pair(Pairing.DIVIDE, register, rest))
    half = get_value(estimator, "loss") == "exponential"
    return builder.combine(Pairing.MULTIPLY, score, 0.5) if half else score


def _below_one(nearest: float, scope: Scope) -> float:
    """1 - eps, in the precision of eps."""
    if scope.version < (1, 8):
        return float(np.float32(1) - np.float32(nearest))
    return 1.0 - nearest


def _center(register: int, scope: Scope) -> int:
    """Logarithms of the probabilities; since scikit-learn 1.4 minus their mean."""
    builder = scope.builder
    if scope.version < (1, 4):
        return builder.map(Function.LOG, register)
    logarithms = builder.map(Function.LOG, register)
    total = builder.reduce(Reduction.SUM, logarithms)
    n_classes = float(builder.width(register))
    mean = builder.map(Function.EXP, builder.combine(Pairing.DIVIDE, total, n_classes))
    return builder.map(Function.LOG, builder.pair(Pairing.DIVIDE, register, mean))
