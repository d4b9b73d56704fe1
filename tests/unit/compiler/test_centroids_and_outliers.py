"""Nearest centroids and local outlier factors: compiled, they answer as scikit-learn does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor, NearestCentroid

from poner.artifacts import FloatArray
from poner.errors import ModelUnreadableError
from tests.support.compiling import assert_agrees, assert_proved_elsewhere, compile_fitted
from tests.support.versions import OTHER_VERSIONS

CLOSE = 1e-10


def make(n_classes: int = 3, n_features: int = 4) -> tuple[FloatArray, Any]:
    """Random rows and classes, the last of which are rarer."""
    random = np.random.default_rng(0)
    X = random.normal(size=(120, n_features))
    return X, np.minimum(random.integers(0, 2 * n_classes, 120), n_classes - 1)


def hard(X: FloatArray) -> FloatArray:
    """Rows that are zero, tiny, large and ordinary."""
    width = X.shape[1]
    extremes = [np.zeros(width), np.full(width, 1e-300), np.full(width, 1e3)]
    return np.concatenate([np.array(extremes), X[:20] + 0.01])


@pytest.mark.filterwarnings("ignore:.*zero standard deviation.*")
@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"metric": "manhattan"},
        {"shrink_threshold": 0.5},
        {"priors": "empirical"},
        {"priors": "empirical", "metric": "manhattan"},
    ],
    ids=str,
)
def test_centroids(settings: dict[str, Any], n_classes: int) -> None:
    """Every metric, shrunk centres and priors agree, with a constant feature."""
    X, y = make(n_classes)
    X[:, 3] = 7.0
    names = np.array([f"class {i}" for i in range(n_classes)])[y]
    model = NearestCentroid(**settings).fit(X, names)
    assert_agrees(model, X, hard(X), CLOSE, excused="shrink_threshold" in settings)


def test_rows_between_centroids() -> None:
    """If two centres are equally near, the proof accepts either label."""
    X = np.array([[0.1, 0.3], [0.3, 0.1], [0.7, 0.3], [0.5, 0.1], [0.4, 0.2], [0.4, 0.7]])
    compile_fitted(NearestCentroid().fit(X[:4], [0, 0, 1, 1]), X)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"n_neighbors": 5, "metric": "manhattan"},
        {"p": 3},
        {"metric": "cosine"},
        {"contamination": 0.1, "algorithm": "brute"},
        {"n_neighbors": 500},
    ],
    ids=str,
)
def test_local_outlier_factor(settings: dict[str, Any]) -> None:
    """Outliers among new rows, for several metrics and numbers of neighbours."""
    X, _ = make()
    model = LocalOutlierFactor(novelty=True, **settings).fit(X)
    assert_agrees(model, X, hard(X), CLOSE)


@pytest.mark.filterwarnings("ignore:Duplicate values")
def test_local_outlier_factor_of_duplicates() -> None:
    """Rows with more duplicates than neighbours agree."""
    X, _ = make()
    X = np.concatenate([X[:40], np.repeat(X[:5], 10, axis=0)])
    for algorithm in ("kd_tree", "brute"):
        model = LocalOutlierFactor(n_neighbors=5, novelty=True, algorithm=algorithm).fit(X)
        compile_fitted(model, X)


def test_damaged_states_are_refused() -> None:
    """Arrays whose shapes disagree are refused."""
    X, y = make()
    for model, name, value in (
        (NearestCentroid().fit(X, y), "centroids_", np.ones((2, 4))),
        (NearestCentroid().fit(X, y), "class_prior_", np.ones(2)),
        (NearestCentroid().fit(X, y), "within_class_std_dev_", np.ones(2)),
        (LocalOutlierFactor(novelty=True).fit(X), "_lrd", np.ones(2)),
        (LocalOutlierFactor(novelty=True).fit(X), "_distances_fit_X_", np.ones((120, 2))),
    ):
        setattr(model, name, value)
        with pytest.raises(ModelUnreadableError):
            compile_fitted(model, X)


_SCRIPT = """
import pickle, numpy
from sklearn.neighbors import LocalOutlierFactor, NearestCentroid
random = numpy.random.default_rng(0)
X, y = random.normal(size=(80, 4)), random.integers(0, 3, 80)
models = [
    NearestCentroid().fit(X, numpy.array(["a", "b", "c"])[y]),
    NearestCentroid(metric="manhattan", shrink_threshold=0.3).fit(X, y > 0),
    LocalOutlierFactor(novelty=True).fit(X),
]
for number, model in enumerate(models):
    with open(f"{number}.pkl", "wb") as file:
        pickle.dump(model, file)
pickle.dump(models[0], open("clf.sav", "wb"))
"""


@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_other_versions(version: str, tmp_path: Path) -> None:
    """Models of older versions are read and proved."""
    assert_proved_elsewhere(version, _SCRIPT, tmp_path)
