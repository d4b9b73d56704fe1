"""Rows with texts in them, taken apart into numbers and a list of texts, which both can be sent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poner.artifacts import FloatArray, MissingText, Rows


class SplitRows(NamedTuple):
    """What `poner_runtime.fitted.as_fitted` puts together again."""

    numbers: FloatArray
    """(n_rows, n_features) float64: in columns of texts their places among `texts`."""
    texts: list[str]
    """The texts."""
    texts_of: list[int]
    """Columns of texts."""
    none_of: list[int]
    """Columns whose missing values are None; NaN in all others."""


def split_texts(rows: Rows) -> SplitRows:
    """Take rows of floats, texts, None and MISSING_TEXT apart; floats alone stay as they are."""
    if not rows.dtype.hasobject:
        return SplitRows(np.ascontiguousarray(rows, dtype=np.float64), [], [], [])
    places: dict[str, float] = {}
    numbers = np.empty(rows.shape)
    texts_of, none_of = [], []
    for column, values in enumerate(rows.T.tolist()):
        if any(isinstance(value, str | MissingText) for value in values):
            texts_of.append(column)
        if any(value is None for value in values):
            none_of.append(column)
        numbers[:, column] = [
            places.setdefault(value, float(len(places))) if isinstance(value, str) else value
            for value in values
        ]  # None becomes NaN
    return SplitRows(numbers, list(places), texts_of, none_of)
