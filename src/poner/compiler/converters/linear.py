"""Linear regressors: one weight per feature, one row of weights per output.

All of them predict in the same way. Source: scikit-learn 1.1 to 1.9,
sklearn/linear_model/_base.py and _ransac.py, sklearn/svm/_classes.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import check_shape, get_matrix, get_object, get_vector
from poner.compiler.operations.elementwise import Function


def convert_linear_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The row times coef_, plus intercept_."""
    values = add_scores(estimator, scope, source)
    sizes, n_terms = add_term_sizes(
        scope, source, get_matrix(estimator, "coef_"), get_vector(estimator, "intercept_")
    )
    scope.builder.mark_sums(values, sizes, n_terms)
    return Prediction(values)


def add_term_sizes(
    scope: Scope, source: int, weights: FloatArray, bias: FloatArray | float
) -> tuple[int, int]:
    """How large the terms of bias + weights @ row are together, and how many they are."""
    builder = scope.builder
    sizes = builder.map(Function.ABSOLUTE, builder.require(source))
    return builder.linear(sizes, np.abs(weights), np.abs(bias)), weights.shape[1] + 1


def add_scores(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row times `coef_`, plus `intercept_`: one column per output or class."""
    return add_products(estimator, scope, source, get_vector(estimator, "intercept_"))


def add_products(estimator: FittedObject, scope: Scope, source: int, bias: FloatArray) -> int:
    """The row times `coef_`, plus a bias, given by the name of its attribute."""
    weights = get_matrix(estimator, "coef_")
    check_shape(estimator, "coef_", weights.shape[1:], (scope.builder.width(source),))
    if len(bias) != 1:  # one bias for all outputs, or one per output
        check_shape(estimator, "intercept_", bias.shape, weights.shape[:1])
    return scope.builder.linear(scope.builder.require(source), weights, bias)


def convert_ransac(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The prediction of the estimator that was fitted on the inliers."""
    inside = scope.inside("estimator", "estimator_")
    return inside.predict(get_object(estimator, "estimator_"), source)


_LINEAR = "sklearn.linear_model"
_COORDINATES = f"{_LINEAR}._coordinate_descent"
_ANGLES = f"{_LINEAR}._least_angle"

PREDICTORS: dict[str, PredictorConverter] = {
    **dict.fromkeys(
        (
            f"{_LINEAR}._base.LinearRegression",
            f"{_LINEAR}._ridge.Ridge",
            f"{_LINEAR}._ridge.RidgeCV",
            f"{_COORDINATES}.Lasso",
            f"{_COORDINATES}.LassoCV",
            f"{_COORDINATES}.ElasticNet",
            f"{_COORDINATES}.ElasticNetCV",
            f"{_COORDINATES}.MultiTaskLasso",
            f"{_COORDINATES}.MultiTaskLassoCV",
            f"{_COORDINATES}.MultiTaskElasticNet",
            f"{_COORDINATES}.MultiTaskElasticNetCV",
            f"{_ANGLES}.Lars",
            f"{_ANGLES}.LarsCV",
            f"{_ANGLES}.LassoLars",
            f"{_ANGLES}.LassoLarsCV",
            f"{_ANGLES}.LassoLarsIC",
            f"{_LINEAR}._omp.OrthogonalMatchingPursuit",
            f"{_LINEAR}._omp.OrthogonalMatchingPursuitCV",
            f"{_LINEAR}._bayes.BayesianRidge",
            f"{_LINEAR}._bayes.ARDRegression",
            f"{_LINEAR}._huber.HuberRegressor",
            f"{_LINEAR}._theil_sen.TheilSenRegressor",
            f"{_LINEAR}._quantile.QuantileRegressor",
            f"{_LINEAR}._passive_aggressive.PassiveAggressiveRegressor",
            f"{_LINEAR}._stochastic_gradient.SGDRegressor",
            "sklearn.svm._classes.LinearSVR",
        ),
        convert_linear_regressor,
    ),
    f"{_LINEAR}._ransac.RANSACRegressor": convert_ransac,
}
