"""Reads X and y as a notebook holds them: arrays, DataFrames, Series, lists, sparse matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Table
from poner.errors import InputError, SignatureError
from poner.signature import MOST_CATEGORIES, QUANTILE_STEPS, Feature, Kind
from poner.table import CategoryCodes, as_columns, is_sparse, kind_of, read_column


def columns_of(X: object) -> list[NDArray[Any]]:
    """Lay X out as its columns, numeric where they are numbers, of objects otherwise.

    Args:
        X: (n_rows, n_features) in whatever form it was trained on.

    Raises:
        SignatureError: X is not a table with at least one row and one column.
    """
    hint = "Give the rows that the model was trained on, one column a feature."
    try:
        columns = as_columns(X)
    except InputError as error:
        raise SignatureError(f"X is not a table. {error.message}", hint) from error
    if not columns or not len(columns[0]):
        raise SignatureError("X is not a table: it has no values.", hint)
    return columns


def table_of(columns: Sequence[NDArray[Any]], names: Sequence[str], source: str = "X") -> Table:
    """The Table of what `columns_of` laid out; the values of a column decide its kind.

    None, NaN and pandas' NA stand for a missing value in either kind.

    Raises:
        SignatureError: a column, which is named, holds something else than numbers or texts, or
            holds both.
    """
    codes = CategoryCodes(grows=True)
    kinds: list[Kind] = []
    numbers = np.empty((len(columns[0]), len(columns)))
    for place, (column, name) in enumerate(zip(columns, names, strict=True)):
        kinds.append(_kind(column, name, source))
        numbers[:, place] = _read(column, kinds[-1], name, codes)
    return Table(numbers, tuple(kinds), codes.vocabulary)


def _kind(column: NDArray[Any], name: str, source: str) -> Kind:
    found = kind_of(column)
    if isinstance(found, str):
        return found
    held = " and ".join(sorted(each.__name__ for each in found))
    raise SignatureError(
        f"Column {name!r} of {source} holds {held} values, neither numbers nor texts alone.",
        "Make it one of the two before the model, and train on that.",
    )


def _read(column: NDArray[Any], kind: Kind, name: str, codes: CategoryCodes) -> FloatArray:
    try:
        return read_column(column, kind, name, codes)
    except InputError as error:
        raise SignatureError(error.message, error.hint) from error


def gaps_taken(table: Table, takes: Callable[[int], bool]) -> list[bool]:
    """For each column, whether it has gaps that the model takes.

    The model is asked about the row with the fewest gaps among those with a gap in the column.

    Args:
        table: the training data.
        takes: whether the model answers for a row, by the row's index.
    """
    gaps = np.isnan(table.numbers)
    counts = gaps.sum(axis=1)
    return [
        bool(column.any()) and takes(int(np.where(column, counts, len(table.kinds) + 1).argmin()))
        for column in gaps.T
    ]


def column_names(X: object) -> tuple[str, ...] | None:
    """Return a DataFrame's column names if all are texts, as scikit-learn takes them, else None."""
    names = tuple(getattr(X, "columns", ()))
    if names and all(isinstance(name, str) for name in names):
        return tuple(str(name) for name in names)
    return None


def rows_at(X: Any, positions: list[int]) -> object:
    """Return these rows of X in the form X has, so that a model finds its columns by name."""
    if hasattr(X, "iloc"):
        return X.iloc[positions]
    if is_sparse(X):
        return X.tocsr()[positions]
    if hasattr(X, "columns"):  # polars'
        return X[positions]
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


def describe(wire_name: str, column: str, table: Table, place: int, *, missing: bool) -> Feature:
    """The Feature of the column at a place of the training data's table."""
    values = table.numbers[:, place]
    kind = table.kinds[place]
    match kind:
        case "category":
            codes = np.unique(values[~np.isnan(values)]).astype(np.intp)
            known = sorted(table.vocabulary[code] for code in codes)[:MOST_CATEGORIES]
            return Feature(wire_name, column, kind, missing, categories=tuple(known))
        case "number":
            finite = values[np.isfinite(values)]
            if not finite.size:
                return Feature(wire_name, column, missing=missing)
            steps = np.linspace(0, 1, QUANTILE_STEPS + 1)
            return Feature(
                wire_name,
                column,
                missing=missing,
                minimum=float(finite.min()),
                maximum=float(finite.max()),
                quantiles=tuple(np.quantile(finite, steps).tolist()),
            )
        case _:
            assert_never(kind)
