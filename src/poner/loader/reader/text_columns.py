"""Rows with texts in them, as a model that was fitted on a DataFrame can be asked without one.

scikit-learn takes a DataFrame's columns each with its own dtype. Of an array of objects it would
take objects also where a transformer gets nothing but numbers, which many do not compute with.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np


class TextColumns(np.ndarray[Any, Any]):
    """An array of objects that gives numbers where columns of numbers alone are selected."""

    texts_of: Collection[int] = ()
    """The columns that are texts."""

    def __getitem__(self, key: Any) -> Any:
        part = np.asarray(self)[key]
        if self.ndim != 2 or not isinstance(key, tuple) or len(key) != 2:
            return part
        rows, columns = key
        if not isinstance(rows, slice) or rows != slice(None):
            return part
        chosen = np.arange(self.shape[1])[columns]
        if np.isin(chosen, list(self.texts_of)).any():
            return part
        return np.asarray(part, dtype=np.float64)


def as_texts(
    numbers: Any, texts: Sequence[str], texts_of: Collection[int], none_of: Collection[int]
) -> Any:
    """Rows of numbers with texts in place of their numbers.

    Args:
        numbers: (n_rows, n_features) float64.
        texts: what the numbers in columns of texts stand for.
        texts_of: those columns.
        none_of: columns whose missing values are None instead of NaN.
    """
    objects = numbers.astype(object)
    for column in {*texts_of, *none_of}:
        missing = None if column in none_of else float("nan")
        objects[:, column] = [
            missing if value != value else texts[int(value)] if column in texts_of else value
            for value in numbers[:, column].tolist()
        ]
    rows = objects.view(TextColumns)
    rows.texts_of = {*texts_of, *none_of}
    return rows
