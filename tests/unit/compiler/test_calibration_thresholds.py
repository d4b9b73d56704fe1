"""Compiled calibrated classifiers and classifiers with thresholds agree with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.tree import DecisionTreeClassifier

from poner.errors import NotSupportedError
from tests.support.compiling import assert_agrees, compile_fitted
from tests.support.ensembles import hard_rows, make_classes

FOREST = RandomForestClassifier(6, max_depth=4, random_state=0)
LOGISTIC = LogisticRegression()
CALIBRATED = [
    CalibratedClassifierCV(FOREST, cv=3),
    CalibratedClassifierCV(LOGISTIC, cv=3),
    CalibratedClassifierCV(LOGISTIC, cv=3, ensemble=False),
    CalibratedClassifierCV(AdaBoostClassifier(n_estimators=5), cv=2),
    CalibratedClassifierCV(FOREST, cv=3, method="isotonic"),
    CalibratedClassifierCV(LOGISTIC, cv=3, method="isotonic", ensemble=False),
    CalibratedClassifierCV(FOREST, cv=3, method="temperature"),
    CalibratedClassifierCV(LOGISTIC, cv=3, method="temperature"),
]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", CALIBRATED, ids=str)
def test_calibrated_classifiers_agree(model: Any, n_classes: int) -> None:
    """Calibration curves of every method agree, on scores and on probabilities."""
    X, y = make_classes(n_classes)
    if n_classes == 2:
        y = np.where(y, "yes", "no")
    assert_agrees(model.fit(X, y), X, hard_rows())


def test_calibrating_what_was_fitted_before() -> None:
    """A frozen estimator is calibrated, not fitted again."""
    X, y = make_classes(3)
    frozen = FrozenEstimator(FOREST.fit(X[:150], y[:150]))
    assert_agrees(CalibratedClassifierCV(frozen).fit(X[150:], y[150:]), X, hard_rows())


def test_where_every_curve_says_zero_all_classes_are_alike() -> None:
    """Steep curves give 0 for all classes; then each has the same probability."""
    X, y = make_classes(3)
    model = CalibratedClassifierCV(LOGISTIC, cv=2, method="isotonic").fit(X, y)
    compiled = assert_agrees(model, X, hard_rows())
    assert np.all(np.isfinite(compiled.predict_proba(hard_rows())))


THRESHOLDS = [
    FixedThresholdClassifier(LOGISTIC, threshold=0.3),
    FixedThresholdClassifier(LOGISTIC),
    FixedThresholdClassifier(LOGISTIC, response_method="decision_function"),
    FixedThresholdClassifier(FOREST, threshold=0.7, pos_label="no"),
    FixedThresholdClassifier(LOGISTIC, pos_label="no", response_method="decision_function"),
    TunedThresholdClassifierCV(LOGISTIC, cv=3),
    TunedThresholdClassifierCV(LOGISTIC, cv=3, response_method="decision_function"),
    TunedThresholdClassifierCV(
        DecisionTreeClassifier(max_depth=4),
        cv=3,
        scoring=make_scorer(fbeta_score, beta=2, pos_label="no"),
    ),
]


@pytest.mark.parametrize("model", THRESHOLDS, ids=str)
def test_thresholds_agree(model: Any) -> None:
    """Given and tuned thresholds agree; the positive label may be the first class."""
    X, y = make_classes(2)
    model.fit(X, np.where(y, "yes", "no"))
    assert_agrees(model, X, hard_rows())


@pytest.mark.parametrize("scoring", ["f1", "recall", "average_precision", "accuracy"])
def test_scorers_have_a_positive_label_of_their_own(scoring: str) -> None:
    """Some scorers take class 1 for the positive class by default, others the last class."""
    X, y = make_classes(2)
    model = TunedThresholdClassifierCV(FOREST, cv=3, scoring=scoring)
    assert_agrees(model.fit(X, y.astype(int)), X, hard_rows(), tolerance=0.0)


def test_a_fitted_classifier_with_a_fixed_threshold() -> None:
    """A classifier that was fitted before agrees without a second fit."""
    X, y = make_classes(2)
    model = FixedThresholdClassifier(FrozenEstimator(LogisticRegression().fit(X, y)), threshold=0.6)
    assert_agrees(model.fit(X, y), X, hard_rows())


def test_a_score_of_the_users_own_is_refused() -> None:
    """A scorer of the user's is refused: only its source has its default pos_label."""

    def own_score(y_true: Any, y_pred: Any) -> float:
        return float(np.mean(y_true == y_pred))

    X, y = make_classes(2)
    scorer = make_scorer(own_score)
    model = TunedThresholdClassifierCV(LOGISTIC, cv=3, scoring=scorer).fit(X, y)
    with pytest.raises(NotSupportedError, match="pos_label"):
        compile_fitted(model, X)
