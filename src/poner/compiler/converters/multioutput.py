"""Estimators with one member per output: MultiOutput* and the two chains.

Source: scikit-learn 1.1 to 1.9, sklearn/multioutput.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject
from poner.compiler.converters.members import convert_members, inner_scope, label_values, present
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_list, get_objects, get_value
from poner.compiler.operations.elementwise import Function


def convert_multi_output(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Every member's answers side by side."""
    builder = scope.builder
    members = convert_members(estimator, scope, source)
    predict = builder.join([member.predict for member in members])
    if estimator.type_name.endswith("Regressor"):
        return Prediction(predict)
    if any(member.classes is None for member in members):
        raise scope.damaged("an estimator inside it is not a classifier")
    classes = tuple(member.only_classes for member in members)
    found = present([member.predict_proba for member in members])
    return Prediction(predict, classes, builder.join(found) if found else None)


def convert_chain(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Each member reads the row and the answers of the members before it in the chain."""
    builder = scope.builder
    method = str(estimator.attributes.get("chain_method_", "predict"))  # set since 1.5
    row = builder.require(source)
    members: list[Prediction] = []
    chained: list[int] = []
    for index, member in enumerate(get_objects(estimator, "estimators_")):
        inside = inner_scope(scope, "estimators_", index)
        members.append(inside.predict(member, builder.join([row, *chained])))
        chained.append(_chained(members[-1], method, scope))
    order = _read_order(estimator, scope, len(members))
    in_order = np.argsort(order)
    if estimator.type_name.endswith("RegressorChain"):
        return Prediction(builder.select(builder.join(chained), in_order))
    predict = builder.select(builder.join([m.predict for m in members]), in_order)
    if any(member.classes is None for member in members):
        raise scope.damaged("an estimator inside it is not a classifier")
    return Prediction(
        predict,
        tuple(members[place].only_classes for place in in_order),
        _all_of([_second(member, scope) for member in members], in_order, scope),
        _all_of([_score(member, scope) for member in members], in_order, scope),
    )


def _read_order(estimator: FittedObject, scope: Scope, n_members: int) -> NDArray[np.int64]:
    """The output that each member predicts."""
    value = get_value(estimator, "order_")
    listed = np.array(get_list(estimator, "order_")) if isinstance(value, list) else value
    if not isinstance(listed, np.ndarray) or listed.dtype.kind not in "iu":
        raise scope.damaged("its order of estimators is missing or wrong")
    if not np.array_equal(np.sort(listed), np.arange(n_members)):
        raise scope.damaged("its order of estimators is missing or wrong")
    return listed.astype(np.int64)


def _chained(member: Prediction, method: str, scope: Scope) -> int:
    """This member's answer in the form that later members read."""
    match method:
        case "predict":
            register: int | None = label_values(member, scope)
        case "predict_proba":
            register = _second(member, scope)
        case "predict_log_proba":
            second = _second(member, scope)
            register = None if second is None else scope.builder.map(Function.LOG, second)
        case _:
            register = _score(member, scope)
    if register is None or scope.builder.width(register) != 1:
        raise scope.unsupported(
            f"the {method} of an estimator inside it is not one number for each row"
        )
    return register


def _second(member: Prediction, scope: Scope) -> int | None:
    """The probability of the second class; since 1.5 None with more than two classes."""
    register = member.predict_proba
    if register is None or member.classes is None:
        return None
    if len(member.only_classes) < 2 or (len(member.only_classes) > 2 and scope.version >= (1, 5)):
        return None
    return scope.builder.select(register, [1])


def _score(member: Prediction, scope: Scope) -> int | None:
    """The score of a member with two classes."""
    register = member.decision_function
    return register if register is not None and scope.builder.width(register) == 1 else None


def _all_of(registers: list[int | None], in_order: NDArray[np.int64], scope: Scope) -> int | None:
    """The registers side by side; None if a member lacks its register."""
    found = present(registers)
    if not found:
        return None
    return scope.builder.select(scope.builder.join(found), in_order)


_MULTI = "sklearn.multioutput"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_MULTI}.MultiOutputClassifier": convert_multi_output,
    f"{_MULTI}.MultiOutputRegressor": convert_multi_output,
    f"{_MULTI}.ClassifierChain": convert_chain,
    f"{_MULTI}.RegressorChain": convert_chain,
}
