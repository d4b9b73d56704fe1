"""Gradient boosting for a search: scikit-learn's numbers in about half of the time.

`GradientBoostingClassifier.fit` spends as long on checks and small numpy calls as on the trees.
`boost` runs scikit-learn's compiled tree builder and loss in the same order, and keeps only what a
search needs. Both are private to scikit-learn, so `is_exact` first compares the numbers on the data
at hand. If they differ, or the builder has changed, the search uses `boost_with_sklearn`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray

if TYPE_CHECKING:
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.tree._tree import Tree

_FREE_PARAMETERS = {"learning_rate", "n_estimators", "max_depth", "max_features", "random_state"}
"""Parameters that `boost` supports; all others must have scikit-learn's default."""
_PROOF_STAGES = 20
"""Stages that `is_exact` compares, which takes about 50 ms."""


@dataclass(frozen=True)
class Boosted:
    """The results of a fit that a search needs."""

    importances: FloatArray
    """(n_features,): scikit-learn's feature_importances_."""
    raw_predictions: FloatArray
    """(n_stages, n_test_rows): decision_function of the test rows after each chosen stage."""


Boost = Callable[
    ["GradientBoostingClassifier", FloatArray, NDArray[Any], FloatArray, Sequence[int]], Boosted
]
"""Signature of `boost` and `boost_with_sklearn`."""


def boost_with_sklearn(
    model: GradientBoostingClassifier,
    X: FloatArray,
    y: NDArray[Any],
    X_test: FloatArray,
    stages: Sequence[int],
) -> Boosted:
    """Fit the model for the largest number of stages; smaller numbers are its first stages.

    Args:
        model: an unfitted binary classifier; its n_estimators is not used.
        X: (n_rows, n_features) training rows.
        y: (n_rows,) two classes.
        X_test: (n_test_rows, n_features) rows to predict; may be empty.
        stages: numbers of stages, ascending, after which to predict.
    """
    from sklearn.base import clone

    fitted = clone(model).set_params(n_estimators=stages[-1]).fit(X, y)
    raw = np.empty((len(stages), len(X_test)))
    if len(X_test):
        staged = dict(enumerate(fitted.staged_decision_function(X_test), start=1))
        raw[:] = [staged[stage].reshape(-1) for stage in stages]
    return Boosted(fitted.feature_importances_, raw)


def boost(
    model: GradientBoostingClassifier,
    X: FloatArray,
    y: NDArray[Any],
    X_test: FloatArray,
    stages: Sequence[int],
) -> Boosted:
    """Compute the result of `boost_with_sklearn`, equal to the bit, without a fitted model.

    Follows scikit-learn 1.9.1, ensemble/_gb.py: _fit_stage, _update_terminal_regions and
    feature_importances_.
    """
    from sklearn._loss import HalfBinomialLoss
    from sklearn.utils import check_random_state

    rows = np.concatenate([X, X_test]).astype(np.float32)
    known, target = rows[: len(X)], (y == np.max(y)).astype(np.float64)
    start, max_features = _start(model, X, y)
    raw = np.full(len(rows), start)
    loss, random_state = HalfBinomialLoss(), check_random_state(model.random_state)
    importances, tested = [], []
    for stage in range(1, stages[-1] + 1):
        residuals = -loss.gradient(y_true=target, raw_prediction=raw[: len(X)])
        tree = _grow_tree(known, residuals, model.max_depth, max_features, random_state)
        leaves = tree.apply(rows)
        raw += model.learning_rate * _newton_steps(leaves[: len(X)], target, residuals)[leaves]
        if tree.node_count > 1:
            importances.append(tree.compute_feature_importances(normalize=False))
        if stage in stages:
            tested.append(raw[len(X) :].copy())
    return Boosted(_mean_importances(importances, X.shape[1]), np.array(tested))


def is_exact(model: GradientBoostingClassifier, X: FloatArray, y: NDArray[Any]) -> bool:
    """Check that `boost` gives the bits of `boost_with_sklearn` for this model and data.

    Args:
        model: as for `boost_with_sklearn`.
        X: (n_rows, n_features).
        y: (n_rows,) classes.

    Raises:
        ValueError: scikit-learn refuses the model, X or y.
    """
    given, default = model.get_params(), type(model)().get_params()
    if any(given[name] != default[name] for name in set(default) - _FREE_PARAMETERS):
        return False
    stages = (1, _PROOF_STAGES)
    theirs = boost_with_sklearn(model, X, y, X, stages)
    try:
        ours = boost(model, X, y, X, stages)
    except (ImportError, TypeError, AttributeError):  # private names moved or changed
        return False
    return np.array_equal(theirs.importances, ours.importances) and np.array_equal(
        theirs.raw_predictions, ours.raw_predictions
    )


def _start(model: GradientBoostingClassifier, X: FloatArray, y: NDArray[Any]) -> tuple[float, int]:
    """Return the raw prediction before the first stage, and max_features as a number.

    Both come from a model whose only stage has a learning rate of 0.
    """
    from sklearn.base import clone

    start = clone(model).set_params(learning_rate=0.0, n_estimators=1, max_depth=1).fit(X, y)
    return float(start.decision_function(X[:1])[0]), int(start.max_features_)


def _grow_tree(
    X: NDArray[np.float32],
    residuals: FloatArray,
    max_depth: int | None,
    max_features: int,
    random_state: np.random.RandomState,
) -> Tree:
    """Grow the tree that DecisionTreeRegressor.fit grows, without the checks around it.

    Follows scikit-learn 1.9.1, tree/_classes.py: BaseDecisionTree._fit.
    """
    from sklearn.tree._criterion import MSE
    from sklearn.tree._splitter import BestSplitter
    from sklearn.tree._tree import DepthFirstTreeBuilder, Tree

    depth = np.iinfo(np.int32).max if max_depth is None else max_depth
    n_rows, n_features = X.shape
    splitter = BestSplitter(MSE(1, n_rows), max_features, 1, 0.0, random_state, None)
    tree = Tree(n_features, np.array([1], dtype=np.intp), 1)
    DepthFirstTreeBuilder(splitter, 2, 1, 0.0, depth, 0.0).build(
        tree, X, residuals.reshape(-1, 1), None, None
    )
    return tree


def _newton_steps(
    leaves: NDArray[np.intp], target: FloatArray, residuals: FloatArray
) -> FloatArray:
    """Return the value of each leaf, (last leaf + 1,) float64; 0 for inner nodes.

    The rows of a leaf are summed in order and contiguously, since numpy sums pairwise.
    """
    order = leaves.astype(np.min_scalar_type(int(leaves.max()))).argsort(kind="stable")
    residuals = residuals[order]
    probabilities = target[order] - residuals
    curvatures = probabilities * (1 - probabilities)
    counts = np.bincount(leaves)
    values = np.zeros(len(counts))
    for leaf, (start, end) in enumerate(pairwise([0, *counts.cumsum().tolist()])):
        if end > start:
            numerator = residuals[start:end].sum() / (end - start)
            denominator = curvatures[start:end].sum() / (end - start)
            values[leaf] = 0.0 if abs(denominator) < 1e-150 else numerator / denominator
    return values


def _mean_importances(importances: Sequence[FloatArray], n_features: int) -> FloatArray:
    """Average over the trees that have splits, as `feature_importances_` does."""
    if not importances:
        return np.zeros(n_features)
    mean = np.mean(importances, axis=0)
    normalised: FloatArray = mean / mean.sum()
    return normalised
