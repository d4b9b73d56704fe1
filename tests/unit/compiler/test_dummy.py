"""Compiled dummies, isotonic regression and EllipticEnvelope answer as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import make_regression
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poner.errors import InputError, NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted

pytestmark = pytest.mark.filterwarnings("ignore")

X = np.random.default_rng(0).normal(size=(60, 4))
WORDS = np.array(["a", "b", "c"])[np.arange(60) % 3]
PAIRS = np.stack([np.arange(60) % 3, np.arange(60) % 2], axis=1)


@pytest.mark.parametrize("strategy", ["prior", "most_frequent", "constant"])
def test_classifier_that_only_counts(strategy: str) -> None:
    """Every row gets the same class, also a row with missing values."""
    model = DummyClassifier(strategy=strategy, constant="b").fit(X, WORDS)
    rows = np.array([[np.nan, np.inf, -np.inf, 0.0]])
    assert_agrees(model, X, rows)


@pytest.mark.parametrize("strategy", ["prior", "most_frequent", "constant"])
def test_classifier_of_two_outputs(strategy: str) -> None:
    """Probabilities are a list with one array for each output."""
    model = DummyClassifier(strategy=strategy, constant=[2, 0]).fit(X, PAIRS)
    assert isinstance(assert_agrees(model, X).predict_proba(X), list)


@pytest.mark.parametrize("strategy", ["stratified", "uniform"])
def test_random_answers_are_not_supported(strategy: str) -> None:
    """Random answers are refused, since they cannot be proved."""
    with pytest.raises(NotSupportedError, match="at random"):
        compile_fitted(DummyClassifier(strategy=strategy, random_state=0).fit(X, WORDS), X)


@pytest.mark.parametrize(
    "model",
    [
        DummyRegressor(),
        DummyRegressor(strategy="median"),
        DummyRegressor(strategy="quantile", quantile=0.3),
        DummyRegressor(strategy="constant", constant=7),
    ],
    ids=str,
)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_regressor_that_only_counts(model: Any, n_outputs: int) -> None:
    """Every row gets the mean, the median, a quantile or a constant of each output."""
    y = X[:, :n_outputs] if n_outputs > 1 else X[:, 0]
    if model.strategy == "constant":
        model.set_params(constant=np.arange(n_outputs) if n_outputs > 1 else 7)
    assert_agrees(model.fit(X, y), X)


def test_steps_before_a_dummy_refuse_rows() -> None:
    """A scaler refuses infinities, whatever comes after it."""
    compiled = assert_agrees(make_pipeline(StandardScaler(), DummyRegressor()).fit(X, X[:, 0]), X)
    with pytest.raises(InputError):
        compiled.predict([[np.inf, 0.0, 0.0, 0.0]])


@pytest.mark.parametrize("outside", ["nan", "clip", "raise"])
@pytest.mark.parametrize("increasing", [True, False, "auto"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_isotonic_regression(outside: str, increasing: bool | str, dtype: type) -> None:
    """A line through points agrees, in the precision of the points, also at and beyond its ends."""
    x, y = (values.astype(dtype) for values in make_regression(80, 1, noise=30, random_state=0))
    model = IsotonicRegression(out_of_bounds=outside, increasing=increasing).fit(x, y)
    compiled = assert_agrees(model, x, x.astype(np.float64), tolerance=0.0)
    low, high = float(x.min()), float(x.max())
    rows = np.linspace(low, high, 1000)[:, None]
    np.testing.assert_array_equal(compiled.predict(rows), model.predict(rows.astype(dtype)))
    far = np.array([[low - 1], [high + 1], [1e30]])
    if outside == "raise":
        for row in far:
            with pytest.raises(InputError, match="x0"):
                compiled.predict(row[None])
    else:
        np.testing.assert_array_equal(compiled.predict(far), model.predict(far))


def test_isotonic_regression_of_few_points() -> None:
    """A single point is a constant; beyond float32 a row is refused."""
    assert_agrees(IsotonicRegression().fit([3.0, 3.0], [1.0, 2.0]), np.array([[3.0], [4.0]]))
    x = np.array([[1.0], [2.0]], dtype=np.float32)
    single = IsotonicRegression(out_of_bounds="clip").fit(x, x.ravel())
    with pytest.raises(InputError):
        compile_fitted(single, x).predict([[1e39]])


@pytest.mark.parametrize("stored", [True, False])
def test_elliptic_envelope(stored: bool) -> None:
    """Outliers are far away, measured by a covariance that may have to be inverted first."""
    model = EllipticEnvelope(store_precision=stored, random_state=0).fit(X)
    compiled = assert_agrees(model, X, np.concatenate([X, X * 3]), tolerance=1e-11)
    assert set(compiled.predict(X).tolist()) == {-1, 1}
