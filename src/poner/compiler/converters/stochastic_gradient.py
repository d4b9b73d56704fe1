"""Models fitted by stochastic gradient descent: SGDClassifier and SGDOneClassSVM.

Source: scikit-learn 1.1 to 1.9, sklearn/linear_model/_stochastic_gradient.py, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace

from poner.artifacts import FittedObject
from poner.compiler.converters.linear import add_products
from poner.compiler.converters.linear_classifiers import (
    add_logistic_probabilities,
    convert_linear_classifier,
    divide_by_sum,
)
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_text, get_vector
from poner.compiler.operations.elementwise import Function, Pairing


def convert_sgd_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Scores; for two of the losses, probabilities too."""
    labelled = convert_linear_classifier(estimator, scope, source)
    assert labelled.decision_function is not None
    match get_text(estimator, "loss"):
        case "log_loss" | "log":  # the name before 1.3
            found = add_logistic_probabilities(labelled.decision_function, scope)
        case "modified_huber":
            found = _add_clipped_probabilities(labelled.decision_function, scope)
        case _:
            return labelled
    return replace(labelled, predict_proba=found)


def _add_clipped_probabilities(scores: int, scope: Scope) -> int:
    """(clip(score, -1, 1) + 1) / 2; of several classes, divided by their sum."""
    builder = scope.builder
    clipped = builder.combine(Pairing.MAXIMUM, scores, -1.0)
    clipped = builder.combine(Pairing.MINIMUM, clipped, 1.0)
    each = builder.combine(Pairing.ADD, clipped, 1.0)
    each = builder.combine(Pairing.DIVIDE, each, 2.0)
    if builder.width(each) > 1:
        return divide_by_sum(each, builder)
    rest = builder.combine(Pairing.ADD, builder.map(Function.NEGATIVE, each), 1.0)
    return builder.join([rest, each])


def convert_sgd_one_class(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """1 (inlier) where the score is at least the offset, else -1."""
    scores = add_products(estimator, scope, source, -get_vector(estimator, "offset_"))
    inlier = scope.builder.combine(Pairing.GREATER_EQUAL, scores, 0.0)
    return Prediction(inlier, ((-1, 1),), decision_function=scores)


_SGD = "sklearn.linear_model._stochastic_gradient"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_SGD}.SGDClassifier": convert_sgd_classifier,
    f"{_SGD}.SGDOneClassSVM": convert_sgd_one_class,
}
