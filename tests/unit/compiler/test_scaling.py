"""Transformers of single values, and scalers of rows and columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    KernelCenterer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from poner.artifacts import FittedObject
from poner.compiler.fitted import get_diagonal
from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(120, 4)) * [1.0, 1e-6, 1e6, 0.0] + [0.0, 1.0, 0.0, 5.0]
X[:, 0] = np.round(X[:, 0], 1)
X[7] = 0.0
y = X[:, 0] + RANDOM.normal(size=120)
HARD = np.array([[0.0] * 4, [1e300] * 4, [-1e300] * 4, [1e-300] * 4, [-5e-324, 5e-324, -0.0, 0.0]])

EXACT = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    MinMaxScaler(),
    MinMaxScaler((-3, 2), clip=True),
    MaxAbsScaler(),
    RobustScaler(),
    RobustScaler(with_centering=False, quantile_range=(10, 90)),
    RobustScaler(with_scaling=False),
    Normalizer("max"),
    Binarizer(),
    Binarizer(threshold=0.25),
    KBinsDiscretizer(4, encode="ordinal"),
    KBinsDiscretizer(3, encode="onehot", strategy="uniform"),
    KBinsDiscretizer(3, encode="onehot-dense", strategy="kmeans"),
    FunctionTransformer(),
    FunctionTransformer(np.floor),
    FunctionTransformer(np.negative, validate=True),
]


@pytest.mark.parametrize("transformer", EXACT, ids=str)
def test_exact_transformers_before_a_tree(transformer: Any) -> None:
    """The same arithmetic gives the same bits, so a tree after them has no tolerance."""
    model = make_pipeline(transformer, DecisionTreeRegressor(random_state=0)).fit(X, y)
    compiled = assert_agrees(model, X, tolerance=0.0)
    assert compiled.parity is not None
    assert all(output.tolerance == 0.0 for output in compiled.parity.outputs)


ROUNDED = [
    Normalizer("l1"),
    Normalizer("l2"),
    PowerTransformer(),
    PowerTransformer(standardize=False),
    QuantileTransformer(n_quantiles=30),
    QuantileTransformer(n_quantiles=120, output_distribution="normal"),
]


@pytest.mark.parametrize("transformer", [*EXACT, *ROUNDED], ids=str)
def test_transformers_before_a_linear_model(transformer: Any) -> None:
    """Every transformer agrees within rounding, on hard rows too."""
    model = make_pipeline(transformer, LinearRegression()).fit(X, y)
    assert_agrees(model, X, tolerance=1e-9)
    tame = HARD[np.abs(HARD).max(axis=1) < 1e200]
    compiled = compile_fitted(model, X)
    np.testing.assert_allclose(compiled.predict(tame), model.predict(tame), rtol=1e-9)


@pytest.mark.parametrize(
    "function",
    [
        *(np.exp, np.expm1, np.log1p, np.sqrt, np.cbrt, np.square, np.abs, np.sign, np.sin),
        *(np.cos, np.tan, np.arctan, np.sinh, np.tanh, np.arcsinh, np.ceil, np.rint, np.trunc),
        *(np.degrees, np.deg2rad, np.exp2, np.log, np.log2, np.log10, np.reciprocal),
        *(np.positive, np.isnan, scipy.special.expit, scipy.special.ndtr, scipy.special.erf),
    ],
    ids=lambda function: function.__name__,
)
def test_functions_by_name(function: Any) -> None:
    """Functions of numpy and scipy.special are computed by their names."""
    rows = np.abs(X[:, :1]) + 0.1
    model = make_pipeline(FunctionTransformer(function), LinearRegression()).fit(rows, y)
    assert_agrees(model, rows)


def test_infinite_results_are_refused_where_scikit_learn_refuses_them() -> None:
    """The next estimator refuses log(0), in scikit-learn and in the kernel."""
    model = make_pipeline(FunctionTransformer(np.log), LinearRegression())
    rows = np.abs(X[:, :1]) + 0.1
    compiled = compile_fitted(model.fit(rows, y), rows)
    assert compiled.refusals(np.zeros((1, 1))).all()


@pytest.mark.parametrize(
    ("transformer", "reason"),
    [
        (FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1}), "kw_args"),
        (FunctionTransformer(np.nan_to_num), "nan_to_num"),
        (FunctionTransformer(lambda rows: rows), "lambda"),
    ],
)
def test_other_functions_are_not_supported(transformer: Any, reason: str) -> None:
    """A function without a known name is refused, and the error names the step."""
    model = make_pipeline(transformer, LinearRegression()).fit(X, y)
    with pytest.raises(NotSupportedError, match=reason) as caught:
        compile_fitted(model, X)
    assert caught.value.step == "Pipeline/functiontransformer"


def test_box_cox_refuses_what_is_not_positive() -> None:
    """Box-Cox accepts positive values only; NaN passes if a later step fills it."""
    rows = np.abs(X[:, :1]) + 0.1
    model = make_pipeline(PowerTransformer("box-cox"), LinearRegression()).fit(rows, y)
    compiled = assert_agrees(model, rows, tolerance=1e-10)
    assert compiled.refusals(np.array([[0.0], [-1.0], [1.0]])).tolist() == [True, True, False]


@pytest.mark.parametrize(
    "transformer",
    [MinMaxScaler(), RobustScaler(), PowerTransformer(), QuantileTransformer(n_quantiles=20)],
    ids=str,
)
def test_missing_values_pass(transformer: Any) -> None:
    """Scalers let NaN pass to a tree that accepts it."""
    rows = np.where(RANDOM.random(X.shape) < 0.2, np.nan, X)[:, :2]
    labels = (y > 0).astype(int)
    model = make_pipeline(transformer, DecisionTreeClassifier(max_depth=4, random_state=0))
    assert_agrees(model.fit(rows, labels), rows)


def test_quantiles_that_are_equal() -> None:
    """Ties among the quantiles are looked up from both sides."""
    rows = np.repeat(np.arange(4.0), 30)[:, None]
    model = make_pipeline(QuantileTransformer(n_quantiles=60), LinearRegression())
    assert_agrees(model.fit(rows, y), rows, np.linspace(-1, 4, 101)[:, None])


def test_kernel_centerer() -> None:
    """Kernel values are centered by those of the training points."""
    kernel = X[:20, :2] @ X[:20, :2].T
    model = make_pipeline(KernelCenterer(), LinearRegression()).fit(kernel, y[:20])
    assert_agrees(model, kernel, tolerance=1e-6)


@pytest.mark.parametrize(
    "transformer",
    [
        TfidfTransformer(),
        TfidfTransformer(norm="l1", sublinear_tf=True),
        TfidfTransformer(norm=None, use_idf=False, sublinear_tf=True),
    ],
    ids=str,
)
def test_weights_of_terms(transformer: Any) -> None:
    """Weights of counted terms agree; a row of zeros stays a row of zeros."""
    rows = RANDOM.poisson(1.0, (120, 4)).astype(float)
    rows[0] = 0.0
    assert_agrees(make_pipeline(transformer, LinearRegression()).fit(rows, y), rows)


def test_the_diagonal_of_a_wide_sparse_matrix_needs_no_dense_one() -> None:
    """TfidfTransformer before 1.5 keeps its weights so; the square would take 300 GB."""
    width = 200_000
    weights = np.arange(1.0, width + 1)
    sparse = FittedObject(
        "scipy.sparse._csr.csr_matrix",
        {
            "data": weights,
            "indices": np.arange(width),
            "indptr": np.arange(width + 1),
            "shape": [width, width],
        },
    )
    fitted = FittedObject("TfidfTransformer", {"_idf_diag": sparse})
    np.testing.assert_array_equal(get_diagonal(fitted, "_idf_diag"), weights)
