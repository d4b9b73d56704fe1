"""Kernel ridge regression: a weighted sum of kernel values with the training rows.

Source: scikit-learn 1.1 to 1.9, sklearn/kernel_ridge.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.pairwise_kernels import add_kernel, add_weighted
from poner.compiler.converters.process_kernels import add_process_kernel
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_columns, get_matrix, get_value
from poner.compiler.operations.elementwise import Function


def convert_kernel_ridge(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Kernels times `dual_coef_`."""
    builder = scope.builder
    points, weights = get_matrix(estimator, "X_fit_"), get_columns(estimator, "dual_coef_").T
    kernel = get_value(estimator, "kernel")
    if weights.shape[1] != len(points) and kernel != "precomputed":
        raise scope.damaged("its weights and its training rows differ in number")
    source = builder.require(source)
    if kernel == "linear" and points.shape[1] == builder.width(source):
        sums = builder.linear(source, weights @ points, cancels=True)
        sizes = builder.linear(
            builder.map(Function.ABSOLUTE, source), np.abs(weights) @ np.abs(points)
        )
        builder.mark_sums(sums, sizes, sum(points.shape))
        return Prediction(sums)
    if isinstance(kernel, FittedObject) and kernel.type_name.startswith("sklearn."):
        values = add_process_kernel(scope, source, points, kernel)
    else:
        parameters = {name: get_value(estimator, name) for name in ("gamma", "degree", "coef0")}
        values = add_kernel(scope, source, points, kernel, parameters)
    sums, sizes = add_weighted(scope, values, weights)
    builder.mark_sums(sums, sizes, len(points))
    return Prediction(sums)


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.kernel_ridge.KernelRidge": convert_kernel_ridge
}
