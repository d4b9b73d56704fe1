"""Naive Bayes: a joint log-likelihood for each class, and probabilities from it.

Source: scikit-learn 1.1 to 1.9, sklearn/naive_bayes.py, read 2026-11-22. Constants are computed
in the fitted arrays' own precision, as scikit-learn computes them at each prediction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject
from poner.compiler.converters.linear import add_term_sizes
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    check_shape,
    get_arrays,
    get_classes,
    get_number,
    get_numbers,
    get_value,
)
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.lookup import Recode
from poner.compiler.operations.rowwise import Reduction


def convert_gaussian(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """One normal distribution for each class and feature."""
    builder = scope.builder
    shape = (len(get_classes(estimator)), builder.width(source))
    means = get_numbers(estimator, "theta_", shape)
    variances = get_numbers(estimator, "var_", shape)
    priors = get_numbers(estimator, "class_prior_", shape[:1])
    with np.errstate(all="ignore"):
        constants = np.array([-0.5 * np.sum(np.log(2.0 * np.pi * row)) for row in variances])
        log_priors = np.log(priors)
    each = _repeat(scope, builder.require(source), shape[0])
    each = builder.combine(Pairing.SUBTRACT, each, means)
    each = builder.map(Function.SQUARE, each)
    each = builder.combine(Pairing.DIVIDE, each, variances)
    scores = builder.reduce(Reduction.SUM, each, _ends(shape))
    builder.mark_logarithms(scores, shape[1])
    scores = builder.combine(Pairing.MULTIPLY, scores, -0.5)
    scores = builder.combine(Pairing.ADD, scores, constants)
    return _finish(estimator, scope, builder.combine(Pairing.ADD, scores, log_priors))


def convert_counts(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Counts times weights, plus the logarithms of the priors.

    ComplementNB adds the priors only where there is a single class.
    """
    shape = (len(get_classes(estimator)), scope.builder.width(source))
    weights = get_numbers(estimator, "feature_log_prob_", shape)
    priors = get_numbers(estimator, "class_log_prior_", shape[:1])
    bias = 0.0 if estimator.type_name == _COMPLEMENT and shape[0] > 1 else priors
    required = scope.builder.require(source)
    return _finish(estimator, scope, _add_scores(scope, required, weights, bias))


def convert_bernoulli(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The sum of log p for each feature present and log(1 - p) for each feature absent."""
    builder = scope.builder
    shape = (len(get_classes(estimator)), builder.width(source))
    present = get_numbers(estimator, "feature_log_prob_", shape)
    priors = get_numbers(estimator, "class_log_prior_", shape[:1])
    with np.errstate(all="ignore"):
        absent = np.log(1 - np.exp(present))
        weights, bias = present - absent, priors + absent.sum(axis=1)
    source = builder.require(source)
    if get_value(estimator, "binarize") is not None:
        source = builder.combine(Pairing.GREATER, source, get_number(estimator, "binarize"))
    return _finish(estimator, scope, _add_scores(scope, source, weights, bias))


def convert_categorical(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """One logarithm for each category, feature and class; categories are whole numbers from 0.

    Fractions are cut off, as a cast to int does. Unknown categories are refused.
    """
    builder = scope.builder
    n_classes, width = len(get_classes(estimator)), builder.width(source)
    tables = get_arrays(estimator, "feature_log_prob_", 2)
    priors = get_numbers(estimator, "class_log_prior_", (n_classes,))
    check_shape(estimator, "feature_log_prob_", (len(tables),), (width,))
    for table in tables:
        check_shape(estimator, "feature_log_prob_", table.shape[:1], (n_classes,))
    keys = [np.arange(table.shape[1], dtype=np.float64) for table in tables]
    recode = Recode(
        ends=np.cumsum([len(k) for k in keys] * n_classes).astype("<u4"),
        keys=np.concatenate(keys * n_classes),
        values=np.concatenate([table[c] for c in range(n_classes) for table in tables]),
        default=np.zeros(width * n_classes),
        refuse_unknown=True,
    )
    whole = builder.map(Function.TRUNC, builder.require(source))
    each = builder.add(recode, _repeat(scope, whole, n_classes))
    scores = builder.reduce(Reduction.SUM_IN_ORDER, each, _ends((n_classes, width)))
    return _finish(estimator, scope, builder.combine(Pairing.ADD, scores, priors))


def _add_scores(
    scope: Scope, source: int, weights: NDArray[Any], bias: NDArray[Any] | float
) -> int:
    """The product of weights and row, plus the bias; the proof learns how large its terms are."""
    builder = scope.builder
    builder.mark_logarithms(*add_term_sizes(scope, source, weights, bias))
    return builder.linear(source, weights, bias)


def _repeat(scope: Scope, source: int, times: int) -> int:
    """All columns, repeated for each class."""
    return scope.builder.select(source, np.tile(np.arange(scope.builder.width(source)), times))


def _ends(shape: tuple[int, int]) -> list[int]:
    """The index at which each class's columns end."""
    return [(place + 1) * shape[1] for place in range(shape[0])]


def _finish(estimator: FittedObject, scope: Scope, scores: int) -> Prediction:
    return predict_likeliest(scope, scores, get_classes(estimator))


def predict_likeliest(scope: Scope, scores: int, classes: Classes) -> Prediction:
    """The class of the largest joint log-likelihood, and normalized probabilities.

    Args:
        scope: where the steps go.
        scores: the register of the joint log-likelihoods.
        classes: one for each of them.
    """
    builder = scope.builder
    total = builder.reduce(Reduction.LOG_SUM_EXP, scores)
    probabilities = builder.map(Function.EXP, builder.pair(Pairing.SUBTRACT, scores, total))
    return Prediction(builder.argmax(scores), (classes,), probabilities)


_BAYES = "sklearn.naive_bayes"
_COMPLEMENT = f"{_BAYES}.ComplementNB"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_BAYES}.GaussianNB": convert_gaussian,
    f"{_BAYES}.MultinomialNB": convert_counts,
    _COMPLEMENT: convert_counts,
    f"{_BAYES}.BernoulliNB": convert_bernoulli,
    f"{_BAYES}.CategoricalNB": convert_categorical,
}
