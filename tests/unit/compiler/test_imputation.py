"""Imputers and indicators of missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes it importable
from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeRegressor

from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted

RANDOM = np.random.default_rng(7)
FULL = RANDOM.normal(size=(120, 4)) * [1.0, 5.0, 0.1, 1.0] + [0.0, 1.0, 0.0, 2.0]
GAPS = np.where(RANDOM.random(FULL.shape) < 0.2, np.nan, FULL)
GAPS[:, 3] = FULL[:, 3]
GAPS[5, :3] = np.nan
EMPTY = np.where(np.arange(4) == 1, np.nan, GAPS)
WHOLE = np.round(FULL)
y = FULL[:, 0] + RANDOM.normal(size=120) * 0.1


@pytest.mark.parametrize("indicator", [False, True])
@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
@pytest.mark.parametrize("rows", [GAPS, EMPTY], ids=["gaps", "empty column"])
def test_simple_imputer(rows: Any, strategy: str, *, indicator: bool) -> None:
    """All strategies, bit for bit; a column without any value is dropped."""
    imputer = SimpleImputer(strategy=strategy, add_indicator=indicator, fill_value=None)
    model = make_pipeline(imputer, DecisionTreeRegressor(random_state=0)).fit(rows, y)
    assert_agrees(model, rows, tolerance=0.0)


def test_empty_columns_can_be_kept() -> None:
    """With keep_empty_features an empty column becomes 0 or the constant."""
    for strategy in ("mean", "constant"):
        imputer = SimpleImputer(strategy=strategy, keep_empty_features=True, fill_value=3.0)
        model = make_pipeline(imputer, DecisionTreeRegressor(random_state=0)).fit(EMPTY, y)
        assert_agrees(model, EMPTY, tolerance=0.0)


@pytest.mark.parametrize(
    "transformer",
    [
        SimpleImputer(missing_values=0.0, add_indicator=True),
        SimpleImputer(missing_values=-1, strategy="most_frequent"),
        MissingIndicator(missing_values=0.0),
        MissingIndicator(missing_values=0.0, features="all"),
        MissingIndicator(missing_values=1.0, error_on_new=False),
        KNNImputer(missing_values=0.0, n_neighbors=2),
    ],
    ids=str,
)
def test_other_values_can_be_missing(transformer: Any) -> None:
    """If a number marks missing values, NaN is refused."""
    rows = FULL.copy()
    rows[::4, 0] = 0.0
    rows[1::4, 1] = -1.0
    rows[2::4, 2] = 1.0
    model = make_pipeline(transformer, DecisionTreeRegressor(random_state=0)).fit(rows, y)
    compiled = assert_agrees(model, rows)
    assert compiled.refusals(np.full((1, 4), np.nan)).all()


def test_new_gaps_are_refused() -> None:
    """An indicator refuses a missing value in a column that had none, unless told otherwise."""
    model = make_pipeline(MissingIndicator(), DecisionTreeRegressor(random_state=0)).fit(GAPS, y)
    compiled = assert_agrees(model, GAPS)
    assert compiled.refusals(np.where(np.arange(4) == 3, np.nan, FULL[:1])).all()
    model = make_pipeline(
        MissingIndicator(error_on_new=False), DecisionTreeRegressor(random_state=0)
    )
    compiled = assert_agrees(model.fit(GAPS, y), GAPS)
    assert not compiled.refusals(np.where(np.arange(4) == 3, np.nan, FULL[:1])).any()


TEXTS = pd.DataFrame(
    {
        "city": RANDOM.choice(["Bern", "Rome", "?"], 120),
        "rooms": RANDOM.integers(0, 3, 120),
    }
)
TEXTS.loc[::5, "city"] = np.nan


@pytest.mark.parametrize(
    "imputer",
    [
        SimpleImputer(strategy="most_frequent"),
        SimpleImputer(strategy="most_frequent", add_indicator=True),
        SimpleImputer(strategy="constant", fill_value="nowhere"),
        SimpleImputer(strategy="constant", fill_value="Rome"),
    ],
    ids=str,
)
def test_missing_texts(imputer: Any) -> None:
    """A missing text becomes the most frequent text, or a new text."""
    steps = ColumnTransformer(
        [("city", make_pipeline(imputer, OneHotEncoder()), ["city"])], remainder="passthrough"
    )
    model = make_pipeline(steps, DecisionTreeRegressor(random_state=0)).fit(TEXTS, y)
    assert_agrees(model, TEXTS, tolerance=0.0)


def test_a_text_can_stand_for_what_is_missing() -> None:
    """missing_values can be a text, such as a question mark, or None."""
    marked = TEXTS.assign(city=TEXTS["city"].fillna("?"))
    none = TEXTS.astype({"city": object}).where(TEXTS.notna(), None)
    for table, missing in ((marked, "?"), (none, None)):
        imputer = SimpleImputer(strategy="most_frequent", missing_values=missing)
        places = ColumnTransformer([("c", make_pipeline(imputer, OrdinalEncoder()), ["city"])])
        model = make_pipeline(places, DecisionTreeRegressor(random_state=0)).fit(table, y)
        assert_agrees(model, table, tolerance=0.0)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("n_neighbors", [1, 5, 500])
def test_nearest_neighbours(n_neighbors: int, weights: str) -> None:
    """A missing value becomes the mean of the nearest rows that have it, or else of all rows."""
    imputer = KNNImputer(n_neighbors=n_neighbors, weights=weights, add_indicator=True)
    model = make_pipeline(imputer, LinearRegression()).fit(GAPS, y)
    assert_agrees(model, GAPS, tolerance=1e-7, excused=weights == "distance")


@pytest.mark.parametrize("keep", [False, True])
def test_nearest_neighbours_without_a_column(*, keep: bool) -> None:
    """A column without any value is dropped, or kept as 0."""
    imputer = KNNImputer(keep_empty_features=keep)
    model = make_pipeline(imputer, LinearRegression()).fit(EMPTY, y)
    assert_agrees(model, EMPTY, tolerance=1e-7)


def test_neighbours_that_tie() -> None:
    """Rows between equally far donors count as ties, since scikit-learn's choice is arbitrary."""
    rows = np.where(RANDOM.random(WHOLE.shape) < 0.2, np.nan, WHOLE)
    model = make_pipeline(KNNImputer(n_neighbors=3), DecisionTreeRegressor(max_depth=3))
    compiled = compile_fitted(model.fit(rows, y), rows)
    assert compiled.parity is not None


