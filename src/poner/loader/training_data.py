"""Reads X and y as a notebook holds them: arrays, DataFrames, Series, lists, sparse matrices.

DataFrames are known by their `columns` and `to_numpy`, so that pandas is never imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import MISSING_TEXT, MOST_CATEGORIES, QUANTILE_STEPS, Feature, Rows, is_missing
from poner.errors import SignatureError

_NUMERIC_KINDS = "biuf"
"""numpy's dtype kinds that are numbers: boolean, signed, unsigned, floating."""


def columns_of(X: object) -> list[NDArray[Any]]:
    """Lay X out as its columns, numeric where they are numbers, of objects otherwise.

    Args:
        X: (n_rows, n_features) in whatever form it was trained on.

    Raises:
        SignatureError: X is not a table with at least one row and one column.
    """
    frame: Any = X
    if hasattr(X, "iloc") and frame.size and frame.ndim == 2:
        return [frame.iloc[:, place].to_numpy() for place in range(frame.shape[1])]
    if hasattr(X, "toarray"):
        X = X.toarray()
    try:
        table = np.asarray(X.to_numpy() if hasattr(X, "to_numpy") else X)
        if table.dtype.kind not in _NUMERIC_KINDS and isinstance(X, list | tuple):
            table = np.asarray(X, dtype=object)
    except ValueError as error:
        raise SignatureError(
            "X is not a table: its rows differ in length.",
            "Give the rows that the model was trained on.",
        ) from error
    if table.ndim != 2 or not table.size:
        raise SignatureError(
            f"X is not a table: its shape is {table.shape}.",
            "Give the rows that the model was trained on, one column a feature.",
        )
    return list(table.T)


def values_of(columns: Sequence[NDArray[Any]], names: Sequence[str], source: str = "X") -> Rows:
    """Convert what `columns_of` laid out: float64, or objects where a column holds texts.

    A column is either numbers or texts; None, NaN and pandas' NA are NaN in both.

    Returns:
        (n_rows, n_features).

    Raises:
        SignatureError: a column, which is named, holds something else, or both.
    """
    parts = [_column(own, name, source) for own, name in zip(columns, names, strict=True)]
    if not any(part.dtype.hasobject for part in parts):
        return np.stack(parts, axis=1)
    rows = np.empty((len(parts[0]), len(parts)), dtype=object)
    for place, part in enumerate(parts):
        rows[:, place] = part  # numbers become Python's floats
    return rows


def _column(values: NDArray[Any], name: str, source: str) -> NDArray[Any]:
    """One column as float64, or as objects that are texts or MISSING_TEXT."""
    if values.dtype.kind in _NUMERIC_KINDS:
        return values.astype(np.float64)
    plain = [np.nan if is_missing(value) else value for value in values.tolist()]
    kinds = {type(value) for value in plain if value is not np.nan}
    if kinds and all(issubclass(kind, str) for kind in kinds):
        texts = [MISSING_TEXT if value is np.nan else str(value) for value in plain]
        return np.array(texts, dtype=object)
    for kind in kinds:
        if not issubclass(kind, Real | np.bool_):
            other = " and ".join(sorted(each.__name__ for each in kinds))
            raise SignatureError(
                f"Column {name!r} of {source} holds {other} values, neither numbers nor texts "
                "alone.",
                "Make it one of the two before the model, and train on that.",
            )
    return np.array(plain, dtype=np.float64)


def gaps_in(rows: Rows) -> NDArray[np.bool_]:
    """(n_rows, n_features) where a value is missing, of rows as `values_of` makes them."""
    return np.asarray(rows != rows, dtype=bool)


def infinities_in(rows: Rows) -> NDArray[np.bool_]:
    """(n_rows, n_features) where a number is infinite."""
    if not rows.dtype.hasobject:
        return np.isinf(rows.astype(np.float64))
    return np.asarray((rows == np.inf) | (rows == -np.inf), dtype=bool)


def fullest_row(gaps: NDArray[np.bool_], column: int | None = None) -> int:
    """The row with the fewest gaps, among those with one in `column`: it says most about it.

    Args:
        gaps: (n_rows, n_features) where a value is missing.
        column: in which the row has a gap; None for any row.
    """
    candidates = np.arange(len(gaps)) if column is None else np.flatnonzero(gaps[:, column])
    return int(candidates[gaps[candidates].sum(axis=1).argmin()])


def column_names(X: object) -> tuple[str, ...] | None:
    """Return a DataFrame's column names if all are texts, as scikit-learn takes them, else None."""
    names = tuple(getattr(X, "columns", ()))
    if names and all(isinstance(name, str) for name in names):
        return tuple(str(name) for name in names)
    return None


def rows_at(X: object, positions: list[int]) -> object:
    """Return these rows of X in the form X has, so that a model finds its columns by name."""
    if hasattr(X, "iloc"):
        return X.iloc[positions]
    if isinstance(X, list | tuple):
        return [X[position] for position in positions]
    return np.stack([column[positions] for column in columns_of(X)], axis=1)


def target_shape(y: object) -> tuple[int, ...]:
    """Return the shape of y, () for what is neither an array nor a list."""
    try:
        return np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y).shape
    except ValueError as error:
        raise SignatureError(
            "y is not a column: its rows differ in length.", "Give one value for each row of X."
        ) from error


def target_name(y: object) -> str | None:
    """Return the name of a Series, or those of a DataFrame's columns; None where there is none."""
    names = (getattr(y, "name", None), *getattr(y, "columns", ()))
    return ", ".join(name for name in names if isinstance(name, str)) or None


def describe(wire_name: str, column: str, values: NDArray[Any], *, missing: bool) -> Feature:
    """Make the Feature of a column from its (n_rows,) values: floats, or texts and NaN."""
    texts = {value for value in values.tolist() if isinstance(value, str)}
    if texts:
        known = tuple(sorted(texts)[:MOST_CATEGORIES])
        return Feature(wire_name, column, kind="category", missing=missing, categories=known)
    values = values.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Feature(wire_name, column, missing=missing)
    return Feature(
        wire_name,
        column,
        missing=missing,
        minimum=float(finite.min()),
        maximum=float(finite.max()),
        quantiles=tuple(np.quantile(finite, np.linspace(0, 1, QUANTILE_STEPS + 1)).tolist()),
    )
