"""That the search scores and chooses as RFECV and GridSearchCV do."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_selection import RFECV
from sklearn.model_selection import GridSearchCV, KFold

import poner.search.selection
from poner.search import search

X, y = load_breast_cancer(return_X_y=True)
X, y = X[:150, :9], 1 - y[:150]
FOLDS = KFold(n_splits=3, shuffle=True, random_state=0)
GRID = {"n_estimators": [10, 20, 40], "max_depth": [1, 2], "learning_rate": [0.05, 0.1]}
FEWEST = 3
MODEL = GradientBoostingClassifier(
    learning_rate=0.05, n_estimators=20, max_depth=3, max_features=3, random_state=0
)


def run_search(processes=1):
    """Search the small problem, in this process unless told otherwise."""
    return search(MODEL, X, y, folds=FOLDS, fewest_features=FEWEST, grid=GRID, processes=processes)


@pytest.fixture(scope="module")
def choice():
    """What the search chose."""
    return run_search()


@pytest.fixture(scope="module")
def eliminated():
    """What RFECV says."""
    return RFECV(MODEL, min_features_to_select=FEWEST, cv=FOLDS, scoring="f1").fit(X, y)


@pytest.fixture(scope="module")
def gridded(eliminated):
    """What GridSearchCV says of RFECV's columns."""
    return GridSearchCV(MODEL, GRID, cv=FOLDS, scoring="f1").fit(X[:, eliminated.support_], y)


def test_every_score_of_the_elimination_is_rfecvs(choice, eliminated):
    """F1 by fold and number of columns is the same float, and so are their means."""
    scores = choice.elimination_scores[:, ::-1]
    results = eliminated.cv_results_
    for fold in range(FOLDS.n_splits):
        assert np.array_equal(scores[fold], results[f"split{fold}_test_score"])
    assert np.array_equal(scores.mean(axis=0), results["mean_test_score"])


def test_the_columns_are_rfecvs(choice, eliminated):
    """The columns chosen are those that RFECV supports, and fewer than all."""
    assert choice.columns == tuple(np.flatnonzero(eliminated.support_))
    assert len(choice.columns) < X.shape[1]


def test_every_score_of_the_grid_is_gridsearchcvs(choice, gridded):
    """F1 by point and fold is the same float, and so are their means."""
    results = gridded.cv_results_
    for fold in range(FOLDS.n_splits):
        assert np.array_equal(choice.grid_scores[:, fold], results[f"split{fold}_test_score"])
    assert np.array_equal(np.average(choice.grid_scores, axis=1), results["mean_test_score"])


def test_the_settings_are_gridsearchcvs(choice, gridded):
    """The point chosen is the first of the best, as in GridSearchCV."""
    assert choice.settings == gridded.best_params_


def test_processes_change_nothing(choice):
    """Fits spread over processes give the same scores and the same choice."""
    spread = run_search(processes=2)
    assert (spread.columns, spread.settings) == (choice.columns, choice.settings)
    assert np.array_equal(spread.elimination_scores, choice.elimination_scores)
    assert np.array_equal(spread.grid_scores, choice.grid_scores)


def test_without_the_lean_boosting_nothing_changes(choice, monkeypatch):
    """Where scikit-learn's own fit has to be used, the scores are the same."""
    monkeypatch.setattr(poner.search.selection, "is_exact", lambda *_: False)
    slower = run_search()
    assert np.array_equal(slower.elimination_scores, choice.elimination_scores)
    assert np.array_equal(slower.grid_scores, choice.grid_scores)


def test_no_column_is_dropped_below_the_fewest():
    """With as many columns wanted as there are, all are kept."""
    kept = search(
        MODEL, X, y, folds=FOLDS, fewest_features=9, grid={"n_estimators": [5]}, processes=1
    )
    assert kept.columns == tuple(range(9))
    assert kept.settings == {"n_estimators": 5}


def test_off_a_terminal_no_bar_is_shown(capfd):
    """Nothing is written to stdout or stderr where stderr is no terminal."""
    run_search()
    assert capfd.readouterr() == ("", "")


def test_what_scikit_learn_does_not_take_is_refused():
    """NaN is found before the work begins."""
    gaps = np.where(np.arange(X.size).reshape(X.shape) == 7, np.nan, X)
    with pytest.raises(ValueError, match="NaN"):
        search(MODEL, gaps, y, folds=FOLDS, fewest_features=3, grid=GRID, processes=1)
