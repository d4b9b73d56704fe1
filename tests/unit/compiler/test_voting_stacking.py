"""Compiled voting, stacking and wrapping estimators agree with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import below work
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.ensembles import hard_rows, make_classes, make_labels, make_values, with_missing

FOREST = RandomForestClassifier(6, max_depth=4, random_state=0)
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
LOGISTIC = LogisticRegression()
MIXED = [("line", LOGISTIC), ("forest", FOREST), ("tree", TREE)]
EXACT = [("forest", FOREST), ("gone", "drop"), ("tree", TREE)]
VALUES = [("line", LinearRegression()), ("tree", DecisionTreeRegressor(max_depth=4))]

CLASSIFIERS = [
    VotingClassifier(MIXED, voting="soft"),
    VotingClassifier(MIXED, voting="soft", weights=[1, 2.5, 0.3]),
    VotingClassifier(MIXED),
    VotingClassifier(MIXED, weights=np.array([1.0, 1.5, 1.0])),
    StackingClassifier(MIXED, cv=3),
    StackingClassifier(MIXED, cv=3, passthrough=True, final_estimator=FOREST),
    StackingClassifier(MIXED, cv=3, stack_method="predict", final_estimator=FOREST),
    make_pipeline(StandardScaler(), VotingClassifier(MIXED, voting="soft"), LOGISTIC),
    make_pipeline(VotingClassifier(MIXED), StackingClassifier(EXACT, cv=3), LOGISTIC),
    GridSearchCV(FOREST, {"max_depth": [2, 3]}, cv=2),
    RandomizedSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, n_iter=2, cv=2),
]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda m: type(m).__name__)
def test_classifiers_agree(model: Any, n_classes: int) -> None:
    """Labels, probabilities and scores agree, for classes of every kind."""
    X, y = make_classes(n_classes)
    assert_agrees(model.fit(X, y), X, hard_rows())


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("weights", [None, [2, 5, 0.3]], ids=["equal", "weighted"])
def test_votes_of_trees_have_equal_bits(n_classes: int, weights: Any) -> None:
    """Trees are exact, and so is their mean; the weight of a dropped member is left out."""
    X, y = make_classes(n_classes)
    model = VotingClassifier(EXACT, voting="soft", weights=weights).fit(X, y)
    compiled = assert_agrees(model, X, hard_rows(), tolerance=0.0)
    assert compiled.parity is not None
    assert all(output.tolerance == 0.0 for output in compiled.parity.outputs)


REGRESSORS = [
    VotingRegressor(VALUES),
    VotingRegressor(VALUES, weights=[2, 1]),
    StackingRegressor(VALUES, final_estimator=LinearRegression(), cv=3),
    StackingRegressor([*VALUES, ("gone", "drop")], final_estimator=VALUES[1][1], passthrough=True),
    HalvingGridSearchCV(RandomForestRegressor(4), {"max_depth": [2, 3]}, cv=2),
    HalvingRandomSearchCV(VALUES[1][1], {"max_depth": [2, 3]}, cv=2),
    GridSearchCV(HistGradientBoostingRegressor(loss="poisson", max_iter=4), {"max_depth": [2]}),
    make_pipeline(VotingRegressor(VALUES), LinearRegression()),
    make_pipeline(StandardScaler(), HistGradientBoostingRegressor(loss="gamma", max_iter=4)),
]


@pytest.mark.parametrize("model", REGRESSORS, ids=lambda m: type(m).__name__)
def test_regressors_agree(model: Any) -> None:
    """Values agree, in a batch and one by one."""
    X, y = make_values()
    assert_agrees(model.fit(X, y), X, hard_rows())


def test_many_exact_members_are_added_in_scikit_learns_order() -> None:
    """The mean of twelve trees has equal bits."""
    X, y = make_values()
    trees = [
        (f"tree{i}", DecisionTreeRegressor(max_depth=i + 1, random_state=0)) for i in range(12)
    ]
    compiled = compile_fitted(VotingRegressor(trees).fit(X, y), X)
    np.testing.assert_array_equal(compiled.predict(X), VotingRegressor(trees).fit(X, y).predict(X))


def test_stack_of_several_labels() -> None:
    """For each label, the final estimator gets the members' probabilities but the first class's."""
    X, Y = make_labels()
    stack = StackingClassifier(EXACT, final_estimator=FOREST, cv=3).fit(X, Y)
    assert_agrees(stack, X, hard_rows(), tolerance=0.0)


@pytest.mark.parametrize("cv", [3, "prefit"])
def test_prefit_members(cv: Any) -> None:
    """Members that were fitted before agree, frozen or not."""
    X, y = make_classes(3, as_integers=True)
    places = (y + 1) // 3
    members = [("a", LogisticRegression().fit(X, places)), ("b", TREE.fit(X, places))]
    if cv != "prefit":
        members = [(name, FrozenEstimator(member)) for name, member in members]
    assert_agrees(StackingClassifier(members, cv=cv).fit(X, places), X, hard_rows())


@pytest.mark.parametrize("method", ["soft", "stack"])
def test_missing_values_pass_where_all_members_take_them(method: str) -> None:
    """Histogram boosting and a forest agree on rows with missing values."""
    X, y = make_classes(3)
    members = [("hist", HistGradientBoostingClassifier(max_iter=3)), ("forest", FOREST)]
    soft = VotingClassifier(members, voting="soft")
    model = soft if method == "soft" else StackingClassifier(members, cv=2)
    compiled = assert_agrees(model.fit(with_missing(X), y), with_missing(X))
    assert compiled.parity is not None
    assert compiled.parity.rows_by_kind["missing"] > 100


def test_self_training_is_its_last_classifier() -> None:
    """Self-training answers as its last classifier; unlabelled rows matter in training only."""
    X, y = make_classes(3, as_integers=True)
    y = np.where(np.arange(len(y)) % 4 == 0, -1, y + 5)
    assert_agrees(SelfTrainingClassifier(LogisticRegression()).fit(X, y), X, hard_rows())


def test_frozen_transformer() -> None:
    """A frozen step of a pipeline transforms."""
    X, y = make_classes(2)
    scaler = FrozenEstimator(StandardScaler().fit(X))
    assert_agrees(make_pipeline(scaler, LogisticRegression()).fit(X, y), X, hard_rows())


def test_an_unknown_member_is_named() -> None:
    """The error says which member the native engine does not compute."""

    class OwnClassifier(LogisticRegression):
        """A subclass may compute anything."""

    X, y = make_classes(2)
    model = VotingClassifier([("a", TREE), ("b", OwnClassifier())]).fit(X, y)
    with pytest.raises(NotSupportedError, match=r"estimators_\[1\].*OwnClassifier"):
        compile_fitted(model, X)
