"""Gradient boosting from an init estimator, and histogram boosting with categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn._loss.loss import HalfGammaLoss, HalfSquaredError
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from poner.errors import ModelUnreadableError, NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.ensembles import hard_rows, make_classes, make_values

FEW: dict[str, Any] = {"n_estimators": 8, "random_state": 0}
FOREST = RandomForestClassifier(5, max_depth=3, random_state=0)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
STARTS = [
    FOREST,
    TREE,
    VotingClassifier([("a", FOREST), ("b", TREE)], voting="soft"),
    GradientBoostingClassifier(n_estimators=2),
    DummyClassifier(strategy="prior"),
]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("start", STARTS, ids=lambda start: type(start).__name__)
def test_classifiers_start_from_another(start: Any, n_classes: int) -> None:
    """The trees are added to the init estimator's probabilities, taken as scores."""
    X, y = make_classes(n_classes)
    assert_agrees(GradientBoostingClassifier(init=start, **FEW).fit(X, y), X, hard_rows())


def test_exponential_loss_starts_from_another() -> None:
    """The start values are half the scores."""
    X, y = make_classes(2)
    model = GradientBoostingClassifier(init=FOREST, loss="exponential", **FEW).fit(X, y)
    assert_agrees(model, X, hard_rows())


@pytest.mark.parametrize(
    "start",
    [RandomForestRegressor(4, random_state=0), HistGradientBoostingRegressor(max_iter=3)],
    ids=lambda start: type(start).__name__,
)
def test_regressors_that_start_from_trees_have_equal_bits(start: Any) -> None:
    """The sum begins with the init estimator's value, then adds tree after tree."""
    X, y = make_values()
    model = GradientBoostingRegressor(init=start, **FEW).fit(X, y)
    assert_agrees(model, X, hard_rows(), tolerance=0.0)


def test_a_start_in_single_precision_is_refused() -> None:
    """Boosting fits its start on float32; a line's float32 sums depend on the batch."""
    X, y = make_values()
    model = GradientBoostingRegressor(init=LinearRegression(), **FEW).fit(X, y)
    with pytest.raises(NotSupportedError, match=r"/init: .*float32"):
        compile_fitted(model, X)


def make_categories() -> tuple[Any, Any]:
    """X with categories in columns 1 and 3 and gaps in all, and a target that depends on all."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(500, 5))
    X[:, 1], X[:, 3] = draw.integers(0, 7, 500), 9 * draw.integers(0, 20, 500)
    y = X[:, 0] * 3 + np.sin(X[:, 3]) * 5 + (X[:, 1] == 3) * 4 + X[:, 4]
    X[draw.random(X.shape) < 0.05] = np.nan
    return X, y


OF_COLUMNS = [
    HistGradientBoostingRegressor(max_iter=10, categorical_features=[1, 3], min_samples_leaf=5),
    HistGradientBoostingRegressor(
        max_iter=8, categorical_features=[False, True, False, False, False], loss="poisson"
    ),
    HistGradientBoostingRegressor(max_iter=5, monotonic_cst=[1, 0, 0, 0, -1]),
    HistGradientBoostingRegressor(max_iter=5, interaction_cst="pairwise", loss="absolute_error"),
    pytest.param(HistGradientBoostingRegressor(max_iter=2, loss=HalfGammaLoss()), id="gamma"),
    pytest.param(HistGradientBoostingRegressor(max_iter=2, loss=HalfSquaredError()), id="squares"),
]


@pytest.mark.parametrize("model", OF_COLUMNS, ids=str)
def test_histogram_boosting_with_options(model: Any) -> None:
    """Categories by index or mask, constraints and losses: the raw scores have equal bits."""
    X, y = make_categories()
    compiled = assert_agrees(model.fit(X, np.abs(y) + 0.1), X)
    assert compiled.parity is not None
    assert compiled.parity.outputs[0].largest_difference == 0.0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_from_categories(n_classes: int) -> None:
    """Raw scores are equal with one tree an iteration, and with one tree a class."""
    X, y = make_categories()
    labels = np.array(["low", "mid", "high"])[np.digitize(y, [-2, 2][: n_classes - 1])]
    model = HistGradientBoostingClassifier(
        max_iter=8, categorical_features=[3, 1], min_samples_leaf=5
    )
    assert_agrees(model.fit(X, labels), X)


@pytest.mark.parametrize("how", ["from_dtype", ["town", "count"]], ids=str)
def test_categories_of_a_data_frame(how: Any) -> None:
    """Texts and numbers as categories, by their dtype or by name."""
    X, y = make_categories()
    frame = pd.DataFrame({"size": X[:, 0], "count": X[:, 1], "age": X[:, 2]})
    towns = np.array(["Bonn", "Kiel", "Ulm", "Jena"])
    frame["town"] = pd.Categorical(towns[(y.astype(int)) % 4])
    frame["count"] = frame["count"].astype("category" if how == "from_dtype" else float)
    model = HistGradientBoostingRegressor(
        max_iter=8, categorical_features=how, min_samples_leaf=5
    ).fit(frame, y)
    compiled = compile_fitted(model, frame)
    assert compiled.signature.features[3].kind == "category"
    np.testing.assert_array_equal(compiled.predict(frame), model.predict(frame))


def test_damaged_categories_are_refused() -> None:
    """Nodes with missing sets, and known categories that are invalid, are refused."""
    X, y = make_categories()

    def fitted() -> Any:
        return HistGradientBoostingRegressor(max_iter=3, categorical_features=[3]).fit(X, y)

    model = fitted()
    for (tree,) in model._predictors:
        tree.raw_left_cat_bitsets = tree.raw_left_cat_bitsets[:0]
    with pytest.raises(ModelUnreadableError):
        compile_fitted(model, X)
    model = fitted()
    place = int(np.flatnonzero(model._bin_mapper.is_categorical_)[0])
    model._bin_mapper.bin_thresholds_[place] = np.array([1.0, 1e9])
    with pytest.raises(ModelUnreadableError):
        compile_fitted(model, X)
