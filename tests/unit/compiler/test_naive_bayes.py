"""Naive Bayes: compiled, it answers as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)

from poner.errors import InputError
from tests.support.compiling import assert_agrees, compile_fitted

pytestmark = pytest.mark.filterwarnings("ignore")

DISCRETE = [
    MultinomialNB(),
    MultinomialNB(alpha=0.0),
    MultinomialNB(fit_prior=False),
    ComplementNB(),
    ComplementNB(norm=True),
    BernoulliNB(),
    BernoulliNB(binarize=1.5),
    CategoricalNB(),
    CategoricalNB(min_categories=20),
]


def counts(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 5) counts from 0, of which each class has one more; none that make a tie."""
    random = np.random.default_rng(0)
    y = np.arange(300) % n_classes
    X = random.poisson(2, (300, 5))
    X[np.arange(300), y % 5] += 2 + y // 5
    uneven = np.ptp(X, axis=1) > 0
    return X[uneven].astype(float), y[uneven]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", DISCRETE, ids=str)
def test_counts(model: Any, n_classes: int) -> None:
    """Labels and probabilities from counts."""
    X, y = counts(n_classes)
    assert_agrees(model.fit(X, y), X)


def test_binary_features_as_they_are() -> None:
    """Without a threshold, rows are taken as they come."""
    X, y = counts(3)
    X = (X > 2).astype(float)
    assert_agrees(BernoulliNB(binarize=None).fit(X, y), X)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_normal_features(n_classes: int, shift: float) -> None:
    """Labels and probabilities from normal distributions, near zero and far from it."""
    X, y = make_classification(300, 8, n_informative=6, n_classes=n_classes, random_state=n_classes)
    names = np.array([f"class {name}" for name in y])
    assert_agrees(GaussianNB().fit(X + shift, names), X + shift, tolerance=1e-9)


def test_many_features() -> None:
    """The sum over 300 features is taken as numpy takes it."""
    X, y = make_classification(100, 300, random_state=0)
    assert_agrees(GaussianNB(priors=[0.3, 0.7]).fit(X, y), X, X * 100, tolerance=1e-9)


@pytest.mark.parametrize("model", [MultinomialNB(), ComplementNB(), BernoulliNB()], ids=str)
def test_errors_of_long_sums_grow_with_their_terms(model: Any) -> None:
    """Thousands of binary features: a probability has the rounding of a sum of that many terms."""
    random = np.random.default_rng(0)
    X, y = (random.random((200, 4000)) < 0.3).astype(float), random.integers(0, 2, 200)
    assert_agrees(model.fit(X, y), X, tolerance=1e-9)


def test_pixels_of_digits() -> None:
    """Joint log-likelihoods of some hundreds, as those of the digits."""
    X, y = load_digits(return_X_y=True)
    assert_agrees(MultinomialNB().fit(X, y), X, tolerance=1e-9)


def test_fitted_in_single_precision() -> None:
    """Logarithms of float32 variances are taken in float32, where the version keeps them so."""
    X, y = make_classification(100, 6, random_state=0)
    assert_agrees(GaussianNB().fit(X.astype(np.float32), y), X.astype(np.float32), rows=X)


def test_constant_feature_and_single_class() -> None:
    """A feature without variance but for the smoothing, and a class without another."""
    X, y = make_classification(100, 6, random_state=0)
    X[:, 2] = 1.0
    assert_agrees(GaussianNB().fit(X, y), X)
    counted, _ = counts(2)
    for model in (GaussianNB(), MultinomialNB(), ComplementNB(), BernoulliNB()):
        assert_agrees(model.fit(counted, np.zeros(len(counted))), counted)


def test_categories_are_cut_to_whole_numbers() -> None:
    """2.9 is category 2 and -0.9 is 0: what comes in is cast to int."""
    X, y = counts(3)
    model = CategoricalNB().fit(X, y)
    rows = np.array([[2.9, 0.0, -0.9, 1.0, 1e-300]])
    compiled = compile_fitted(model, X)
    np.testing.assert_array_equal(compiled.predict(rows), model.predict(rows))
    np.testing.assert_array_equal(
        compiled.predict_proba(rows), compiled.predict_proba(np.trunc(rows))
    )


@pytest.mark.parametrize("value", [-1.0, 1000.0, 1e300, -1e300, np.nan, np.inf])
def test_what_is_no_category_is_refused(value: float) -> None:
    """Negative ones, ones beyond the largest, and what is no number."""
    X, y = counts(2)
    model = CategoricalNB().fit(X, y)
    compiled = compile_fitted(model, X)
    row = np.array([[0.0, 1.0, value, 0.0, 0.0]])
    with pytest.raises((ValueError, IndexError)):
        model.predict(row)
    with pytest.raises(InputError, match="x2"):
        compiled.predict(row)
