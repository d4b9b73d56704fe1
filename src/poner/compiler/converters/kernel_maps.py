"""Feature maps that approximate kernels, from training points or random directions.

Source: scikit-learn 1.1 to 1.9, sklearn/kernel_approximation.py and
sklearn/decomposition/_kernel_pca.py, read 2026-11-22.
"""

from __future__ import annotations

import math

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.pairwise_kernels import add_kernel
from poner.compiler.converters.projections import own_dtype, project
from poner.compiler.converters.scaling import convert_kernel_centerer
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import (
    get_array,
    get_matrix,
    get_number,
    get_object,
    get_value,
    get_vector,
)
from poner.compiler.operations.elementwise import Function, Pairing, Replace
from poner.compiler.operations.plumbing import Above
from poner.compiler.operations.rowwise import Reduction

_MISFIT = "its points or directions do not fit its columns"


def convert_nystroem(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The kernel between the row and each basis point, normalized."""
    values = _kernel(estimator, scope, source, get_matrix(estimator, "components_"), "gamma")
    return _project(scope, values, get_matrix(estimator, "normalization_"))


def convert_kernel_pca(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The centered kernel with each training point, projected onto the nonzero components."""
    gamma = "gamma_" if "gamma_" in estimator.attributes else "gamma"
    values = _kernel(estimator, scope, source, get_matrix(estimator, "X_fit_"), gamma)
    centered = convert_kernel_centerer(get_object(estimator, "_centerer"), scope, values)
    eigenvalues = own_dtype(estimator, "eigenvalues_").ravel()
    vectors = own_dtype(estimator, "eigenvectors_")
    if vectors.shape[1] != len(eigenvalues) or np.any(eigenvalues < 0):
        raise scope.damaged(_MISFIT)
    used = eigenvalues != 0
    scaled = vectors / np.sqrt(np.where(used, eigenvalues, eigenvalues.dtype.type(1)))
    return _project(scope, centered, np.where(used, scaled, 0.0).T.astype(np.float64))


def _project(scope: Scope, values: int, matrix: FloatArray) -> int:
    """Matrix @ values; the proof learns its terms, which cancel where a kernel is flat."""
    builder = scope.builder
    projected = project(scope, values, matrix)
    sizes = builder.linear(builder.map(Function.ABSOLUTE, values), np.abs(matrix))
    builder.mark_sums(
        builder.reduce(Reduction.MAXIMUM_ABSOLUTE, projected),
        builder.reduce(Reduction.MAXIMUM, sizes),
        matrix.shape[1],
    )
    return projected


def _kernel(
    estimator: FittedObject, scope: Scope, source: int, points: FloatArray, gamma: str
) -> int:
    """The kernel between the row and each point."""
    kernel = get_value(estimator, "kernel")
    own = estimator.attributes.get("kernel_params")
    parameters: dict[str, FittedValue] = dict(own) if isinstance(own, dict) else {}
    for name, attribute in (("gamma", gamma), ("degree", "degree"), ("coef0", "coef0")):
        value = get_value(estimator, attribute)
        if value is not None:
            parameters[name] = value
    if kernel in ("chi2", "additive_chi2"):
        source = _not_negative(scope, source)
    return add_kernel(scope, source, points, kernel, parameters)


def _not_negative(scope: Scope, source: int) -> int:
    builder = scope.builder
    zeros = np.zeros(builder.width(source))
    return builder.add(Above(zeros, allow_equal=True), builder.require(source))


def convert_rbf_sampler(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Cosines of projections onto random directions."""
    return _cosines(estimator, scope, scope.builder.require(source))


def convert_skewed_chi2_sampler(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Cosines of projections of logarithms onto random directions."""
    builder = scope.builder
    skewedness = get_number(estimator, "skewedness")
    row = builder.require(source)
    row = builder.add(Above(np.full(builder.width(row), -skewedness)), row)
    row = builder.map(Function.LOG, builder.combine(Pairing.ADD, row, skewedness))
    return _cosines(estimator, scope, row)


def _cosines(estimator: FittedObject, scope: Scope, row: int) -> int:
    builder = scope.builder
    register = project(scope, row, get_matrix(estimator, "random_weights_").T)
    register = builder.combine(Pairing.ADD, register, get_vector(estimator, "random_offset_"))
    count = get_number(estimator, "n_components")
    if count < 1:
        raise scope.damaged(_MISFIT)
    return builder.combine(
        Pairing.MULTIPLY, builder.map(Function.COS, register), math.sqrt(2.0 / count)
    )


_INTERVALS = {1: 0.8, 2: 0.5, 3: 0.4}
"""Default sampling interval of the additive chi2 kernel by the number of steps."""


def convert_additive_chi2_sampler(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Samples of the kernel's Fourier transform: cosines and sines of logarithms; 0 stays 0."""
    builder = scope.builder
    steps = int(get_number(estimator, "sample_steps"))
    given = get_value(estimator, "sample_interval")
    if given is None and steps not in _INTERVALS:
        raise scope.unsupported("it has no sample_interval for its sample_steps")
    interval = _INTERVALS[steps] if given is None else get_number(estimator, "sample_interval")
    row = _not_negative(scope, source)
    ones = np.ones(builder.width(row))
    scaled = builder.combine(Pairing.MULTIPLY, row, interval)
    positive = builder.add(Replace(np.zeros(1), ones), row)  # the factor is 0 for a value of 0
    logarithm = builder.combine(Pairing.MULTIPLY, builder.map(Function.LOG, positive), interval)
    doubled = builder.combine(
        Pairing.MULTIPLY, builder.combine(Pairing.MULTIPLY, row, 2.0), interval
    )
    parts = [builder.map(Function.SQRT, scaled)]
    for step in range(1, steps):
        hyperbolic = math.cosh(math.pi * step * interval)
        share = builder.combine(Pairing.DIVIDE, doubled, hyperbolic)
        factor = builder.map(Function.SQRT, share)
        angle = builder.combine(Pairing.MULTIPLY, logarithm, float(step))
        for function in (Function.COS, Function.SIN):
            parts.append(builder.pair(Pairing.MULTIPLY, factor, builder.map(function, angle)))
    return builder.join(parts)


_MOST_SKETCHED = 1024
"""The most components of a sketch: its Fourier transform is stored as a square matrix."""


def convert_polynomial_count_sketch(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The convolution of `degree` sketches of the row, by multiplying Fourier transforms."""
    builder = scope.builder
    count = int(get_number(estimator, "n_components"))
    places = get_array(estimator, "indexHash_", 2)
    signs = get_array(estimator, "bitHash_", 2).astype(np.float64)
    if not 1 <= count <= _MOST_SKETCHED:
        raise scope.unsupported(f"it has more than {_MOST_SKETCHED} components")
    offset = get_number(estimator, "coef0")
    width = builder.width(source)
    if places.shape != signs.shape or places.shape[1] != width + (offset != 0):
        raise scope.damaged(_MISFIT)
    if not places.size or places.min() < 0 or places.max() >= count:
        raise scope.damaged(_MISFIT)
    row = builder.require(source)
    angles = 2.0 * np.pi * (np.outer(np.arange(count), np.arange(count)) % count) / count
    waves = np.stack([np.cos(angles), -np.sin(angles)])
    factors = np.sqrt(np.append(np.full(width, get_number(estimator, "gamma")), offset))
    product: tuple[int, int] | None = None
    for place, sign in zip(places, signs, strict=True):
        # Column j of the row, times its factor and sign, is added to component place[j].
        weights = waves[:, :, place] * (factors[: len(sign)] * sign)
        real, imaginary = (
            builder.linear(row, part[:, :width], part[:, width:].sum(axis=1)) for part in weights
        )
        product = (real, imaginary) if product is None else _times(scope, product, real, imaginary)
    assert product is not None
    inverse = np.concatenate([waves[0], waves[1]], axis=1) / count
    return builder.linear(builder.join(product), inverse)


def _times(scope: Scope, first: tuple[int, int], real: int, imaginary: int) -> tuple[int, int]:
    """The product of two complex registers."""
    builder = scope.builder
    both = builder.pair(Pairing.MULTIPLY, first[0], real)
    neither = builder.pair(Pairing.MULTIPLY, first[1], imaginary)
    one = builder.pair(Pairing.MULTIPLY, first[0], imaginary)
    other = builder.pair(Pairing.MULTIPLY, first[1], real)
    return builder.pair(Pairing.SUBTRACT, both, neither), builder.pair(Pairing.ADD, one, other)


_APPROXIMATION = "sklearn.kernel_approximation"

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_APPROXIMATION}.Nystroem": convert_nystroem,
    f"{_APPROXIMATION}.RBFSampler": convert_rbf_sampler,
    f"{_APPROXIMATION}.SkewedChi2Sampler": convert_skewed_chi2_sampler,
    f"{_APPROXIMATION}.AdditiveChi2Sampler": convert_additive_chi2_sampler,
    f"{_APPROXIMATION}.PolynomialCountSketch": convert_polynomial_count_sketch,
    "sklearn.decomposition._kernel_pca.KernelPCA": convert_kernel_pca,
}
