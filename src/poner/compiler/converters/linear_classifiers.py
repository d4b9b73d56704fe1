"""Linear classifiers: one score per class, or a single score for two classes.

Source: scikit-learn 1.1 to 1.9, sklearn/linear_model/_base.py, _logistic.py and _ridge.py,
sklearn/svm/_classes.py and sklearn/preprocessing/_label.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.linear import add_scores, add_term_sizes
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_classes, get_matrix, get_object, get_text, get_vector
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Logistic, Reduction, Softmax
from poner.compiler.program import ProgramBuilder


def convert_linear_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Scores, and the label of the largest score."""
    return label_scores(add_scores(estimator, scope, source), get_classes(estimator), scope)


def label_scores(scores: int, classes: Classes, scope: Scope) -> Prediction:
    """The label of the largest score; of a single score, the second class where it is positive.

    Raises:
        ModelUnreadableError: there are not as many scores as classes.
    """
    builder = scope.builder
    width = builder.width(scores)
    if width == 1 and len(classes) == 1:
        raise scope.unsupported("it was fitted on a single class")
    if len(classes) != max(width, 2):
        raise scope.damaged(f"the model has {len(classes)} classes and scores for {width}")
    binary = width == 1
    label = builder.combine(Pairing.GREATER, scores, 0.0) if binary else builder.argmax(scores)
    return Prediction(label, (classes,), decision_function=scores)


def convert_logistic_regression(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Probabilities by softmax, or for one-vs-rest by one normalized logistic per class."""
    builder = scope.builder
    labelled = convert_linear_classifier(estimator, scope, source)
    assert labelled.decision_function is not None
    scores = labelled.decision_function
    if _is_one_versus_rest(estimator, len(labelled.only_classes), scope.version):
        probabilities = add_logistic_probabilities(scores, scope)
    elif builder.width(scores) == 1:
        both = builder.join([builder.map(Function.NEGATIVE, scores), scores])
        probabilities = builder.add(Softmax(), both)
    else:
        probabilities = builder.add(Softmax(), scores)
    weights, bias = get_matrix(estimator, "coef_"), get_vector(estimator, "intercept_")
    builder.mark_logarithms(*add_term_sizes(scope, source, weights, bias))
    return Prediction(labelled.predict, labelled.classes, probabilities, scores)


def _is_one_versus_rest(estimator: FittedObject, n_classes: int, version: tuple[int, int]) -> bool:
    """Whether the model is one-vs-rest, as LogisticRegression.predict_proba decides it."""
    if version >= (1, 8):  # `multi_class` no longer decides
        return n_classes <= 2
    scheme = estimator.attributes.get("multi_class")
    alone = ["liblinear"]
    if (1, 2) <= version < (1, 6):
        alone.append("newton-cholesky")
    return scheme in ("ovr", "warn") or (
        scheme in ("auto", "deprecated")
        and (n_classes <= 2 or get_text(estimator, "solver") in alone)
    )


def add_logistic_probabilities(scores: int, scope: Scope) -> int:
    """A logistic function per class, normalized; as LinearClassifierMixin._predict_proba_lr."""
    builder = scope.builder
    if builder.width(scores) == 1:
        return builder.add(Logistic(np.ones(1)), scores)
    each = builder.map(Function.EXPIT, scores)
    if scope.version >= (1, 9):
        return divide_by_sum(each, builder)
    total = builder.reduce(Reduction.SUM, each)
    return builder.pair(Pairing.DIVIDE, each, total)


def divide_by_sum(each: int, builder: ProgramBuilder) -> int:
    """Values divided by their sum; equal shares where all values are 0."""
    total = builder.reduce(Reduction.SUM, each)
    nothing = builder.combine(Pairing.EQUAL, total, 0.0)
    count = builder.combine(Pairing.MULTIPLY, nothing, float(builder.width(each)))
    each = builder.pair(Pairing.ADD, each, nothing)
    return builder.pair(Pairing.DIVIDE, each, builder.pair(Pairing.ADD, total, count))


def convert_ridge_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Scores of a ridge regression; with several labels per row, each is decided alone."""
    scores = add_scores(estimator, scope, source)
    binarizer = get_object(estimator, "_label_binarizer")  # before 1.3 `classes_` is only here
    if get_text(binarizer, "y_type_").startswith("multilabel"):
        labels = scope.builder.combine(Pairing.GREATER, scores, 0.0)
        return Prediction(labels, labels_of(scores, scope), decision_function=scores)
    return label_scores(scores, get_classes(binarizer), scope)


def labels_of(scores: int, scope: Scope) -> tuple[Classes, ...]:
    """The classes of each output of a multilabel model: 0 (absent) and 1 (present)."""
    return ((0, 1),) * scope.builder.width(scores)


_LINEAR = "sklearn.linear_model"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_LINEAR}._logistic.LogisticRegression": convert_logistic_regression,
    f"{_LINEAR}._logistic.LogisticRegressionCV": convert_logistic_regression,
    f"{_LINEAR}._ridge.RidgeClassifier": convert_ridge_classifier,
    f"{_LINEAR}._ridge.RidgeClassifierCV": convert_ridge_classifier,
    f"{_LINEAR}._perceptron.Perceptron": convert_linear_classifier,
    f"{_LINEAR}._passive_aggressive.PassiveAggressiveClassifier": convert_linear_classifier,
    "sklearn.svm._classes.LinearSVC": convert_linear_classifier,
}
