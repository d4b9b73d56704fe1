"""LabelPropagation and LabelSpreading, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from tests.support.compiling import assert_agrees


@pytest.mark.parametrize(
    "model",
    [
        LabelPropagation(gamma=0.3),
        LabelPropagation(kernel="knn", n_neighbors=5),
        LabelSpreading(gamma=0.3),
        LabelSpreading(kernel="knn", n_neighbors=5),
    ],
    ids=str,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_labels_spread_to_new_rows(model: Any, n_classes: int) -> None:
    """Trained on some labels, it answers for rows between the training rows."""
    X, y = make_classification(
        150, 5, n_informative=4, n_redundant=0, n_classes=n_classes, random_state=0
    )
    y[::3] = -1
    model.fit(X, y)
    rows = np.random.default_rng(0).normal(size=(100, 5))
    assert_agrees(model, X, rows, tolerance=1e-10, excused=model.kernel == "knn")
