"""Linear models: one weight a feature, one row of weights a class or output.

Source: scikit-learn 1.1 to 1.9, sklearn/linear_model/_base.py and _logistic.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.fitted import get_classes, get_matrix, get_value, get_vector
from poner.compiler.operations import Function, Logistic, Pairing, Reduction, Softmax
from poner.compiler.readers.reading import Prediction, PredictorReader, Scope


def read_linear_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The row times coef_, plus intercept_."""
    return Prediction(add_scores(estimator, scope, source))


def add_scores(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row times `coef_`, plus `intercept_`: a column an output or class."""
    finite = scope.builder.require(source)
    weights = get_matrix(estimator, "coef_")
    return scope.builder.linear(finite, weights, get_vector(estimator, "intercept_"))


def label_scores(scores: int, scope: Scope) -> int:
    """The label of the largest score; of a single score its sign."""
    builder = scope.builder
    if builder.width(scores) == 1:
        return builder.combine(Pairing.GREATER, scores, 0.0)
    return builder.argmax(scores)


def read_logistic_regression(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Scores, and probabilities: softmax, or one logistic a class, normalized, where ovr was."""
    builder = scope.builder
    scores = add_scores(estimator, scope, source)
    classes = get_classes(estimator)
    binary = builder.width(scores) == 1
    if _is_one_versus_rest(estimator, len(classes)):
        if binary:
            probabilities = builder.add(Logistic(np.ones(1)), scores)
        else:
            each = builder.map(Function.EXPIT, scores)
            total = builder.reduce(Reduction.SUM, each)
            probabilities = builder.pair(Pairing.DIVIDE, each, total)
    elif binary:  # a softmax over the score and its negative
        probabilities = builder.add(Logistic(np.array([2.0])), scores)
    else:
        probabilities = builder.add(Softmax(), scores)
    return Prediction(
        label_scores(scores, scope), (classes,), probabilities, decision_function=scores
    )


def _is_one_versus_rest(estimator: FittedObject, n_classes: int) -> bool:
    """As LogisticRegression.predict_proba decides it, from 1.1 to today."""
    scheme = estimator.attributes.get("multi_class", "auto")  # deprecated, and gone since 1.8
    solver = get_value(estimator, "solver")
    return scheme == "ovr" or (
        scheme in ("auto", "deprecated", "warn") and (n_classes <= 2 or solver == "liblinear")
    )


_LINEAR = "sklearn.linear_model"

PREDICTORS: dict[str, PredictorReader] = {
    f"{_LINEAR}._base.LinearRegression": read_linear_regressor,
    f"{_LINEAR}._ridge.Ridge": read_linear_regressor,
    f"{_LINEAR}._logistic.LogisticRegression": read_logistic_regression,
    f"{_LINEAR}._logistic.LogisticRegressionCV": read_logistic_regression,
}
