"""Compiled bagging, AdaBoost and isolation forests agree with scikit-learn; trees to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    IsolationForest,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeRegressor

from poner.compiler.operations.rowwise import WeightedMedian
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import write_tables
from poner.errors import ModelUnreadableError
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.ensembles import hard_rows, make_classes, make_values, with_missing

DRAWN: dict[str, Any] = {"n_estimators": 7, "random_state": 0}
SCALED = make_pipeline(StandardScaler(), LogisticRegression())

OF_TREES = [
    BaggingClassifier(**DRAWN),
    BaggingClassifier(**DRAWN, max_features=0.5, bootstrap_features=True),
    BaggingClassifier(DecisionTreeClassifier(max_depth=3), **DRAWN, max_samples=0.05),
    AdaBoostClassifier(**DRAWN),
    AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), learning_rate=0.3, **DRAWN),
]
OF_OTHERS = [
    BaggingClassifier(LogisticRegression(), **DRAWN),
    BaggingClassifier(SCALED, **DRAWN, max_features=0.4),
    BaggingClassifier(AdaBoostClassifier(n_estimators=2), **DRAWN),
    AdaBoostClassifier(LogisticRegression(), **DRAWN),
]
REGRESSORS = [
    BaggingRegressor(**DRAWN),
    BaggingRegressor(**DRAWN, max_features=0.5),
    BaggingRegressor(ExtraTreeRegressor(), **DRAWN),
    AdaBoostRegressor(**DRAWN),
    AdaBoostRegressor(**{**DRAWN, "n_estimators": 60}, loss="exponential"),
]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", OF_TREES, ids=str)
def test_ensembles_of_trees_have_equal_bits(model: Any, n_classes: int) -> None:
    """Raw scores and labels are equal, also if a member has not seen all classes."""
    X, y = make_classes(n_classes)
    compiled = assert_agrees(model.fit(X, y), X, hard_rows())
    assert compiled.parity is not None
    assert compiled.parity.outputs[0].largest_difference == 0.0
    assert compiled.parity.outputs[0].tolerance == 0.0


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("model", OF_OTHERS, ids=str)
def test_ensembles_of_others_agree(model: Any, n_classes: int) -> None:
    """Members of any kind, each with its own columns."""
    X, y = make_classes(n_classes)
    assert_agrees(model.fit(X, y), X, hard_rows())


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_regressors_of_trees_have_equal_bits(model: Any) -> None:
    """Means of bagged trees, medians of boosted ones."""
    X, y = make_values()
    assert_agrees(model.fit(X, y), X, hard_rows(), tolerance=0.0)


def test_boosted_lines_agree() -> None:
    """The weighted median of linear models."""
    X, y = make_values()
    assert_agrees(AdaBoostRegressor(LinearRegression(), **DRAWN).fit(X, y), X, hard_rows())


@pytest.mark.parametrize(
    "member", [None, LinearRegression(), MultiOutputRegressor(ExtraTreeRegressor())]
)
def test_bagging_of_several_outputs(member: Any) -> None:
    """Three outputs at once."""
    X, Y = make_values(n_outputs=3)
    assert_agrees(BaggingRegressor(member, **DRAWN).fit(X, Y), X, hard_rows())


def test_bagged_trees_take_missing_values() -> None:
    """As their trees do."""
    X, y = make_classes(3)
    X = with_missing(X)
    compiled = assert_agrees(BaggingClassifier(**DRAWN).fit(X, y), X, tolerance=0.0)
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["missing"] > 100


def test_a_column_that_no_tree_reads_may_hold_anything() -> None:
    """Bagging itself checks no value: infinity passes in a column that no member reads."""
    X, y = make_classes(2)
    model = BaggingClassifier(n_estimators=2, max_features=2, random_state=0).fit(X, y)
    unread = np.setdiff1d(np.arange(X.shape[1]), np.concatenate(model.estimators_features_))
    rows = X[:5].copy()
    rows[:, unread] = np.inf
    compiled = compile_fitted(model, X)
    np.testing.assert_array_equal(compiled.predict_proba(rows), model.predict_proba(rows))


ISOLATION = [
    IsolationForest(n_estimators=20, random_state=0),
    IsolationForest(n_estimators=20, random_state=0, max_features=0.5, contamination=0.1),
    IsolationForest(n_estimators=3, max_samples=1, random_state=0),
    IsolationForest(n_estimators=3, max_samples=2, random_state=0),
]


@pytest.mark.parametrize("model", ISOLATION, ids=str)
@pytest.mark.parametrize("missing", [False, True])
def test_isolation_forests_agree(model: Any, missing: bool) -> None:
    """Inliers are 1, outliers -1; missing and infinite values are answered."""
    X, _ = make_classes(2)
    X = with_missing(X) if missing else X
    compiled = assert_agrees(model.fit(X), X, hard_rows())
    assert compiled.signature.classes == (-1, 1)
    assert compiled.parity is not None
    assert {"missing", "infinite"} <= set(compiled.parity.rows_by_kind)


def test_weighted_median() -> None:
    """The first value up to which the weights sum to half of all; NaN comes last."""
    weights = np.array([0.5, 2.0, 1.0, 0.5])
    builder = ProgramBuilder(4)
    median = builder.add(WeightedMedian(weights), 0)
    model = Model(write_tables(builder.finish({Output.PREDICT: median})))
    rows = np.array([[1.0, 2, 3, 4], [4, 3, 2, 1], [1, 1, 1, 1], [9, np.nan, 1, 5], [0, 7, 7, -7]])
    answers = np.frombuffer(model.evaluate(_kernel.PREDICT, rows.tobytes()))
    np.testing.assert_array_equal(answers, [2.0, 3.0, 1.0, 9.0, 7.0])


def test_weighted_median_of_many_columns() -> None:
    """As numpy finds it by sorting."""
    draw = np.random.default_rng(0)
    weights, rows = draw.random(2000), draw.normal(size=(20, 2000)).round(2)
    builder = ProgramBuilder(2000)
    median = builder.add(WeightedMedian(weights), 0)
    model = Model(write_tables(builder.finish({Output.PREDICT: median})))
    order = np.argsort(rows, axis=1, kind="stable")
    passed = np.cumsum(weights[order], axis=1)
    place = (passed >= 0.5 * passed[:, -1:]).argmax(axis=1)
    expected = np.take_along_axis(rows, order, axis=1)[np.arange(20), place]
    answers = np.frombuffer(model.evaluate(_kernel.PREDICT, rows.tobytes()))
    np.testing.assert_array_equal(answers, expected)


@pytest.mark.parametrize("columns", [[99], [-1], [0.5], [[0]], []], ids=str)
def test_damaged_columns_are_refused(columns: Any) -> None:
    """A bag whose members name missing columns is refused."""
    X, y = make_values()
    model = BaggingRegressor(DecisionTreeRegressor(max_depth=2), **DRAWN).fit(X, y)
    compile_fitted(model, X)
    model.estimators_features_ = [np.array(columns)] * 7
    with pytest.raises(ModelUnreadableError):
        compile_fitted(model, X)
