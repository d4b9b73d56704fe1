"""StackingClassifier and StackingRegressor: an estimator fitted on the answers of others.

Source: scikit-learn 1.1 to 1.9, sklearn/ensemble/_stacking.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.members import convert_members, label_values
from poner.compiler.converters.scope import (
    Classes,
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import get_list, get_object, get_outputs_classes


def convert_stacking_features(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The members' answers side by side, followed by the row if `passthrough`."""
    members = convert_members(estimator, scope, source)
    methods = get_list(estimator, "stack_method_")
    if len(methods) != len(members):
        raise scope.damaged("it needs a method for each estimator inside it")
    columns = [
        _answers(member, method, estimator, scope)
        for member, method in zip(members, methods, strict=True)
    ]
    if estimator.attributes.get("passthrough"):
        columns.append(source)
    return scope.builder.join(columns)


def _answers(member: Prediction, method: object, estimator: FittedObject, scope: Scope) -> int:
    """A member's answers without redundant columns, such as the first of two probabilities."""
    builder = scope.builder
    register = {
        "predict": label_values(member, scope) if method == "predict" else None,
        "predict_proba": member.predict_proba,
        "decision_function": member.decision_function,
    }.get(str(method))
    if register is None:
        raise scope.damaged(f"an estimator inside it has no {method}")
    if method != "predict_proba":
        return register
    classes = member.classes or ()
    ends = np.cumsum([len(names) for names in classes])
    if (
        len(classes) > 1 and builder.width(register) == ends[-1]
    ):  # scikit-learn has a list of arrays here
        firsts = [0, *ends[:-1].tolist()]
        return builder.select(register, np.setdiff1d(np.arange(ends[-1]), firsts))
    if _n_classes(estimator) == 2:
        return builder.select(register, np.arange(1, builder.width(register)))
    return register


def _n_classes(estimator: FittedObject) -> int:
    """len(classes_), as in scikit-learn; with several outputs it is the number of outputs."""
    classes = get_outputs_classes(estimator)
    return len(classes[0]) if len(classes) == 1 else len(classes)


def convert_stacking_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The last estimator's answers; its classes are indices of this model's classes."""
    last = _convert_last(estimator, scope, source)
    classes = get_outputs_classes(estimator)
    known: tuple[Classes, ...] = tuple(tuple(range(len(names))) for names in classes)
    if last.classes != known:
        raise scope.damaged("its classes differ from those of its last estimator")
    return Prediction(last.predict, classes, _probabilities(last, scope), last.decision_function)


def _probabilities(last: Prediction, scope: Scope) -> int | None:
    """With several outputs scikit-learn names the first one's classes; for an array it raises."""
    register, classes = last.predict_proba, last.classes or ()
    if register is None or len(classes) == 1:
        return register
    ends = np.cumsum([len(names) for names in classes])
    if scope.builder.width(register) != ends[-1]:
        return None
    return scope.builder.select(register, [0, *ends[:-1].tolist()])


def convert_stacking_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The last estimator's value."""
    return Prediction(_convert_last(estimator, scope, source).predict)


def _convert_last(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    features = convert_stacking_features(estimator, scope, source)
    inside = scope.inside("final_estimator_", "final_estimator_")
    return inside.predict(get_object(estimator, "final_estimator_"), features)


_STACKING = "sklearn.ensemble._stacking"

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_STACKING}.StackingClassifier": convert_stacking_features,
    f"{_STACKING}.StackingRegressor": convert_stacking_features,
}
PREDICTORS: dict[str, PredictorConverter] = {
    f"{_STACKING}.StackingClassifier": convert_stacking_classifier,
    f"{_STACKING}.StackingRegressor": convert_stacking_regressor,
}