def test_distances_of_ones_own_are_not_supported() -> None:
    """A metric that is the user's function is refused."""
    model = make_pipeline(KNNImputer(weights=lambda distances: distances), LinearRegression())
    with pytest.raises(NotSupportedError, match="weights are a function"):
        compile_fitted(model.fit(GAPS, y), GAPS)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"add_indicator": True, "keep_empty_features": True},
        {"n_nearest_features": 2, "imputation_order": "roman", "min_value": -1, "max_value": 2},
    ],
    ids=["plain", "kept", "limited"],
)
@pytest.mark.parametrize("rows", [GAPS, EMPTY], ids=["gaps", "empty column"])
@pytest.mark.parametrize("regressor", [Ridge(), DecisionTreeRegressor(max_depth=3)], ids=str)
def test_imputing_in_rounds(regressor: Any, rows: Any, settings: dict[str, Any]) -> None:
    """The regressors of each round agree, in their order."""
    imputer = IterativeImputer(regressor, max_iter=3, random_state=0, tol=10.0, **settings)
    model = make_pipeline(imputer, LinearRegression()).fit(rows, y)
    assert_agrees(model, rows, tolerance=1e-9)


def test_drawn_values_are_not_supported() -> None:
    """Values drawn from a posterior differ from call to call."""
    imputer = IterativeImputer(sample_posterior=True, max_iter=1, random_state=0, tol=10.0)
    model = make_pipeline(imputer, LinearRegression()).fit(GAPS, y)
    with pytest.raises(NotSupportedError, match="at random"):
        compile_fitted(model, GAPS)
