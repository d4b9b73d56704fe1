"""What tests of ensembles share: data with labels of every kind, and difficult rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import make_classification, make_regression

N_FEATURES = 8

LABELS: dict[int, list[Any]] = {
    2: [False, True],
    3: ["high", "low", "none"],
    10: [2.0 * place - 1.0 for place in range(10)],
}
"""Classes by their number: booleans, texts and floats."""


def make_classes(n_classes: int, *, as_integers: bool = False) -> tuple[Any, Any]:
    """X and labels of the given number of classes."""
    X, y = make_classification(
        240, N_FEATURES, n_informative=6, n_classes=n_classes, random_state=0
    )
    return X, 3 * y - 1 if as_integers else np.array(LABELS[n_classes])[y]


def make_values(n_outputs: int = 1) -> tuple[Any, Any]:
    """X and positive values: (n_rows,), or (n_rows, n_outputs)."""
    X, y = make_regression(240, N_FEATURES, n_targets=n_outputs, noise=3.0, random_state=0)
    return X, np.abs(y) / 50 + 0.1


def make_labels() -> tuple[Any, Any]:
    """X and three labels per row, each 0 or 1."""
    X, y = make_classification(240, N_FEATURES, n_informative=6, n_classes=3, random_state=0)
    return X, np.stack([y == 0, y == 1, X[:, 0] > 0.5], axis=1).astype(int)


def with_missing(X: Any) -> Any:
    """X with a tenth of its values missing."""
    holes = np.random.default_rng(0).random(X.shape) < 0.1
    return np.where(holes, np.nan, X)


def hard_rows() -> Any:
    """Zeros, negative zeros, tiny and large values, equal columns, and some usual rows."""
    constant = [0.0, -0.0, 1e-300, -1e-40, 1e-7, 1.0, -1.0, 1e6, -1e6]
    rows = np.repeat(np.array(constant)[:, None], N_FEATURES, axis=1)
    draw = np.random.default_rng(1)
    usual = draw.normal(size=(60, N_FEATURES)) * 2
    return np.concatenate([rows, usual, usual.round(), usual * draw.integers(0, 2, usual.shape)])
