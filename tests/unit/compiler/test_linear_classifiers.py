"""Linear classifiers: compiled, they answer as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    PassiveAggressiveClassifier,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
    SGDOneClassSVM,
)
from sklearn.svm import LinearSVC

from poner.errors import ModelUnreadableError, NotSupportedError
from poner.loader import open_estimator
from poner.pipeline import compile_trained
from tests.support.compiling import assert_agrees, compile_fitted

pytestmark = pytest.mark.filterwarnings("ignore")

LOSSES = (
    "hinge",
    "log_loss",
    "modified_huber",
    "squared_hinge",
    "perceptron",
    "squared_error",
    "huber",
    "epsilon_insensitive",
    "squared_epsilon_insensitive",
)
MODELS = [
    *(LogisticRegression(solver=solver) for solver in ("lbfgs", "newton-cholesky", "saga")),
    LogisticRegression(fit_intercept=False),
    LogisticRegressionCV(cv=3, Cs=3),
    RidgeClassifier(),
    RidgeClassifierCV(),
    Perceptron(),
    PassiveAggressiveClassifier(),
    LinearSVC(),
    LinearSVC(multi_class="crammer_singer"),
    LinearSVC(fit_intercept=False),
    *(SGDClassifier(loss=loss, random_state=0) for loss in LOSSES),
]
NAMES = {
    "integers": lambda y: y * 7 - 3,
    "texts": lambda y: np.array([f"class {name}" for name in y]),
    "floats": lambda y: y * 2.0,
}


def data(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 8) rows and classes that overlap."""
    return make_classification(
        200, 8, n_informative=6, n_classes=n_classes, class_sep=0.5, random_state=n_classes
    )


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_classifier(model: Any, n_classes: int) -> None:
    """Labels, scores, and probabilities where there are some."""
    X, y = data(n_classes)
    parity = assert_agrees(model.fit(X, y), X, tolerance=1e-11).parity
    assert parity is not None
    has_probabilities = "predict_proba" in {output.output for output in parity.outputs}
    assert has_probabilities == hasattr(model, "predict_proba")


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_names_of_classes(kind: str, n_classes: int) -> None:
    """Classes are what the model calls them."""
    X, y = data(n_classes)
    model = LogisticRegression().fit(X, NAMES[kind](y))
    assert assert_agrees(model, X).predict(X).dtype.kind == model.classes_.dtype.kind


def test_true_and_false() -> None:
    """Booleans are classes too."""
    X, y = data(2)
    assert_agrees(RidgeClassifier().fit(X, y == 1), X)


def test_liblinear_for_two_classes() -> None:
    """The one solver that knows two classes only."""
    X, y = data(2)
    assert_agrees(LogisticRegression(solver="liblinear").fit(X, y), X)


@pytest.mark.parametrize("model", [RidgeClassifier(), RidgeClassifierCV()], ids=str)
def test_several_labels_a_row(model: Any) -> None:
    """Each label is there or not: (n_rows, n_labels) of 0 and 1."""
    X, y = make_multilabel_classification(100, 6, n_classes=4, random_state=0)
    assert assert_agrees(model.fit(X, y), X).predict(X).shape == (100, 4)


@pytest.mark.parametrize("loss", ["log_loss", "modified_huber"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_beyond_the_probabilities(loss: str, n_classes: int) -> None:
    """Where every class's probability is 0, all are equal."""
    X, y = data(n_classes)
    model = SGDClassifier(loss=loss, random_state=0).fit(X, y)
    model.intercept_ -= 1e4
    rows = np.concatenate([X, X * 1e3])
    compiled = assert_agrees(model, X, rows, tolerance=1e-10)
    if n_classes == 3:
        assert np.any(np.all(compiled.predict_proba(X) == 1 / 3, axis=1))


def test_ties_go_to_the_first() -> None:
    """Of equal scores the first class wins; a score of 0 is the first of two classes."""
    X, y = data(3)
    model = LogisticRegression().fit(X, y)
    model.coef_[:] = model.coef_[0]
    model.intercept_[:] = 0.0
    np.testing.assert_array_equal(compile_fitted(model, X).predict(X), np.zeros(200))
    model = LogisticRegression().fit(*data(2))
    model.coef_[:] = 0.0
    model.intercept_[:] = 0.0
    np.testing.assert_array_equal(compile_fitted(model, X).predict(X), np.zeros(200))


def test_saturated_probabilities() -> None:
    """Scores of thousands give 0 and 1, or what is left of them, as scikit-learn does."""
    X, y = data(2)
    for n_classes in (2, 3):
        X, y = data(n_classes)
        assert_agrees(LogisticRegression().fit(X, y), X, np.concatenate([X * 200, X * 1e5]))


def test_novelty_by_stochastic_gradient() -> None:
    """Inliers are 1 and outliers -1."""
    X, _ = data(2)
    compiled = assert_agrees(SGDOneClassSVM(random_state=0).fit(X), X, tolerance=1e-11)
    assert set(compiled.predict(X).tolist()) == {-1, 1}


def test_sparse_weights() -> None:
    """Weights can be kept sparse."""
    X, y = data(3)
    assert_agrees(LogisticRegression().fit(X, y).sparsify(), X)


def test_single_class_is_not_supported() -> None:
    """A ridge classifier fits one class, and then has nothing to tell apart."""
    X, _ = data(2)
    with pytest.raises(NotSupportedError, match="single class"):
        compile_fitted(RidgeClassifier().fit(X, np.zeros(len(X))), X)


def test_classes_that_do_not_fit_the_scores() -> None:
    """A file with more classes than scores is damaged."""
    X, y = data(3)
    with open_estimator(LogisticRegression().fit(X, y), X=X) as trained:
        trained.estimator.attributes["classes_"] = np.arange(4)  # type: ignore[index]  # as above
        with pytest.raises(ModelUnreadableError, match="4 classes and scores for 3"):
            compile_trained(trained)
