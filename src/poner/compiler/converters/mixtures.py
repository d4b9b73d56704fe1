"""Mixtures of normal distributions: a log-likelihood for each component, and shares from it.

Source: scikit-learn 0.19 to 1.9, sklearn/mixture/_base.py, _gaussian_mixture.py and
_bayesian_mixture.py, read 2026-12-01. Constants are computed in the fitted arrays' own precision,
as scikit-learn computes them at each prediction.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.naive_bayes import predict_likeliest
from poner.compiler.converters.projections import own_dtype
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import check_shape, get_array, get_arrays, get_numbers, get_text
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction

_ASYMPTOTIC_FROM = 10.0
_ASYMPTOTIC = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
"""Bernoulli numbers over 2k: coefficients of the digamma function's series (DLMF 5.11.2)."""


class _Squares(NamedTuple):
    """Squared distances of a row from the components, measured by their precisions."""

    distances: int
    """Register, (n_components,)."""
    sizes: int
    """Register of what the terms of each distance add up to, (n_components,)."""
    log_determinants: NDArray[Any]
    """(n_components,) logarithms of the determinants of the precisions' Cholesky factors."""


def convert_gaussian_mixture(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Each component's log-likelihood, plus the logarithm of its weight."""
    means = get_array(estimator, "means_", 2)
    with np.errstate(all="ignore"):
        log_weights = np.log(get_numbers(estimator, "weights_", (len(means),)))
    return _finish(estimator, scope, source, log_weights)


def convert_bayesian_mixture(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The same, with the expected logarithms of weights and determinants."""
    n_components, n_features = get_array(estimator, "means_", 2).shape
    shape = (n_components,)
    freedom = own_dtype(estimator, "degrees_of_freedom_").ravel()  # one for all if tied
    freedom = np.broadcast_to(freedom, shape)
    precision = get_numbers(estimator, "mean_precision_", shape)
    check_shape(estimator, "degrees_of_freedom_", bool(np.all(freedom > n_features - 1)), True)
    log_lambda = n_features * np.log(2.0) + np.sum(
        digamma(0.5 * (freedom - np.arange(n_features)[:, None])), 0
    )
    constants = 0.5 * (log_lambda - n_features / precision) - 0.5 * n_features * np.log(freedom)
    return _finish(estimator, scope, source, constants + _expected_log_weights(estimator, shape))


def _expected_log_weights(estimator: FittedObject, shape: tuple[int]) -> FloatArray:
    if get_text(estimator, "weight_concentration_prior_type") != "dirichlet_process":
        concentration = get_numbers(estimator, "weight_concentration_", shape)
        return digamma(concentration) - digamma(np.sum(concentration))
    pair = get_arrays(estimator, "weight_concentration_", 1)
    check_shape(estimator, "weight_concentration_", [part.shape for part in pair], [shape, shape])
    first, second = pair
    total = digamma(first + second)
    rest = np.cumsum(digamma(second) - total)
    return np.asarray(digamma(first) - total + np.hstack((0.0, rest[:-1])))


def digamma(values: Any) -> FloatArray:
    """The logarithmic derivative of the gamma function, of numbers above 0, within a few ulp."""
    x = np.array(values, dtype=np.float64)
    below = np.zeros(x.shape)
    while np.any(small := x < _ASYMPTOTIC_FROM):
        below[small] += 1.0 / x[small]
        x[small] += 1.0
    series = sum(term / x ** (2 * k + 2) for k, term in enumerate(_ASYMPTOTIC))
    return np.asarray(np.log(x) - 0.5 / x - series - below)


def _finish(
    estimator: FittedObject, scope: Scope, source: int, constants: NDArray[Any]
) -> Prediction:
    """The component of the largest weighted log-likelihood, and the shares of all of them."""
    builder = scope.builder
    source = builder.require(source)
    means = get_numbers(estimator, "means_", (len(constants), builder.width(source)))
    with np.errstate(all="ignore"):
        squares = _add_squares(estimator, scope, source, means)
    builder.mark_logarithms(squares.sizes, means.shape[1])
    scores = builder.combine(
        Pairing.ADD, squares.distances, means.shape[1] * float(np.log(2.0 * np.pi))
    )
    scores = builder.combine(Pairing.MULTIPLY, scores, -0.5)
    scores = builder.combine(Pairing.ADD, scores, squares.log_determinants)
    scores = builder.combine(Pairing.ADD, scores, constants)
    return predict_likeliest(scope, scores, tuple(range(len(constants))))


def _add_squares(
    estimator: FittedObject, scope: Scope, source: int, means: NDArray[Any]
) -> _Squares:
    n_components, width = means.shape
    match get_text(estimator, "covariance_type"):
        case "full":
            factors = get_numbers(estimator, _FACTORS, (n_components, width, width))
            turned = np.stack([mean @ factor for mean, factor in zip(means, factors, strict=True)])
            rotated = np.concatenate([factor.T for factor in factors])
            diagonals = np.diagonal(factors, axis1=1, axis2=2)
            return _add_turned(scope, source, rotated, turned, np.log(diagonals).sum(axis=1))
        case "tied":
            factor = get_numbers(estimator, _FACTORS, (width, width))
            rotated = np.tile(factor.T, (n_components, 1))
            logarithm = np.log(np.diagonal(factor)).sum()
            logarithms = np.full(n_components, logarithm)
            turned = np.stack([mean @ factor for mean in means])  # one by one: float32 rounds so
            return _add_turned(scope, source, rotated, turned, logarithms)
        case "diag":
            factors = get_numbers(estimator, _FACTORS, (n_components, width))
            precisions = factors**2
            slopes, own = means * precisions, np.sum(means**2 * precisions, axis=1)
            logarithms = np.log(factors).sum(axis=1)
            return _add_separate(scope, source, slopes, precisions, own, logarithms)
        case "spherical":
            factors = get_numbers(estimator, _FACTORS, (n_components,))
            each = np.repeat(factors[:, None] ** 2, width, axis=1)
            slopes, own = means.astype(float) * each, np.sum(means**2, axis=1) * factors**2
            return _add_separate(scope, source, slopes, each, own, width * np.log(factors))
        case name:
            raise scope.damaged(f"its covariance type {name!r} is not known")


def _add_turned(
    scope: Scope, source: int, rotated: NDArray[Any], turned: NDArray[Any], logarithms: NDArray[Any]
) -> _Squares:
    """Sums of squares of the row in each component's axes, minus the turned mean."""
    builder = scope.builder
    products = builder.linear(source, rotated, cancels=True)
    differences = builder.combine(Pairing.SUBTRACT, products, turned)
    ends = (np.arange(len(turned)) + 1) * turned.shape[1]
    distances = builder.reduce(Reduction.SUM, builder.map(Function.SQUARE, differences), ends)
    # A difference's error is that of its terms, and the square has twice that times the difference.
    terms = builder.linear(
        builder.map(Function.ABSOLUTE, source), np.abs(rotated), np.abs(turned).ravel()
    )
    errors = builder.pair(Pairing.MULTIPLY, builder.map(Function.ABSOLUTE, differences), terms)
    sizes = builder.reduce(Reduction.SUM, errors, ends)
    return _Squares(distances, sizes, logarithms)


def _add_separate(
    scope: Scope,
    source: int,
    slopes: NDArray[Any],
    precisions: NDArray[Any],
    own: NDArray[Any],
    logarithms: NDArray[Any],
) -> _Squares:
    """A row's squares times precisions, minus twice the row times slopes, plus the means' own."""
    builder = scope.builder
    both = builder.join([source, builder.map(Function.SQUARE, source)])
    weights = np.concatenate([-2.0 * slopes, precisions], axis=1)
    distances = builder.linear(both, weights, own, cancels=True)
    sizes = builder.linear(builder.map(Function.ABSOLUTE, both), np.abs(weights), own)
    return _Squares(distances, sizes, logarithms)


_FACTORS = "precisions_cholesky_"

PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.mixture._gaussian_mixture.GaussianMixture": convert_gaussian_mixture,
    "sklearn.mixture._bayesian_mixture.BayesianGaussianMixture": convert_bayesian_mixture,
}
