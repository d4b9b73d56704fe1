"""Reads X and y as a notebook holds them: arrays, DataFrames, Series, lists, sparse matrices.

DataFrames are known by their `columns` and `to_numpy`, so that pandas is never imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import QUANTILE_STEPS, Feature, Rows
from poner.errors import SignatureError

_NUMERIC_KINDS = "biuf"
"""numpy's dtype kinds that are numbers: boolean, signed, unsigned, floating."""


def table_of(X: object) -> NDArray[Any]:
    """Lay X out as an array, numeric where all of it is, of objects otherwise.

    Args:
        X: (n_rows, n_features) in whatever form it was trained on.

    Raises:
        SignatureError: X is not a table with at least one row and one column.
    """
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
    return table


def values_of(table: NDArray[Any], columns: Sequence[str]) -> Rows:
    """Convert what `table_of` laid out: float64, or objects where a column holds texts.

    A column is either numbers or texts; None, NaN and pandas' NA are NaN in both.

    Raises:
        SignatureError: a column, which is named, holds something else, or both.
    """
    if table.dtype.kind in _NUMERIC_KINDS:
        return table.astype(np.float64)
    parts = [_column(table[:, place], column) for place, column in enumerate(columns)]
    texts = any(part.dtype.hasobject for part in parts)
    return np.stack(parts, axis=1).astype(object if texts else np.float64)


def _column(values: NDArray[Any], column: str) -> NDArray[Any]:
    """One column as float64, or as objects that are texts or NaN."""
    plain = [np.nan if _is_missing(value) else value for value in values.tolist()]
    kinds = {type(value) for value in plain if value is not np.nan}
    if kinds and all(issubclass(kind, str) for kind in kinds):
        return np.array([value if value is np.nan else str(value) for value in plain], dtype=object)
    for kind in kinds:
        if not issubclass(kind, Real | np.bool_):
            other = ", ".join(sorted(each.__name__ for each in kinds))
            raise SignatureError(
                f"Column {column!r} of X holds {other} values, neither numbers nor texts alone.",
                "Make it one of the two before the model, and train on that.",
            )
    return np.array(plain, dtype=np.float64)


def _is_missing(value: object) -> bool:
    # pandas' NA first: it does not say whether it equals itself.
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


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
    rows: object = table_of(X)[positions]
    return rows


def target_shape(y: object) -> tuple[int, ...]:
    """Return the shape of y, () for what is neither an array nor a list."""
    try:
        return np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y).shape
    except ValueError as error:
        raise SignatureError(
            "y is not a column: its rows differ in length.", "Give one value for each row of X."
        ) from error


def target_name(y: object) -> str | None:
    """Return the name of a Series or of a DataFrame's only column, None where there is none."""
    names = (getattr(y, "name", None), *getattr(y, "columns", ()))
    return next((str(name) for name in names if isinstance(name, str)), None)


def describe(wire_name: str, column: str, values: NDArray[Any], *, missing: bool) -> Feature:
    """Make the Feature of a column from its (n_rows,) values: floats, or texts and NaN."""
    if any(isinstance(value, str) for value in values.tolist()):
        return Feature(wire_name, column, kind="category", missing=missing)
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
