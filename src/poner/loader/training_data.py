"""Reads X and y in the forms of a notebook: arrays, DataFrames, Series, lists, sparse matrices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Table
from poner.errors import InputError, SignatureError
from poner.signature import (
    MOST_CATEGORIES,
    MOST_FEATURES_WITH_QUANTILES,
    QUANTILE_STEPS,
    Feature,
    Kind,
)
from poner.table import CategoryCodes, as_columns, is_sparse, kind_of, read_column


def columns_of(X: object) -> list[NDArray[Any]]:
    """Split X into columns: numeric arrays for numbers, otherwise arrays of objects.

    Args:
        X: (n_rows, n_features) in any form that scikit-learn accepts.

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


def table_of(
    columns: Sequence[NDArray[Any]],
    names: Sequence[str],
    source: str = "X",
    *,
    ignored: Collection[int] = (),
) -> Table:
    """The Table of the columns that `columns_of` returns; the values of a column decide its kind.

    In columns of either kind, None, NaN and pandas' NA are missing values. Columns that the model
    ignores are numbers that are always missing, whatever they hold.

    Raises:
        SignatureError: a column holds values other than numbers and texts, or holds both; the
            message names the column.
    """
    codes = CategoryCodes(grows=True)
    kinds: list[Kind] = []
    numbers = np.empty((len(columns[0]), len(columns)))
    for place, (column, name) in enumerate(zip(columns, names, strict=True)):
        if place in ignored:
            kinds.append("number")
            numbers[:, place] = np.nan
            continue
        kinds.append(_kind(column, name, source))
        numbers[:, place] = _read(column, kinds[-1], name, codes)
    return Table(numbers, tuple(kinds), codes.vocabulary)


def _kind(column: NDArray[Any], name: str, source: str) -> Kind:
    found = kind_of(column)
    if isinstance(found, str):
        return found
    held = " and ".join(sorted(each.__name__ for each in found))
    raise SignatureError(
        f"Column {name!r} of {source} holds {held} values; a column must hold only numbers or "
        "only texts.",
        "Convert the column to numbers or to texts, and train the model on the result.",
    )


def _read(column: NDArray[Any], kind: Kind, name: str, codes: CategoryCodes) -> FloatArray:
    try:
        return read_column(column, kind, name, codes)
    except InputError as error:
        raise SignatureError(error.message, error.hint) from error


def gaps_taken(table: Table, takes: Callable[[int], bool]) -> list[bool]:
    """For each column, whether it has missing values and the model accepts them.

    To decide, the model is asked for one row: of the rows without a value in the column, the one
    with the fewest missing values.

    Args:
        table: the training data.
        takes: tells whether the model answers for the row with the given index.
    """
    gaps = np.isnan(table.numbers)
    counts = gaps.sum(axis=1)
    return [
        bool(column.any()) and takes(int(np.where(column, counts, len(table.kinds) + 1).argmin()))
        for column in gaps.T
    ]


def column_names(X: object) -> tuple[str, ...] | None:
    """A DataFrame's column names if all are texts, as scikit-learn requires; else None."""
    names = tuple(getattr(X, "columns", ()))
    if names and all(isinstance(name, str) for name in names):
        return tuple(str(name) for name in names)
    return None


def rows_at(X: Any, positions: list[int]) -> object:
    """The rows of X at these positions, in the form of X, so that names of columns are kept."""
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
    """The shape of y; () if y is neither an array nor a list.

    Raises:
        SignatureError: the rows of y differ in length.
    """
    try:
        return np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y).shape
    except ValueError as error:
        raise SignatureError(
            "y is not a column: its rows differ in length.", "Give one value for each row of X."
        ) from error


def target_name(y: object) -> str | None:
    """The name of a Series, or the names of a DataFrame's columns; None if y has no name."""
    names = (getattr(y, "name", None), *getattr(y, "columns", ()))
    return ", ".join(name for name in names if isinstance(name, str)) or None


def describe(wire_name: str, column: str, table: Table, place: int, *, missing: bool) -> Feature:
    """The Feature that describes one column of the training data.

    Args:
        wire_name: name of the feature in requests.
        column: name of the training column.
        table: the training data.
        place: index of the column in the table.
        missing: whether the model accepts missing values in this column.
    """
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
            quantiles = np.empty(0)
            if len(table.kinds) <= MOST_FEATURES_WITH_QUANTILES:
                quantiles = np.quantile(finite, np.linspace(0, 1, QUANTILE_STEPS + 1))
            return Feature(
                wire_name,
                column,
                missing=missing,
                minimum=float(finite.min()),
                maximum=float(finite.max()),
                quantiles=tuple(quantiles.tolist()),
            )
        case _:
            assert_never(kind)
