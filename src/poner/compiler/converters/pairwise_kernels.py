"""Kernels of sklearn.metrics.pairwise: the similarity of a row to each of many points.

Source: scikit-learn 1.1 to 1.9, sklearn/metrics/pairwise.py, read 2026-11-22. Distances come
from differences; scikit-learn's come from squares that cancel out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from poner.artifacts import FittedValue, FloatArray
from poner.compiler.converters.scope import Scope
from poner.compiler.operations.distances import Distances, Metric
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction
from poner.errors import NotSupportedError


def add_kernel(
    scope: Scope,
    source: int,
    points: FloatArray,
    kernel: FittedValue,
    parameters: Mapping[str, FittedValue],
) -> int:
    """The kernel between the row and each point: a register of n_points columns.

    Args:
        scope: where the steps go; names the step in errors.
        source: the register of the row; NaN and infinities in it are refused.
        points: (n_points, n_features).
        kernel: a name that sklearn's pairwise_kernels takes.
        parameters: `gamma`, `degree` and `coef0`; a missing or None value means the default.

    Raises:
        NotSupportedError: the kernel is precomputed, or a function of the user.
        ModelUnreadableError: the points or a parameter are malformed.
    """
    builder = scope.builder
    if points.ndim != 2 or points.shape[1] != builder.width(source):
        raise scope.damaged("its points and its input differ in the number of columns")
    gamma = _number(scope, parameters, "gamma", 1.0 if kernel == "chi2" else 1.0 / points.shape[1])
    offset = _number(scope, parameters, "coef0", 1.0)
    source = builder.require(source)
    match kernel:
        case "linear":
            return builder.linear(source, points)
        case "poly" | "polynomial":
            degree = _number(scope, parameters, "degree", 3.0)
            base = builder.linear(source, gamma * points, offset)
            return builder.combine(Pairing.POWER, base, degree)
        case "sigmoid":
            return builder.map(Function.TANH, builder.linear(source, gamma * points, offset))
        case "rbf":
            return _decay(scope, source, points, Metric.SQUARED_EUCLIDEAN, gamma)
        case "laplacian":
            return _decay(scope, source, points, Metric.MANHATTAN, gamma)
        case "chi2":
            return _decay(scope, source, points, Metric.ADDITIVE_CHI2, gamma)
        case "additive_chi2":
            distances = add_distances(scope, source, points, Metric.ADDITIVE_CHI2)
            return builder.map(Function.NEGATIVE, distances)
        case "cosine":
            return _add_cosine(scope, source, points)
        case _:
            raise unsupported_kernel(scope, kernel)


def add_weighted(
    scope: Scope, values: int, weights: FloatArray, offsets: FloatArray | float = 0.0
) -> tuple[int, int]:
    """Weighted sums of kernel values, which may cancel out, and sums of their terms' sizes.

    Args:
        scope: where the steps go.
        values: the register of n_points values.
        weights: (width, n_points).
        offsets: (width,) what is added, or one number.
    """
    builder = scope.builder
    sums = builder.linear(values, weights, offsets, cancels=True)
    sizes = builder.map(Function.ABSOLUTE, values)
    return sums, builder.linear(sizes, np.abs(weights), np.abs(offsets))


def unsupported_kernel(scope: Scope, kernel: FittedValue) -> NotSupportedError:
    """The error for a kernel that is a function or precomputed."""
    hint = "Fit it with one of scikit-learn's named kernels, such as 'rbf'."
    if kernel == "precomputed":
        return scope.unsupported("its kernel is precomputed, so its input is kernel values", hint)
    return scope.unsupported("its kernel is a function of your own", hint)


def add_distances(
    scope: Scope, source: int, points: FloatArray, metric: Metric, exponent: float = 0.0
) -> int:
    """The distance between the row and each point; `exponent` is Minkowski's p."""
    return scope.builder.add(Distances(metric, points, np.array([exponent])), source)


def _decay(scope: Scope, source: int, points: FloatArray, metric: Metric, gamma: float) -> int:
    """exp(-gamma * distance)."""
    distances = add_distances(scope, source, points, metric)
    return add_decay(scope, distances, gamma)


def add_decay(scope: Scope, distances: int, factor: float) -> int:
    """exp(-factor * distance)."""
    builder = scope.builder
    return builder.map(Function.EXP, builder.combine(Pairing.MULTIPLY, distances, -factor))


def _add_cosine(scope: Scope, source: int, points: FloatArray) -> int:
    """Products of the vectors scaled to length 1; a zero vector stays zero."""
    builder = scope.builder
    length = builder.map(Function.SQRT, builder.reduce(Reduction.SUM_SQUARES, source))
    lengths = np.sqrt(np.sum(points * points, axis=1, keepdims=True))
    normalized = builder.pair(Pairing.DIVIDE_OR_KEEP, source, length)
    return builder.linear(normalized, points / np.where(lengths == 0.0, 1.0, lengths))


def _number(
    scope: Scope, parameters: Mapping[str, FittedValue], name: str, default: float
) -> float:
    """A parameter, or its default where the user gave none."""
    value = parameters.get(name)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    match value:
        case None:
            return default
        case int() | float():
            return float(value)
        case _:
            raise scope.damaged(f"its `{name}` is not a number")
