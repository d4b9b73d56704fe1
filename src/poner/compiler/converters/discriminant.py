"""Linear and quadratic discriminant analysis.

Source: scikit-learn 1.1 to 1.9, sklearn/discriminant_analysis.py, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject
from poner.compiler.converters.linear_classifiers import convert_linear_classifier
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    check_shape,
    get_array,
    get_arrays,
    get_classes,
    get_list,
    get_matrix,
    get_value,
)
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Logistic, Reduction, Softmax
from poner.compiler.program import ProgramBuilder


def convert_linear_discriminant(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Linear scores; probabilities by softmax, or by the logistic function of two classes."""
    labelled = convert_linear_classifier(estimator, scope, source)
    assert labelled.decision_function is not None
    binary = scope.builder.width(labelled.decision_function) == 1
    link = Logistic(np.ones(1)) if binary else Softmax()
    return replace(labelled, predict_proba=scope.builder.add(link, labelled.decision_function))


def convert_quadratic_discriminant(
    estimator: FittedObject, scope: Scope, source: int
) -> Prediction:
    """Each class's Gaussian log-likelihood plus the logarithm of its prior."""
    builder = scope.builder
    classes = get_classes(estimator)
    scales = get_arrays(estimator, "scalings_", 1)
    priors = _priors(estimator)
    check_shape(estimator, "scalings_", (len(scales),), (len(classes),))
    check_shape(estimator, "priors_", priors.shape, (len(classes),))
    distances = _add_distances(estimator, scales, builder, builder.require(source))
    builder.mark_logarithms(distances, 2 * builder.width(source))
    with np.errstate(all="ignore"):
        logarithms = np.array([np.sum(np.log(scale)) for scale in scales])
        log_priors = np.log(priors)
    scores = builder.combine(Pairing.ADD, distances, logarithms)
    scores = builder.combine(Pairing.MULTIPLY, scores, -0.5)
    scores = builder.combine(Pairing.ADD, scores, log_priors)
    decision = scores
    if len(classes) == 2:
        first, second = builder.select(scores, [0]), builder.select(scores, [1])
        decision = builder.pair(Pairing.SUBTRACT, second, first)
    probabilities = _add_probabilities(scores, scope)
    return Prediction(builder.argmax(scores), (classes,), probabilities, decision)


def _priors(estimator: FittedObject) -> NDArray[Any]:
    """The priors in their own precision; scikit-learn 1.1 keeps the user's list."""
    if isinstance(get_value(estimator, "priors_"), list):
        return np.array([p for p in get_list(estimator, "priors_") if isinstance(p, int | float)])
    priors = get_array(estimator, "priors_", 1)
    check_shape(estimator, "priors_", priors.dtype.kind in "iuf", True)
    return priors


def _add_distances(
    estimator: FittedObject, scales: list[NDArray[Any]], builder: ProgramBuilder, source: int
) -> int:
    """For each class, the squared distance from its mean along its rotated, scaled axes."""
    means = get_matrix(estimator, "means_")
    rotations = get_arrays(estimator, "rotations_", 2)
    width = builder.width(source)
    check_shape(estimator, "means_", means.shape, (len(scales), width))
    check_shape(estimator, "rotations_", (len(rotations),), (len(scales),))
    rotated = []
    for mean, rotation, scale in zip(means, rotations, scales, strict=True):
        check_shape(estimator, "rotations_", rotation.shape, (width, len(scale)))
        with np.errstate(all="ignore"):
            weights = rotation * (scale ** (-0.5))
        centred = builder.combine(Pairing.SUBTRACT, source, mean)
        rotated.append(builder.linear(centred, weights.T))
    squares = builder.map(Function.SQUARE, builder.join(rotated))
    ends = np.cumsum([len(scale) for scale in scales]).tolist()
    return builder.reduce(Reduction.SUM, squares, ends)


def _add_probabilities(scores: int, scope: Scope) -> int:
    """Probabilities: by softmax before scikit-learn 1.6, through logarithms since."""
    builder = scope.builder
    if scope.version < (1, 6):
        return builder.add(Softmax(), scores)
    most = builder.reduce(Reduction.MAXIMUM, scores)
    likelihood = builder.pair(Pairing.SUBTRACT, scores, most)
    total = builder.map(Function.EXP, likelihood)
    total = builder.map(Function.LOG, builder.reduce(Reduction.SUM, total))
    return builder.map(Function.EXP, builder.pair(Pairing.SUBTRACT, likelihood, total))


_DISCRIMINANT = "sklearn.discriminant_analysis"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_DISCRIMINANT}.LinearDiscriminantAnalysis": convert_linear_discriminant,
    f"{_DISCRIMINANT}.QuadraticDiscriminantAnalysis": convert_quadratic_discriminant,
}
