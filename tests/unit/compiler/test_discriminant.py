"""Compiled discriminant analysis answers as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tests.support.compiling import assert_agrees

MODELS = [
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    LinearDiscriminantAnalysis(solver="eigen"),
    QuadraticDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(reg_param=0.3),
    QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.2),
]


def data(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 6) rows without redundant features."""
    return make_classification(
        300, 6, n_informative=6, n_redundant=0, n_classes=n_classes, random_state=n_classes
    )


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_discriminant(model: Any, n_classes: int) -> None:
    """Labels, scores and probabilities."""
    X, y = data(n_classes)
    assert_agrees(model.fit(X, y), X, tolerance=1e-11)


@pytest.mark.parametrize("kind", [LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis])
def test_priors_and_names(kind: Any) -> None:
    """Priors may be given, classes may be texts."""
    X, y = data(3)
    names = np.array(["low", "middle", "high"])[y]
    assert_agrees(kind(priors=[0.2, 0.3, 0.5]).fit(X, names), X, tolerance=1e-11)


def test_fitted_in_single_precision() -> None:
    """Float32 scales are turned into weights in float32."""
    X, y = data(2)
    model = QuadraticDiscriminantAnalysis().fit(X.astype(np.float32), y)
    assert_agrees(model, X.astype(np.float32), rows=X, tolerance=1e-11)


@pytest.mark.parametrize("far", [1e4, 1e100])
def test_rows_far_from_every_class(far: float) -> None:
    """The largest of very small likelihoods is still found."""
    X, y = data(3)
    assert_agrees(QuadraticDiscriminantAnalysis().fit(X, y), X, X * far, tolerance=1e-9)


@pytest.mark.parametrize(
    "transformer",
    [
        LinearDiscriminantAnalysis(),
        LinearDiscriminantAnalysis(n_components=1),
        LinearDiscriminantAnalysis(solver="eigen"),
    ],
    ids=str,
)
def test_projection_before_a_classifier(transformer: Any) -> None:
    """The axes that separate the classes, in front of another model."""
    X, y = data(3)
    assert_agrees(make_pipeline(transformer, LogisticRegression()).fit(X, y), X, tolerance=1e-11)
