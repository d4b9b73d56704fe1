"""Mixtures of normal distributions: compiled, they answer as scikit-learn does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import digamma as scipy_digamma
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poner.artifacts import FloatArray
from poner.compiler.converters.mixtures import digamma
from poner.errors import ModelUnreadableError
from tests.support.compiling import assert_agrees, assert_proved_elsewhere, compile_fitted
from tests.support.versions import OTHER_VERSIONS

pytestmark = pytest.mark.filterwarnings("ignore")

COVARIANCES = ["full", "tied", "diag", "spherical"]


def make(n_features: int = 4) -> FloatArray:
    """Three clouds of different sizes, of correlated columns."""
    random = np.random.default_rng(0)
    turn = random.normal(size=(n_features, n_features))
    centres = random.normal(0, 5, (3, n_features))
    sizes = np.repeat([0, 1, 2], [90, 60, 30])
    return np.asarray(centres[sizes] + random.normal(size=(180, n_features)) @ turn)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("n_components", [1, 3, 8])
def test_gaussian_mixture(covariance: str, n_components: int) -> None:
    """Component and shares for each form of the covariances."""
    X = make()
    model = GaussianMixture(n_components, covariance_type=covariance, random_state=0).fit(X)
    assert_agrees(model, X, np.concatenate([X + 0.1, 3.0 * X, np.zeros((1, 4))]), 1e-9)


@pytest.mark.parametrize("prior", ["dirichlet_process", "dirichlet_distribution"])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_bayesian_mixture(covariance: str, prior: str) -> None:
    """More components than the data has, so that some of them end with almost no weight."""
    X = make()
    model = BayesianGaussianMixture(
        n_components=6,
        covariance_type=covariance,
        weight_concentration_prior_type=prior,
        random_state=0,
    ).fit(X)
    assert_agrees(model, X, np.concatenate([X + 0.1, 3.0 * X, np.zeros((1, 4))]), 1e-9)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_mixtures_fitted_in_single_precision(covariance: str) -> None:
    """Constants have the precision of the fitted arrays."""
    X = make().astype(np.float32)
    settings: dict[str, Any] = {"covariance_type": covariance, "random_state": 0}
    for model in (
        GaussianMixture(3, **settings).fit(X),
        BayesianGaussianMixture(n_components=3, **settings).fit(X),
    ):
        assert_agrees(model, X.astype(np.float64), tolerance=1e-9)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_columns_far_from_zero(covariance: str) -> None:
    """Logarithms are then differences of large terms, and their error is that of these."""
    X = make() + 1e3
    model = make_pipeline(
        StandardScaler(with_mean=False),
        GaussianMixture(3, covariance_type=covariance, random_state=0),
    ).fit(X)
    assert_agrees(model, X, tolerance=1e-6, excused=True)


def test_digamma() -> None:
    """Small and large arguments, those of whole numbers and halves among them."""
    x = np.concatenate([np.arange(1, 200) / 2, np.geomspace(1e-6, 1e12, 500)])
    np.testing.assert_allclose(digamma(x), scipy_digamma(x), rtol=1e-14, atol=1e-15)


def test_damaged_states_are_refused() -> None:
    """Arrays that do not fit each other are no fitted model."""
    X = make()
    for name, value in (
        ("precisions_cholesky_", np.ones((3, 4))),
        ("weights_", np.ones(2)),
        ("means_", np.ones((3, 5))),
        ("covariance_type", "oblong"),
        ("degrees_of_freedom_", np.full(3, 1.0)),
        ("weight_concentration_", (np.ones(3), np.ones(2))),
    ):
        model = BayesianGaussianMixture(n_components=3, random_state=0).fit(X)
        if name == "weights_":
            model = GaussianMixture(3, random_state=0).fit(X)
        setattr(model, name, value)
        with pytest.raises(ModelUnreadableError):
            compile_fitted(model, X)


_SCRIPT = """
import pickle, numpy
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
random = numpy.random.default_rng(0)
X = numpy.concatenate([random.normal(size=(60, 3)), random.normal(4, 2, (60, 3))])
for covariance in ("full", "tied", "diag", "spherical"):
    for model in (
        GaussianMixture(2, covariance_type=covariance, random_state=0),
        BayesianGaussianMixture(n_components=2, covariance_type=covariance, random_state=0),
    ):
        with open(f"{type(model).__name__}-{covariance}.pkl", "wb") as file:
            pickle.dump(model.fit(X), file)
pickle.dump(model, open("clf.sav", "wb"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_other_versions(version: str, tmp_path: Path) -> None:
    """Models of older versions are read and proved."""
    assert_proved_elsewhere(version, _SCRIPT, tmp_path)
