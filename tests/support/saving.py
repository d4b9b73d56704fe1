"""What tests of saving share: a small table, a tree fitted on it, and what was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from poner.signature import Signature

ROWS = np.array([[0.1, 5.0], [0.2, 6.0], [0.3, 7.0], [0.4, 8.0]])
CLASSES = np.array([0, 1, 0, 1])


def fitted_tree(X: Any = ROWS, y: Any = CLASSES) -> DecisionTreeClassifier:
    """Fit a classifier on X and y."""
    return DecisionTreeClassifier(random_state=0).fit(X, y)


def signature_in(folder: Path) -> Signature:
    """Read the signature that was written."""
    return Signature.from_json((folder / "signature.json").read_text())


def kept_rows(folder: Path) -> dict[str, Any]:
    """Read the training rows that were written."""
    kept: dict[str, Any] = json.loads((folder / "training_rows.json").read_text())
    return kept
