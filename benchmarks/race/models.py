"""The models of the race: typical models, fitted on generated rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

N_FITTED = 10_000
N_ASKED = 40_000
N_FEATURES = 20


@dataclass(frozen=True)
class Entry:
    """A model of the race."""

    title: str
    """Its name in the table."""
    make: Callable[[], Any]
    """The estimator, not yet fitted."""
    texts: bool = False
    """Whether some of its columns are texts."""


ENTRIES = {
    "stumps": Entry(
        "1,500 stumps (GradientBoosting)",
        lambda: GradientBoostingClassifier(n_estimators=1500, max_depth=1, random_state=0),
    ),
    "boosting": Entry(
        "300 trees of depth 3 (GradientBoosting)",
        lambda: GradientBoostingClassifier(n_estimators=300, max_depth=3, random_state=0),
    ),
    "forest": Entry(
        "100 trees of full depth (RandomForest)",
        lambda: RandomForestClassifier(n_estimators=100, random_state=0),
    ),
    "histogram": Entry(
        "300 iterations (HistGradientBoosting)",
        lambda: HistGradientBoostingClassifier(max_iter=300, early_stopping=False, random_state=0),
    ),
    "logistic": Entry(
        "StandardScaler + LogisticRegression",
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    ),
    "one-hot": Entry(
        "OneHotEncoder and StandardScaler + LogisticRegression",
        lambda: make_pipeline(
            ColumnTransformer(
                [
                    ("texts", OneHotEncoder(handle_unknown="ignore"), ["city", "trade", "size"]),
                    ("numbers", StandardScaler(), [f"x{i}" for i in range(5)]),
                ]
            ),
            LogisticRegression(),
        ),
        texts=True,
    ),
}


def make_rows(entry: Entry) -> tuple[Any, Any, Any]:
    """Training rows, their classes, and the rows to predict.

    float32 holds all numbers exactly, so that peers that compute in float32 can agree.
    """
    X, y = make_classification(
        N_FITTED + N_ASKED, N_FEATURES, n_informative=10, flip_y=0.1, random_state=0
    )
    X = X.astype(np.float32).astype(np.float64)
    rows: Any = _with_texts(X) if entry.texts else X
    return rows[:N_FITTED], y[:N_FITTED], rows[N_FITTED:]


def _with_texts(X: Any) -> Any:
    """Five columns of numbers and three of texts."""
    import pandas as pd

    draw = np.random.default_rng(1)
    frame = pd.DataFrame(X[:, :5], columns=[f"x{i}" for i in range(5)])
    for name, count in (("city", 40), ("trade", 12), ("size", 4)):
        words = np.array([f"{name} {i}" for i in range(count)], dtype=object)
        shift = np.argsort(np.argsort(X[:, 6])) * count // len(X)
        frame[name] = words[(shift + draw.integers(0, 3, len(X))) % count]
    return frame
