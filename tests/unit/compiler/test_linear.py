"""Linear regressors: compiled, they answer as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_regression
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    LarsCV,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    MultiTaskElasticNet,
    MultiTaskElasticNetCV,
    MultiTaskLasso,
    MultiTaskLassoCV,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    PassiveAggressiveRegressor,
    PoissonRegressor,
    QuantileRegressor,
    RANSACRegressor,
    Ridge,
    RidgeCV,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVR
from sklearn.tree import DecisionTreeRegressor

from poner.errors import InputError, ModelUnreadableError
from poner.loader import open_estimator
from poner.pipeline import compile_trained
from tests.support.compiling import assert_agrees, compile_fitted

pytestmark = pytest.mark.filterwarnings("ignore")

ONE_OUTPUT = [
    LinearRegression(),
    LinearRegression(positive=True),
    LinearRegression(fit_intercept=False),
    Ridge(),
    RidgeCV(),
    Lasso(),
    LassoCV(),
    LassoLars(),
    LassoLarsCV(),
    LassoLarsIC(),
    Lars(),
    LarsCV(),
    ElasticNet(),
    ElasticNetCV(),
    OrthogonalMatchingPursuit(),
    OrthogonalMatchingPursuitCV(),
    BayesianRidge(),
    ARDRegression(),
    HuberRegressor(),
    TheilSenRegressor(max_subpopulation=30),
    QuantileRegressor(),
    RANSACRegressor(random_state=0),
    PassiveAggressiveRegressor(),
    SGDRegressor(),
    SGDRegressor(average=True),
    LinearSVR(),
]
THREE_OUTPUTS = [
    LinearRegression(),
    Ridge(fit_intercept=False),
    RidgeCV(),
    Lasso(),
    LassoLars(),
    Lars(),
    OrthogonalMatchingPursuit(),
    MultiTaskLasso(),
    MultiTaskLassoCV(),
    MultiTaskElasticNet(),
    MultiTaskElasticNetCV(),
    RANSACRegressor(random_state=0),
]
GENERALIZED = [
    PoissonRegressor(),
    GammaRegressor(),
    *(TweedieRegressor(power=power) for power in (0, 1, 1.5, 2, 3)),
    TweedieRegressor(power=0, link="log"),
    TweedieRegressor(power=1.5, link="identity"),
]


@pytest.mark.parametrize("model", ONE_OUTPUT, ids=str)
def test_regressor_of_one_value(model: Any) -> None:
    """Every way of fitting weights predicts the same way."""
    X, y = make_regression(100, 5, noise=1.0, random_state=0)
    assert_agrees(model.fit(X, y), X)


@pytest.mark.parametrize("model", THREE_OUTPUTS, ids=str)
def test_regressor_of_three_values(model: Any) -> None:
    """One row of weights a value."""
    X, y = make_regression(100, 5, n_targets=3, noise=1.0, random_state=0)
    assert assert_agrees(model.fit(X, y), X).predict(X).shape == (100, 3)


@pytest.mark.parametrize("model", GENERALIZED, ids=str)
def test_generalized_linear_model(model: Any) -> None:
    """The inverse of the link that the fitted loss has."""
    X, y = make_regression(100, 5, noise=1.0, random_state=0)
    assert_agrees(model.fit(X, np.exp(y / 200)), X)


def test_rows_beyond_the_exponential() -> None:
    """A score of a thousand is infinity after the exponential, here as there."""
    X, y = make_regression(100, 2, noise=1.0, random_state=0)
    model = PoissonRegressor(alpha=0.0).fit(X, np.exp(y / 200))
    rows = np.array([[1e6, 1e6], [-1e6, -1e6], [0.0, 0.0]])
    compiled = compile_fitted(model, X)
    np.testing.assert_allclose(compiled.predict(rows), model.predict(rows), rtol=1e-12)
    assert np.isinf(compiled.predict(rows)).any()


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e12])
def test_tiny_and_huge_features(scale: float) -> None:
    """Differences are judged by the size of the answer."""
    X, y = make_regression(100, 3, noise=1.0, random_state=0)
    assert_agrees(LinearRegression().fit(X * scale, y), X * scale)


def test_single_and_constant_features() -> None:
    """One feature; and one that says nothing beside others."""
    X, y = make_regression(50, 1, random_state=0)
    assert_agrees(LinearRegression().fit(X, y), X)
    assert_agrees(Ridge().fit(np.c_[X, np.ones(50)], y), np.c_[X, np.ones(50)])


def test_fitted_in_single_precision() -> None:
    """Weights of float32 meet rows of float64."""
    X, y = make_regression(100, 5, noise=1.0, random_state=0)
    model = Ridge().fit(X.astype(np.float32), y.astype(np.float32))
    assert_agrees(model, X.astype(np.float32), rows=X)


def test_sparse_weights() -> None:
    """SGD's weights can be kept sparse."""
    X, y = make_regression(100, 5, n_informative=2, random_state=0)
    model = SGDRegressor(penalty="l1", alpha=1.0).fit(X, y)
    assert_agrees(model.sparsify(), X)


def test_ransac_hands_on_to_its_estimator() -> None:
    """Whatever the estimator is."""
    X, y = make_regression(100, 5, noise=1.0, random_state=0)
    tree = DecisionTreeRegressor(max_depth=3)
    assert_agrees(RANSACRegressor(tree, min_samples=30, random_state=0).fit(X, y), X)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_unfinished_rows_are_refused(value: float) -> None:
    """NaN and infinities are refused with the feature's name."""
    X, y = make_regression(30, 2, random_state=0)
    compiled = compile_fitted(Ridge().fit(X, y), X)
    with pytest.raises(InputError, match="x1"):
        compiled.predict([[0.0, value]])


@pytest.mark.parametrize(
    ("name", "value"), [("coef_", np.ones(3)), ("coef_", np.ones((2, 2, 1))), ("intercept_", "a")]
)
def test_damaged_weights_are_refused(name: str, value: Any) -> None:
    """Weights that do not fit the features are no model."""
    X, y = make_regression(30, 2, random_state=0)
    model = Ridge().fit(X, y)
    with open_estimator(model, X=X) as trained:
        trained.estimator.attributes[name] = value  # type: ignore[index]  # a file could
        with pytest.raises(ModelUnreadableError, match=r"coef_|intercept_"):
            compile_trained(trained)


def test_more_rows_than_a_block() -> None:
    """A batch, a row alone and any part of a batch have the same bits."""
    X, y = make_regression(131, 7, n_targets=5, noise=1.0, random_state=0)
    compiled = compile_fitted(Ridge().fit(StandardScaler().fit_transform(X), y), X)
    whole = compiled.predict(X)
    for rows in (slice(0, 1), slice(3, 6), slice(60, 131)):
        np.testing.assert_array_equal(compiled.predict(X[rows]), whole[rows])
