"""That the lean boosting gives scikit-learn's numbers, and knows where it would not."""

import numpy as np
import pytest
import sklearn.tree._tree
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier

from poner.search.boosting import boost, boost_with_sklearn, is_exact

X, y = load_breast_cancer(return_X_y=True)
STAGES = (1, 7, 60)


def classifier(**parameters):
    """Make a classifier as the search has it."""
    return GradientBoostingClassifier(
        **{"learning_rate": 0.1, "max_depth": 3, "max_features": 9, "random_state": 42} | parameters
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"max_depth": 1},
        {"max_depth": None},
        {"max_features": None},
        {"max_features": "sqrt"},
        {"max_features": 0.5},
        {"learning_rate": 3.0},
        {"random_state": 0},
    ],
    ids=str,
)
def test_all_numbers_are_scikit_learns(parameters):
    """Importances and raw predictions are the same bits, also where a model runs away."""
    arguments = (classifier(**parameters), X[:400], y[:400], X[400:], STAGES)
    ours, theirs = boost(*arguments), boost_with_sklearn(*arguments)
    assert np.array_equal(ours.importances, theirs.importances)
    assert np.array_equal(ours.raw_predictions, theirs.raw_predictions)


def test_a_shorter_model_is_the_beginning_of_a_longer_one():
    """What a model of 60 stages says after 7 is what a model of 7 stages says."""
    longer = boost_with_sklearn(classifier(), X[:400], y[:400], X[400:], STAGES)
    shorter = classifier(n_estimators=7).fit(X[:400], y[:400])
    assert np.array_equal(longer.raw_predictions[1], shorter.decision_function(X[400:]))


@pytest.mark.parametrize("fit", [boost, boost_with_sklearn])
def test_no_test_rows_are_no_predictions(fit):
    """Without rows to predict there are still importances."""
    boosted = fit(classifier(), X, y, X[:0], (5,))
    assert boosted.raw_predictions.shape == (1, 0)
    assert np.array_equal(
        boosted.importances, classifier(n_estimators=5).fit(X, y).feature_importances_
    )


def test_trees_that_never_split_have_no_importances():
    """Where no column tells anything, importances are zeros as in scikit-learn."""
    constant = np.ones((20, 2))
    assert boost(classifier(), constant, y[:20], constant, (3,)).importances.tolist() == [0, 0]


def test_the_searchs_model_is_exact():
    """On the scikit-learn at hand the lean boosting may stand in."""
    assert is_exact(classifier(), X, y)


@pytest.mark.parametrize(
    "parameters",
    [{"subsample": 0.5}, {"loss": "exponential"}, {"n_iter_no_change": 2}, {"ccp_alpha": 0.1}],
    ids=str,
)
def test_parameters_that_are_not_followed_are_left_to_scikit_learn(parameters):
    """A model with any other parameter set is not exact."""
    assert not is_exact(classifier(**parameters), X, y)


def test_another_random_stream_is_noticed(monkeypatch):
    """Numbers that differ, here by a builder of other depth, are found out."""
    builder = sklearn.tree._tree.DepthFirstTreeBuilder
    monkeypatch.setattr(
        sklearn.tree._tree,
        "DepthFirstTreeBuilder",
        lambda splitter, *rest: builder(splitter, *rest[:3], 1, *rest[4:]),
    )
    assert not is_exact(classifier(), X, y)


def test_a_scikit_learn_without_these_parts_is_noticed(monkeypatch):
    """Where a private part has gone, scikit-learn's own fit is used."""
    monkeypatch.delattr(sklearn.tree._tree, "DepthFirstTreeBuilder")
    assert not is_exact(classifier(), X, y)
