"""Rows with texts in them, as a model that was fitted on a DataFrame can be asked without one.

scikit-learn takes a DataFrame's columns each with its own dtype. Of an array of objects it would
take objects also where a transformer gets nothing but numbers, which many do not compute with.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np


class TextColumns(np.ndarray):
    """An array of objects that gives numbers where columns of numbers alone are selected."""

    numbers: np.ndarray[Any, Any] | None = None
    """(n_columns,) whether a column holds numbers alone; None where that is not known."""

    def __array_finalize__(self, source: Any) -> None:
        self.numbers = getattr(source, "numbers", None)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if not isinstance(part, TextColumns):
            return part
        if self.numbers is None or not isinstance(key, tuple) or len(key) != 2:
            return part if isinstance(key, (slice, list, np.ndarray)) else np.asarray(part)
        numbers = part.numbers = self.numbers if key[1] is Ellipsis else self.numbers[key[1]]
        if np.all(numbers):
            return np.asarray(part, dtype=np.float64)
        return part if part.ndim == 2 else np.asarray(part)


def as_fitted(
    matrix: np.ndarray[Any, Any],
    texts: Sequence[str],
    texts_of: Collection[int],
    none_of: Collection[int],
) -> np.ndarray[Any, Any]:
    """Rows as the model knows them, from numbers in which texts are places in a list.

    Args:
        matrix: (n_rows, n_features) float64.
        texts: what the numbers in columns of texts stand for.
        texts_of: those columns.
        none_of: columns whose missing values are None instead of NaN.

    Returns:
        The matrix itself where it holds neither texts nor None.
    """
    gaps = np.isnan(matrix)
    with_none = [column for column in none_of if gaps[:, column].any()]
    if not texts_of and not with_none:
        return matrix
    rows = matrix.astype(object)
    looked_up = np.array([*texts, np.nan], dtype=object)
    for column in texts_of:
        places = np.where(gaps[:, column], len(texts), matrix[:, column])
        rows[:, column] = looked_up[places.astype(np.intp)]
    for column in with_none:
        rows[gaps[:, column], column] = None
    fitted = rows.view(TextColumns)
    fitted.numbers = ~np.isin(np.arange(matrix.shape[1]), [*texts_of, *with_none])
    return fitted
