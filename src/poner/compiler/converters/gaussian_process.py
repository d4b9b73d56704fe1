"""Gaussian processes: weighted sums of kernel values between the row and the training rows.

Source: scikit-learn 1.1 to 1.9, sklearn/gaussian_process/_gpr.py, _gpc.py and
sklearn/multiclass.py, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.multiclass import first_or_last_argmax
from poner.compiler.converters.pair_votes import add_class_scores, pairs_of
from poner.compiler.converters.pairwise_kernels import add_weighted
from poner.compiler.converters.process_kernels import add_process_diagonal, add_process_kernel
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    get_array,
    get_classes,
    get_columns,
    get_matrix,
    get_object,
    get_objects,
    get_vector,
)
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction, SolveTriangle

_SLOPES = np.array([0.41, 0.4, 0.37, 0.44, 0.39])
_SHARES = np.array([-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654])
"""The logistic function as a sum of error functions (_gpc.py: LAMBDAS and COEFS)."""


def convert_process_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The mean: kernel values times `alpha_`, then back to the target's scale."""
    builder = scope.builder
    points = get_matrix(estimator, "X_train_")
    weights = get_columns(estimator, "alpha_")
    values = add_process_kernel(scope, source, points, get_object(estimator, "kernel_"))
    spread, middle = get_vector(estimator, "_y_train_std"), get_vector(estimator, "_y_train_mean")
    if len(weights) != len(points) or not {len(spread), len(middle)} <= {1, weights.shape[1]}:
        raise scope.damaged("its weights and its training rows differ in number")
    sums, sizes = add_weighted(scope, values, weights.T)
    builder.mark_sums(sums, sizes, len(points))
    means = builder.combine(Pairing.MULTIPLY, sums, spread)
    return Prediction(builder.combine(Pairing.ADD, means, middle))


@dataclass(frozen=True)
class _Binary:
    """A classifier of two classes."""

    label: int
    """Register: 1 for the second class, else 0."""
    probability: int
    """Register: the probability of the second class."""


def convert_process_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Laplace's approximation for two classes; with more, one per class or pair of classes."""
    builder = scope.builder
    classes = get_classes(estimator)
    source = builder.require(source)
    base = get_object(estimator, "base_estimator_")
    match base.type_name.rpartition(".")[2]:
        case "_BinaryGaussianProcessClassifierLaplace" if len(classes) == 2:
            binary = _add_binary(base, scope, source)
            return Prediction(binary.label, (classes,), _add_both(scope, binary))
        case "OneVsRestClassifier":
            parts = [_add_binary(part, scope, source) for part in get_objects(base, "estimators_")]
            if len(parts) != len(classes):
                raise scope.damaged("it needs one estimator for each class")
            joined = builder.join([part.probability for part in parts])
            total = builder.reduce(Reduction.SUM, joined)
            labels = first_or_last_argmax(joined, scope)
            shares = builder.pair(Pairing.DIVIDE_OR_KEEP, joined, total)
            return Prediction(labels, (classes,), shares)
        case "OneVsOneClassifier":
            parts = [_add_binary(part, scope, source) for part in get_objects(base, "estimators_")]
            if len(parts) != len(pairs_of(len(classes))):
                raise scope.damaged("it needs one estimator for each pair of classes")
            wins = builder.join([part.label for part in parts])
            chances = builder.join([part.probability for part in parts])
            scores = add_class_scores(scope, len(classes), wins, chances)
            return Prediction(builder.argmax(scores), (classes,))
        case _:
            raise scope.unknown(base)


def _add_both(scope: Scope, binary: _Binary) -> int:
    other = scope.builder.pair(Pairing.SUBTRACT, scope.builder.constant([1.0]), binary.probability)
    return scope.builder.join([other, binary.probability])


