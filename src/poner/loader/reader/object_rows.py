"""Rows that hold texts: how they are sent, and what a model is given for them.

A row holds numbers, texts and NaN. It travels as numbers alone, with the texts of each column in a
list; the model sees an array that is to it what the DataFrame was that it was fitted on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

Texts = Mapping[str, "list[str]"]
"""For each column that holds texts, by its number as JSON has it, the texts it holds."""


def split_rows(rows: Any) -> tuple[np.ndarray[Any, Any], Texts]:
    """Rows as numbers, texts replaced by their places in the lists that come with them."""
    if not rows.dtype.hasobject:
        return np.ascontiguousarray(rows, dtype=np.float64), {}
    matrix = np.empty(rows.shape)
    texts: dict[str, list[str]] = {}
    for column in range(rows.shape[1]):
        values = rows[:, column].tolist()
        own = list(dict.fromkeys(value for value in values if isinstance(value, str)))
        if own:
            places = {text: float(place) for place, text in enumerate(own)}
            values = [places[value] if isinstance(value, str) else value for value in values]
            texts[str(column)] = own
        matrix[:, column] = values
    return matrix, texts


def join_rows(matrix: np.ndarray[Any, Any], texts: Texts) -> np.ndarray[Any, Any]:
    """The opposite of `split_rows`."""
    if not texts:
        return matrix
    rows = matrix.astype(object)
    for column, own in texts.items():
        codes = matrix[:, int(column)]
        missing = np.isnan(codes)
        looked_up = np.array([*own, np.nan], dtype=object)
        rows[:, int(column)] = looked_up[np.where(missing, len(own), codes).astype(np.intp)]
    return rows


def as_fitted(rows: np.ndarray[Any, Any], with_none: Collection[int]) -> np.ndarray[Any, Any]:
    """Rows as a model takes them that was fitted on a DataFrame of the same columns.

    Args:
        rows: (n_rows, n_features) numbers, or objects: numbers, texts and NaN.
        with_none: columns in which the model knows None, not NaN, as what is missing.
    """
    gaps = [column for column in with_none if column < rows.shape[1]]
    if not rows.dtype.hasobject and not any(np.isnan(rows[:, column]).any() for column in gaps):
        return rows
    objects = np.array(rows, dtype=object)
    for column in gaps:
        values = objects[:, column]
        values[values != values] = None
    mixed = objects.view(MixedRows)
    mixed.numbers = np.array(
        [
            column not in gaps and not any(isinstance(value, str) for value in objects[:, column])
            for column in range(objects.shape[1])
        ],
        dtype=bool,
    )
    return mixed


class MixedRows(np.ndarray):
    """An array of objects from which columns of numbers come out as numbers.

    So they do out of a DataFrame, and numpy's functions need them so: a ColumnTransformer hands
    them to np.log1p, which takes no objects.
    """

    numbers: np.ndarray[Any, Any] | None = None
    """(n_columns,) whether a column holds numbers alone; None where that is not known."""

    def __array_finalize__(self, source: Any) -> None:
        self.numbers = getattr(source, "numbers", None)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if not isinstance(part, MixedRows):
            return part
        if self.numbers is None or not isinstance(key, tuple) or len(key) != 2:
            return part if isinstance(key, (slice, list, np.ndarray)) else np.asarray(part)
        numbers = part.numbers = self.numbers if key[1] is Ellipsis else self.numbers[key[1]]
        if np.all(numbers):
            return np.asarray(part, dtype=np.float64)
        return part if part.ndim == 2 else np.asarray(part)
