"""Polynomials and splines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, SplineTransformer
from sklearn.tree import DecisionTreeRegressor

from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted

RANDOM = np.random.default_rng(11)
X = RANDOM.normal(size=(120, 3)) + np.array([0.0, 5.0, 0.0])
X[:, 2] = np.round(X[:, 2], 1)
y = X[:, 0] * X[:, 1] + RANDOM.normal(size=120) * 0.1
GAPS = np.where(RANDOM.random(X.shape) < 0.2, np.nan, X)
FAR = np.concatenate([X[:20], 3 * X[:20], -2 * X[:20], np.zeros((1, 3)), np.full((1, 3), 1e3)])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("degree", [1, 2, 4, (2, 3), (0, 0)])
def test_polynomials(degree: Any, *, only: bool, bias: bool) -> None:
    """All terms in scikit-learn's order, multiplied in its order."""
    features = PolynomialFeatures(degree, interaction_only=only, include_bias=bias)
    if degree == (0, 0) and not bias:
        return
    model = make_pipeline(features, DecisionTreeRegressor(max_depth=5, random_state=0))
    assert_agrees(model.fit(X, y), X, FAR, tolerance=0.0)


def test_terms_of_ones_and_zeros() -> None:
    """After an encoder, the terms of a sparse matrix agree."""
    rows = np.round(X[:, :2])
    steps = [OneHotEncoder(handle_unknown="ignore"), PolynomialFeatures(2), LinearRegression()]
    assert_agrees(make_pipeline(*steps).fit(rows, y), rows, tolerance=1e-6)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("knots", ["uniform", "quantile"])
@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("mode", ["error", "constant", "linear", "continue", "periodic"])
def test_splines(mode: str, degree: int, knots: str, *, bias: bool) -> None:
    """Every extrapolation agrees, also in the rows that it refuses."""
    splines = SplineTransformer(
        extrapolation=mode, degree=degree, knots=knots, include_bias=bias, n_knots=7
    )
    columns = slice(0, 1) if mode == "linear" and degree == 1 else slice(0, 3)
    rows = X[:, columns]
    model = make_pipeline(splines, LinearRegression()).fit(rows, y)
    far = rows if mode == "error" else FAR[:60, columns]
    assert_agrees(model, rows, far, tolerance=1e-9)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("mode", ["error", "constant", "linear", "continue", "periodic"])
def test_splines_of_missing_values(mode: str, *, sparse: bool) -> None:
    """Splines of NaN can be all 0, since scikit-learn 1.8."""
    splines = SplineTransformer(extrapolation=mode, handle_missing="zeros", sparse_output=sparse)
    model = make_pipeline(splines, LinearRegression()).fit(GAPS, y)
    if sparse and mode not in ("constant", "linear"):
        with pytest.raises(NotSupportedError, match="another row's"):
            compile_fitted(model, GAPS)
        return
    compiled = compile_fitted(model, GAPS)
    np.testing.assert_allclose(compiled.predict(GAPS), model.predict(GAPS), rtol=1e-8)


@pytest.mark.parametrize("mode", ["error", "continue", "periodic", "linear"])
def test_splines_of_degree_0(mode: str) -> None:
    """Splines of degree 0 are steps, and agree."""
    rows = X[:, :1]
    model = make_pipeline(SplineTransformer(extrapolation=mode, degree=0), LinearRegression())
    assert_agrees(model.fit(rows, y), rows)


def test_knots_can_be_given() -> None:
    """Splines with uneven knots agree."""
    knots = np.sort(RANDOM.normal(size=(6, 3)) + np.array([0.0, 5.0, 0.0]), axis=0)
    model = make_pipeline(SplineTransformer(knots=knots), LinearRegression()).fit(X, y)
    assert_agrees(model, X, FAR, tolerance=1e-9)


@pytest.mark.parametrize(
    ("splines", "reason"),
    [
        (
            SplineTransformer(extrapolation="constant", degree=0),
            "raises an error outside the range",
        ),
        (SplineTransformer(extrapolation="linear", degree=1), "shifts the boundaries"),
        (SplineTransformer(degree=40), "degree is above 31"),
    ],
)
def test_what_scikit_learn_gets_wrong_is_not_supported(splines: Any, reason: str) -> None:
    """Modes in which scikit-learn fails or is inconsistent are refused."""
    model = make_pipeline(splines, LinearRegression()).fit(X, y)
    with pytest.raises(NotSupportedError, match=reason):
        compile_fitted(model, X)
