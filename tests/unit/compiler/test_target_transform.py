"""A compiled TransformedTargetRegressor agrees, for every transformation of its target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.ensembles import hard_rows, make_values

LINE = LinearRegression()
TREE = DecisionTreeRegressor(max_depth=4, random_state=0)

TRANSFORMERS = [
    None,
    StandardScaler(),
    StandardScaler(with_mean=False),
    MinMaxScaler((-1, 3)),
    MaxAbsScaler(),
    RobustScaler(),
    PowerTransformer(),
    PowerTransformer(standardize=False),
    PowerTransformer("box-cox"),
    QuantileTransformer(n_quantiles=40),
    QuantileTransformer(n_quantiles=40, output_distribution="normal"),
    FunctionTransformer(np.sqrt, np.square),
    make_pipeline(FunctionTransformer(np.log1p, np.expm1), StandardScaler()),
]


@pytest.mark.parametrize("regressor", [LINE, TREE], ids=["line", "tree"])
@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_transformers_lead_back(transformer: Any, regressor: Any) -> None:
    """Predictions are on the target's own scale, also beyond the training range."""
    X, y = make_values()
    model = TransformedTargetRegressor(regressor, transformer=transformer).fit(X, y)
    assert_agrees(model, X, np.clip(hard_rows(), -50, 50))


@pytest.mark.parametrize(
    ("there", "back"), [(np.log1p, np.expm1), (np.log, np.exp), (np.sqrt, np.square)]
)
def test_functions_lead_back(there: Any, back: Any) -> None:
    """Named functions of numpy agree."""
    X, y = make_values()
    model = TransformedTargetRegressor(TREE, func=there, inverse_func=back).fit(X, y)
    assert_agrees(model, X, hard_rows())


def test_scaled_targets_of_a_forest_have_equal_bits() -> None:
    """Multiplying and adding are exact."""
    X, y = make_values()
    forest = RandomForestRegressor(5, random_state=0)
    model = TransformedTargetRegressor(forest, transformer=StandardScaler()).fit(X, y)
    assert_agrees(model, X, hard_rows(), tolerance=0.0)


@pytest.mark.parametrize(
    "transformer",
    [
        StandardScaler(),
        PowerTransformer(),
        QuantileTransformer(n_quantiles=30),
        FunctionTransformer(np.log, np.exp),
    ],
    ids=str,
)
def test_several_targets(transformer: Any) -> None:
    """Each target has its own scale."""
    X, Y = make_values(n_outputs=3)
    model = TransformedTargetRegressor(LINE, transformer=transformer).fit(X, Y * [1, 10, 0.1])
    assert_agrees(model, X, X * 1.1)


@pytest.mark.parametrize("power", [0.0, 2.0, 1.0, -1.5, 0.5])
def test_all_branches_of_the_power_transform(power: float) -> None:
    """Yeo-Johnson's separate curves at 0 and at 2 agree."""
    X, y = make_values()
    model = TransformedTargetRegressor(LINE, transformer=PowerTransformer()).fit(X, y - 1)
    model.transformer_.lambdas_ = np.array([power])
    assert_agrees(model, X)


def test_functions_without_a_name_are_refused() -> None:
    """A lambda cannot be computed natively."""
    X, y = make_values()
    model = TransformedTargetRegressor(LINE, func=lambda y: y, inverse_func=lambda y: y).fit(X, y)
    with pytest.raises(NotSupportedError, match="transformer_"):
        compile_fitted(model, X)


def test_transformers_without_a_way_back_here_are_refused() -> None:
    """The error names the transformer."""
    X, Y = make_values(n_outputs=3)
    from sklearn.decomposition import PCA

    model = TransformedTargetRegressor(LINE, transformer=PCA(2)).fit(X, Y)
    with pytest.raises(NotSupportedError, match="inverse of PCA"):
        compile_fitted(model, X)
