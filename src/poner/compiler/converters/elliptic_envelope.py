"""EllipticEnvelope: outliers are far from the center by Mahalanobis distance.

Source: scikit-learn 1.1 to 1.9, sklearn/covariance/_elliptic_envelope.py and
_empirical_covariance.py; scipy.linalg.pinvh, scipy 1.9 to 1.17, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    check_shape,
    get_flag,
    get_matrix,
    get_number,
    get_vector,
)
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction
from poner.errors import ModelUnreadableError


def convert_elliptic_envelope(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """1 (inlier) for rows within the distance that `offset_` sets, else -1."""
    builder = scope.builder
    width = builder.width(source)
    middle, precision = get_vector(estimator, "location_"), _precision(estimator, width)
    check_shape(estimator, "location_", middle.shape, (width,))
    difference = builder.combine(Pairing.SUBTRACT, builder.require(source), middle)
    turned = builder.linear(difference, precision)
    product = builder.pair(Pairing.MULTIPLY, difference, turned)
    distance = builder.map(Function.SQRT, builder.reduce(Reduction.SUM, product))
    score = builder.map(Function.NEGATIVE, builder.map(Function.SQUARE, distance))
    score = builder.combine(Pairing.SUBTRACT, score, get_number(estimator, "offset_"))
    inlier = builder.combine(Pairing.GREATER_EQUAL, score, 0.0)
    return Prediction(inlier, ((-1, 1),), decision_function=score)


def _precision(estimator: FittedObject, width: int) -> FloatArray:
    """The inverse of the covariance, (width, width)."""
    if get_flag(estimator, "store_precision"):
        stored = get_matrix(estimator, "precision_")
        check_shape(estimator, "precision_", stored.shape, (width, width))
        return stored
    covariance = get_matrix(estimator, "covariance_")
    check_shape(estimator, "covariance_", covariance.shape, (width, width))
    try:
        return _pinvh(covariance)
    except np.linalg.LinAlgError as error:
        raise ModelUnreadableError(
            "The model's covariance has no inverse.", "Fit and save the model again."
        ) from error


def _pinvh(matrix: FloatArray) -> FloatArray:
    """As scipy.linalg.pinvh."""
    values, vectors = np.linalg.eigh(matrix)
    smallest = np.abs(values).max() * len(matrix) * np.finfo(np.float64).eps
    kept = np.abs(values) > smallest
    return np.asarray((vectors[:, kept] / values[kept]) @ vectors[:, kept].T)


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.covariance._elliptic_envelope.EllipticEnvelope": convert_elliptic_envelope,
}
