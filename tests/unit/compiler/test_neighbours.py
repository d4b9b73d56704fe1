"""Compiled nearest neighbours answer as scikit-learn does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)

from poner.artifacts import FloatArray
from poner.errors import InputError, ModelUnreadableError, NotSupportedError
from tests.support.compiling import assert_agrees, assert_proved_elsewhere, compile_fitted
from tests.support.versions import OTHER_VERSIONS

CLOSE = 1e-10
METRICS: list[dict[str, Any]] = [
    {"metric": "euclidean"},
    {"metric": "sqeuclidean", "algorithm": "brute"},
    {"metric": "l1"},
    {"metric": "chebyshev"},
    {"metric": "cosine"},
    {"p": 3},
    {"p": 1.5, "algorithm": "brute"},
    {"metric_params": {"w": np.array([0.5, 1.0, 2.0, 0.0])}, "algorithm": "ball_tree"},
    {"algorithm": "ball_tree"},
    {"algorithm": "brute"},
]


def make(n_classes: int = 3, n_rows: int = 150, n_features: int = 4) -> tuple[FloatArray, Any]:
    """Random rows and classes."""
    random = np.random.default_rng(0)
    return random.normal(size=(n_rows, n_features)), random.integers(0, n_classes, n_rows)


def hard(X: FloatArray) -> FloatArray:
    """Rows that are tiny, large and ordinary."""
    width = X.shape[1]
    return np.concatenate([np.full((1, width), 1e-300), np.full((1, width), 1e3), X[:20] + 0.01])


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("settings", METRICS, ids=str)
def test_metrics(settings: dict[str, Any], weights: str) -> None:
    """Every metric and search algorithm agrees, for classes and for numbers."""
    X, y = make()
    assert_agrees(KNeighborsClassifier(weights=weights, **settings).fit(X, y), X, hard(X), CLOSE)
    regressor = KNeighborsRegressor(weights=weights, **settings).fit(X, X[:, 0] ** 2)
    assert_agrees(regressor, X, hard(X), CLOSE)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("k", [1, 2, 75, 150])
def test_any_number_of_neighbours(k: int, weights: str) -> None:
    """Any number of neighbours agrees, from one to all points."""
    X, y = make(10)
    assert_agrees(KNeighborsClassifier(k, weights=weights).fit(X, y), X, hard(X), CLOSE)
    assert_agrees(KNeighborsRegressor(k, weights=weights).fit(X, y), X, hard(X), CLOSE)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_more_neighbours_than_fit_on_a_stack(weights: str) -> None:
    """Thousands of neighbours among thousands of points agree."""
    X, y = make(3, 3000, 2)
    assert_agrees(KNeighborsRegressor(2000, weights=weights).fit(X, y), X[:50], hard(X), CLOSE)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_three_outputs(weights: str) -> None:
    """Three outputs agree, each with its own classes."""
    X, y = make(3)
    many = np.stack([y, y % 2, (y * 3) % 5], axis=1)
    assert_agrees(KNeighborsClassifier(weights=weights).fit(X, many), X, hard(X), CLOSE)
    assert_agrees(KNeighborsRegressor(weights=weights).fit(X, X[:, :3]), X, hard(X), CLOSE)
    radius = RadiusNeighborsClassifier(4.0, weights=weights, outlier_label="most_frequent")
    assert_agrees(radius.fit(X, many), X, hard(X), CLOSE)


@pytest.mark.parametrize(
    "names", [["no", "yes", "maybe"], [False, True], [7, 3, 5], [1.0, 2.0, 9.0]], ids=str
)
def test_classes_of_any_kind(names: list[Any]) -> None:
    """Labels may be texts, booleans, integers or floats."""
    X, y = make(len(names))
    assert_agrees(KNeighborsClassifier().fit(X, np.array(names)[y]), X, hard(X), CLOSE)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("settings", METRICS, ids=str)
def test_radius(settings: dict[str, Any], weights: str) -> None:
    """Points within a radius count; a row without any gives NaN, or the label for outliers."""
    X, y = make()
    radius = 0.05 if settings.get("metric") == "cosine" else 0.9
    settings = {**settings, "weights": weights}
    if settings.get("metric") == "chebyshev" and weights == "uniform":
        settings["algorithm"] = "brute"
    regressor = RadiusNeighborsRegressor(radius, **settings).fit(X, X[:, 0])
    excused = settings.get("metric") == "cosine"
    assert_agrees(regressor, X, hard(X), CLOSE, excused=excused)
    classifier = RadiusNeighborsClassifier(radius, outlier_label=1, **settings).fit(X, y)
    assert_agrees(classifier, X, hard(X), CLOSE, excused=excused)


def test_label_for_outliers_where_classes_are_counted_apart() -> None:
    """scikit-learn then takes the label for a class's number; so must the compiled model."""
    X, y = make()
    names = np.array([2, 1, 7])[y]
    for label in (1, 2, 7, "most_frequent"):
        model = RadiusNeighborsClassifier(
            0.5, metric="manhattan", algorithm="brute", outlier_label=label
        )
        assert_agrees(model.fit(X, names), X, hard(X), CLOSE)


def test_outliers_without_a_label_are_refused() -> None:
    """As scikit-learn refuses rows without neighbours, so does the compiled model."""
    X, y = make()
    compiled = compile_fitted(RadiusNeighborsClassifier(0.7).fit(X, y), X)
    with pytest.raises(InputError, match="Row 1 "):
        compiled.predict(np.full((1, 4), 50.0))


def test_integer_targets_without_neighbours() -> None:
    """Without neighbours, an integer target is numpy's cast of NaN, as in scikit-learn."""
    X, y = make()
    with np.errstate(invalid="ignore"):
        assert_agrees(RadiusNeighborsRegressor(0.7).fit(X, y), X, hard(X), CLOSE)


@pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_rows_of_training_and_their_duplicates(weights: str, algorithm: str, offset: float) -> None:
    """The proof holds on training rows, and where equally far points differ in class."""
    X, y = make(3, 60, 20)
    X = np.concatenate([X, X, np.round(X)]) + offset
    y = np.concatenate([y, y[::-1], y])
    settings = {"weights": weights, "algorithm": algorithm}
    compile_fitted(KNeighborsClassifier(3, **settings).fit(X, y), X)
    compile_fitted(KNeighborsRegressor(3, **settings).fit(X, y * 1.0), X)
    compile_fitted(RadiusNeighborsRegressor(2.0, **settings).fit(X, y * 1.0), X)


def test_rows_on_a_grid() -> None:
    """The proof holds where many points are equally far, or exactly on the radius."""
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    y = np.arange(64) % 3
    for algorithm in ("brute", "kd_tree"):
        compile_fitted(KNeighborsClassifier(5, algorithm=algorithm).fit(grid, y), grid)
        compile_fitted(RadiusNeighborsClassifier(1.0, algorithm=algorithm).fit(grid, y), grid)


def test_missing_values() -> None:
    """nan_euclidean leaves out columns that are missing in either row."""
    X, y = make(3)
    X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
    model = KNeighborsClassifier(metric="nan_euclidean").fit(X, y)
    compiled = assert_agrees(model, X, X[:30] + 0.01, CLOSE, excused=True)
    assert compiled.parity is not None
    assert "missing" in compiled.parity.rows_by_kind


def test_rows_with_ties_are_counted() -> None:
    """Rows of whole numbers are often equally near: differences there count as ties."""
    random = np.random.default_rng(0)
    ranges = ((20, 80), (0, 10), (0, 2))
    X = np.stack([random.integers(*ends, 1000).astype(float) for ends in ranges], axis=1)
    model = KNeighborsRegressor().fit(X, X[:, 0] + random.normal(size=1000))
    compiled = compile_fitted(model, X)
    parity = compiled.parity
    assert parity is not None
    differs = ~np.isclose(compiled.predict(X), model.predict(X), rtol=CLOSE)
    assert parity.rows_tied >= np.sum(differs) > 300
    assert parity.rows_equal == parity.rows_tried - parity.rows_tied
    assert parity.tied_among == ("neighbours",)
    assert parity.outputs[0].largest_difference < CLOSE < parity.outputs[0].largest_tied_difference


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_points_of_other_types(dtype: Any) -> None:
    """Points of other types than float64, and sparse points, agree."""
    X, y = make()
    points = (X * 100).astype(dtype)
    rows = points.astype(np.float64)
    model = KNeighborsClassifier(weights="distance").fit(points, y)
    assert_agrees(model, rows, hard(rows), CLOSE, excused=True)
    sparse = KNeighborsRegressor().fit(scipy.sparse.csr_matrix(np.maximum(X, 0.0)), y)
    assert_agrees(sparse, X, hard(X), CLOSE, excused=True)


def _weigh(distances: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + distances)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"weights": _weigh}, "its weights are a function"),
        ({"metric": "canberra"}, "its metric 'canberra'"),
        ({"metric": lambda a, b: abs(a - b).sum()}, "its metric is a function"),
    ],
    ids=["weights", "canberra", "function"],
)
def test_what_is_not_supported(settings: dict[str, Any], reason: str) -> None:
    """The user's own functions and other metrics are refused by name."""
    X, y = make()
    with pytest.raises(NotSupportedError, match=reason):
        compile_fitted(KNeighborsClassifier(**settings).fit(X, y), X)


def test_a_label_for_outliers_that_is_no_class() -> None:
    """A label for outliers is refused if it is not one of the classes."""
    X, y = make()
    with pytest.raises(NotSupportedError, match="outlier_label 77"):
        compile_fitted(RadiusNeighborsClassifier(0.5, outlier_label=77).fit(X, y), X)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_y", np.full(150, 9)),
        ("_y", np.zeros(3, int)),
        ("n_neighbors", 151),
        ("_fit_X", np.ones((150, 9))),
    ],
)
def test_damaged_states_are_refused(name: str, value: Any) -> None:
    """Arrays whose shapes disagree are refused."""
    X, y = make()
    model = KNeighborsClassifier().fit(X, y)
    setattr(model, name, value)
    with pytest.raises(ModelUnreadableError):
        compile_fitted(model, X)


_SCRIPT = """
import pickle, numpy
from sklearn.neighbors import (KNeighborsClassifier, KNeighborsRegressor,
    RadiusNeighborsClassifier, RadiusNeighborsRegressor)
random = numpy.random.default_rng(0)
X, y = random.normal(size=(80, 4)), random.integers(0, 3, 80)
names = numpy.array(["a", "b", "c"])[y]
models = [
    KNeighborsClassifier().fit(X, names),
    KNeighborsClassifier(50, weights="distance").fit(X, names),
    KNeighborsClassifier(metric="manhattan", algorithm="brute").fit(X, y),
    KNeighborsClassifier(p=3, weights="distance").fit(X, numpy.stack([y, y % 2], axis=1)),
    KNeighborsRegressor(metric="cosine").fit(X, X[:, :2]),
    RadiusNeighborsClassifier(0.8, outlier_label="a").fit(X, names),
    RadiusNeighborsClassifier(0.8, metric="l1", algorithm="brute", outlier_label=1).fit(X, y),
    RadiusNeighborsRegressor(0.8, weights="distance").fit(X, X[:, 0]),
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