def _add_binary(estimator: FittedObject, scope: Scope, source: int) -> _Binary:
    """The latent function's mean and variance, and from these the probability."""
    if estimator.type_name != f"{_PROCESS}._gpc._BinaryGaussianProcessClassifierLaplace":
        raise scope.unknown(estimator)
    builder = scope.builder
    kernel = get_object(estimator, "kernel_")
    points = get_matrix(estimator, "X_train_")
    weights = get_vector(estimator, "y_train_")
    if not len(weights) == len(points) == len(get_vector(estimator, "pi_")):
        raise scope.damaged("its targets and its training rows differ in number")
    weights = weights - get_vector(estimator, "pi_")
    values = add_process_kernel(scope, source, points, kernel)
    mean, sizes = add_weighted(scope, values, weights[None])
    builder.mark_sums(mean, sizes, len(points))
    builder.mark_ties(builder.pair(Pairing.DIVIDE_OR_KEEP, mean, sizes), "classes")
    variance = _add_variance(estimator, scope, source, values)
    return _Binary(
        builder.combine(Pairing.GREATER, mean, 0.0), _add_probability(scope, mean, variance)
    )


def _add_variance(estimator: FittedObject, scope: Scope, source: int, values: int) -> int:
    """The variance: the kernel of the row with itself minus what the training rows explain."""
    builder = scope.builder
    factor, roots = get_array(estimator, "L_", 2), get_vector(estimator, "W_sr_")
    count = builder.width(values)
    if factor.shape != (count, count) or len(roots) != count or np.triu(factor, 1).any():
        raise scope.damaged("its `L_` is not a lower triangle of the size of its training rows")
    weighted = builder.combine(Pairing.MULTIPLY, values, roots)
    triangle = factor[np.tril_indices(count)].astype(np.float64)
    solved = builder.add(SolveTriangle(triangle), weighted)
    explained = builder.reduce(Reduction.SUM_SQUARES, solved)
    own = add_process_diagonal(scope, source, get_object(estimator, "kernel_"))
    if isinstance(own, float):
        own = builder.constant([own])
    return builder.pair(Pairing.SUBTRACT, own, explained)


def _add_probability(scope: Scope, mean: int, variance: int) -> int:
    """The logistic function's mean under the latent distribution, in scikit-learn's order.

    Large terms cancel out, so that each rounding becomes visible.
    """
    builder = scope.builder
    alpha = builder.map(Function.RECIPROCAL, builder.combine(Pairing.MULTIPLY, variance, 2.0))
    alphas = builder.select(alpha, [0] * len(_SLOPES))
    slopes = builder.combine(Pairing.MULTIPLY, builder.select(mean, [0] * len(_SLOPES)), _SLOPES)
    ratio = builder.pair(Pairing.DIVIDE, alphas, builder.combine(Pairing.ADD, alphas, _SLOPES**2))
    errors = builder.map(
        Function.ERF, builder.pair(Pairing.MULTIPLY, slopes, builder.map(Function.SQRT, ratio))
    )
    root = builder.map(
        Function.SQRT, builder.pair(Pairing.DIVIDE, builder.constant([np.pi]), alpha)
    )
    area = builder.combine(
        Pairing.MULTIPLY, builder.combine(Pairing.MULTIPLY, variance, 2.0), np.pi
    )
    divisor = builder.combine(Pairing.MULTIPLY, builder.map(Function.SQRT, area), 2.0)
    integrals = builder.pair(Pairing.DIVIDE, builder.pair(Pairing.MULTIPLY, errors, root), divisor)
    terms = builder.combine(Pairing.MULTIPLY, integrals, _SHARES)
    return builder.combine(
        Pairing.ADD, builder.reduce(Reduction.SUM_IN_ORDER, terms), 0.5 * _SHARES.sum()
    )


_PROCESS = "sklearn.gaussian_process"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_PROCESS}._gpr.GaussianProcessRegressor": convert_process_regressor,
    f"{_PROCESS}._gpc.GaussianProcessClassifier": convert_process_classifier,
}
