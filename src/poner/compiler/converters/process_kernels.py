"""Kernels of Gaussian processes, and the sums, products and powers made of them.

Source: scikit-learn 1.1 to 1.9, sklearn/gaussian_process/kernels.py, read 2026-11-22.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.pairwise_kernels import add_decay, add_distances, add_kernel
from poner.compiler.converters.scope import Scope
from poner.compiler.fitted import get_number, get_object, get_value, get_vector
from poner.compiler.operations.distances import Metric
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction

Values = int | float
"""A register of kernel values (int), or one value for every point (float)."""


@dataclass(frozen=True)
class _Rows:
    """The row and the points between which a kernel is computed."""

    scope: Scope
    """The scope that takes the steps."""
    source: int
    """Register of the row; its values are finite."""
    points: FloatArray
    """(n_points, n_features) that the row is compared with."""


def add_process_kernel(scope: Scope, source: int, points: FloatArray, kernel: FittedObject) -> int:
    """The kernel between the row and each point: a register of n_points columns.

    Raises:
        NotSupportedError: the native engine does not compute a kernel in it.
        ModelUnreadableError: the points or a parameter are malformed.
    """
    builder = scope.builder
    source = builder.require(source)
    if points.shape[1] != builder.width(source) or not len(points):
        raise scope.damaged("its points and its input differ in the number of columns")
    values = _add(_Rows(scope, source, points), kernel)
    if isinstance(values, float):
        raise scope.unsupported(
            "its kernel is the same for every row", "Use a kernel that compares rows, such as RBF."
        )
    return values


def add_process_diagonal(scope: Scope, source: int, kernel: FittedObject) -> Values:
    """The kernel between the row and itself, the only place where noise counts.

    Raises:
        NotSupportedError: the native engine does not compute a kernel in it.
        ModelUnreadableError: a parameter is malformed.
    """
    name = _name(kernel)
    match name:
        case "Sum" | "Product":
            terms = [
                add_process_diagonal(scope, source, get_object(kernel, part))
                for part in ("k1", "k2")
            ]
            return _combined(scope, Pairing.ADD if name == "Sum" else Pairing.MULTIPLY, *terms)
        case "Exponentiation":
            base = add_process_diagonal(scope, source, get_object(kernel, "kernel"))
            return _power(scope, base, get_number(kernel, "exponent"))
        case "ConstantKernel":
            return get_number(kernel, "constant_value")
        case "WhiteKernel":
            return get_number(kernel, "noise_level")
        case "RBF" | "Matern" | "RationalQuadratic" | "ExpSineSquared":
            return 1.0
        case "DotProduct":
            square = scope.builder.reduce(Reduction.SUM_SQUARES, source)
            return scope.builder.combine(Pairing.ADD, square, get_number(kernel, "sigma_0") ** 2)
        case "PairwiseKernel":
            return _add_pairwise_diagonal(scope, source, kernel)
        case _:
            raise _unsupported(scope, kernel)


def _add(rows: _Rows, kernel: FittedObject) -> Values:
    """The kernel values of any kind of kernel."""
    name, scope = _name(kernel), rows.scope
    match name:
        case "Sum" | "Product":
            terms = [_add(rows, get_object(kernel, part)) for part in ("k1", "k2")]
            return _combined(scope, Pairing.ADD if name == "Sum" else Pairing.MULTIPLY, *terms)
        case "Exponentiation":
            base = _add(rows, get_object(kernel, "kernel"))
            return _power(scope, base, get_number(kernel, "exponent"))
        case "ConstantKernel":
            return get_number(kernel, "constant_value")
        case "WhiteKernel":
            return 0.0
        case "DotProduct":
            offset = get_number(kernel, "sigma_0") ** 2
            return scope.builder.linear(rows.source, rows.points, offset)
        case "PairwiseKernel":
            parameters = _parameters(scope, kernel)
            metric = get_value(kernel, "metric")
            return add_kernel(scope, rows.source, rows.points, metric, parameters)
        case _ if name in _STATIONARY:
            return _STATIONARY[name](rows, kernel)
        case _:
            raise _unsupported(scope, kernel)


def _name(kernel: FittedObject) -> str:
    module, _, name = kernel.type_name.rpartition(".")
    return name if module == "sklearn.gaussian_process.kernels" else ""


def _unsupported(scope: Scope, kernel: FittedObject) -> Exception:
    name = kernel.type_name.rpartition(".")[2]
    return scope.unsupported(
        f"the native engine does not compute its kernel {name}",
        "Use scikit-learn's kernels: RBF, Matern, RationalQuadratic, ExpSineSquared, DotProduct, "
        "PairwiseKernel, ConstantKernel, WhiteKernel, and sums, products and powers of them.",
    )


def _combined(scope: Scope, pairing: Pairing, first: Values, second: Values) -> Values:
    """A sum or a product of registers or constants."""
    match first, second:
        case float(), float():
            return first + second if pairing is Pairing.ADD else first * second
        case int(), float():
            if second == (0.0 if pairing is Pairing.ADD else 1.0):
                return first
            return scope.builder.combine(pairing, first, second)
        case float(), int():
            return _combined(scope, pairing, second, first)
        case _:
            return scope.builder.pair(pairing, int(first), int(second))


def _power(scope: Scope, base: Values, exponent: float) -> Values:
    if isinstance(base, float):
        with np.errstate(all="ignore"):
            return float(np.float64(base) ** exponent)
    return scope.builder.combine(Pairing.POWER, base, exponent)


# Kernels of a distance ----------------------------------------------------------------------------


def _add_scaled(rows: _Rows, kernel: FittedObject) -> int:
    """The squared distance where each feature is divided by its length scale."""
    own = get_value(kernel, "length_scale")
    if isinstance(own, list):  # the user's own value, if not optimized
        kernel = FittedObject(kernel.type_name, {"length_scale": np.array(own)})
    scales = get_vector(kernel, "length_scale")
    if len(scales) not in (1, rows.points.shape[1]):
        raise rows.scope.damaged("its kernel needs one length scale for each feature")
    source = rows.scope.builder.combine(Pairing.DIVIDE, rows.source, scales)
    with np.errstate(all="ignore"):
        points = rows.points / scales
    return add_distances(rows.scope, source, points, Metric.SQUARED_EUCLIDEAN)


def _add_rbf(rows: _Rows, kernel: FittedObject) -> int:
    return add_decay(rows.scope, _add_scaled(rows, kernel), 0.5)


def _add_matern(rows: _Rows, kernel: FittedObject) -> int:
    """The Matern kernel, for orders that need no Bessel functions."""
    builder = rows.scope.builder
    order = get_number(kernel, "nu")
    if order not in (0.5, 1.5, 2.5, math.inf):
        raise rows.scope.unsupported(
            f"its Matern kernel has nu={order:g}, which needs Bessel functions",
            "Use nu=0.5, 1.5, 2.5 or inf.",
        )
    squares = _add_scaled(rows, kernel)
    if math.isinf(order):
        return add_decay(rows.scope, squares, 0.5)
    distances = builder.map(Function.SQRT, squares)
    if order == 0.5:
        return add_decay(rows.scope, distances, 1.0)
    scaled = builder.combine(Pairing.MULTIPLY, distances, math.sqrt(3 if order == 1.5 else 5))
    factor = builder.combine(Pairing.ADD, scaled, 1.0)
    if order == 2.5:
        third = builder.combine(Pairing.DIVIDE, builder.map(Function.SQUARE, scaled), 3.0)
        factor = builder.pair(Pairing.ADD, factor, third)
    return builder.pair(Pairing.MULTIPLY, factor, add_decay(rows.scope, scaled, 1.0))


def _add_rational_quadratic(rows: _Rows, kernel: FittedObject) -> int:
    builder = rows.scope.builder
    alpha, scale = get_number(kernel, "alpha"), get_number(kernel, "length_scale")
    squares = add_distances(rows.scope, rows.source, rows.points, Metric.SQUARED_EUCLIDEAN)
    ratio = builder.combine(Pairing.DIVIDE, squares, 2.0 * alpha * scale**2)
    return builder.combine(Pairing.POWER, builder.combine(Pairing.ADD, ratio, 1.0), -alpha)


def _add_exp_sine_squared(rows: _Rows, kernel: FittedObject) -> int:
    builder = rows.scope.builder
    scale, periodicity = get_number(kernel, "length_scale"), get_number(kernel, "periodicity")
    squares = add_distances(rows.scope, rows.source, rows.points, Metric.SQUARED_EUCLIDEAN)
    distances = builder.map(Function.SQRT, squares)
    if periodicity == 0.0:
        raise rows.scope.damaged("its kernel has a periodicity of 0")
    angles = builder.combine(Pairing.MULTIPLY, distances, np.pi / periodicity)
    sines = builder.combine(Pairing.DIVIDE, builder.map(Function.SIN, angles), scale)
    return add_decay(rows.scope, builder.map(Function.SQUARE, sines), 2.0)


_STATIONARY: dict[str, Callable[[_Rows, FittedObject], int]] = {
    "RBF": _add_rbf,
    "Matern": _add_matern,
    "RationalQuadratic": _add_rational_quadratic,
    "ExpSineSquared": _add_exp_sine_squared,
}


# Kernels of sklearn.metrics.pairwise --------------------------------------------------------------


def _parameters(scope: Scope, kernel: FittedObject) -> dict[str, FittedValue]:
    more = get_value(kernel, "pairwise_kernels_kwargs")
    if more is not None and not isinstance(more, dict):
        raise scope.damaged("the parameters of its kernel are not a dict")
    return {**(more or {}), "gamma": get_value(kernel, "gamma")}


def _add_pairwise_diagonal(scope: Scope, source: int, kernel: FittedObject) -> Values:
    """The kernel of the row with itself: a function of the row's length, or a constant."""
    builder = scope.builder
    match get_value(kernel, "metric"):
        case "rbf" | "laplacian" | "chi2":
            return 1.0
        case "additive_chi2":
            return 0.0
        case metric:
            square = builder.reduce(Reduction.SUM_SQUARES, source)
            if metric == "cosine":
                return builder.combine(Pairing.NOT_EQUAL, square, 0.0)
            # Of products: the kernel of the squared row and 1; gamma's default follows the width.
            parameters = _parameters(scope, kernel)
            if parameters["gamma"] is None:
                parameters["gamma"] = 1.0 / builder.width(source)
            return add_kernel(scope, square, np.ones((1, 1)), metric, parameters)
