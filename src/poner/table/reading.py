"""Reads the rows that a user gives, in any form, as a `Table`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Table
from poner.errors import InputError
from poner.signature import Signature
from poner.table.arrangement import Columns, arrange, as_objects
from poner.table.cells import read_cells
from poner.table.codes import CategoryCodes
from poner.table.columns import read_column
from poner.table.names import check_numbered, order_columns
from poner.table.values import NUMERIC_DTYPES, listed

_DENSE_BYTES = 64 << 20
"""Most memory for rows of a sparse matrix that are dense at a time."""


def read_table(rows: Any, signature: Signature, codes: CategoryCodes | None = None) -> Table:
    """Rows of any form as a Table in the model's order.

    A float64 array of numbers alone becomes the table's `numbers` itself, without a copy.

    Args:
        rows: a DataFrame, dicts by wire name or training column, lists in the signature's order,
            an array (n_rows, n_features), or any other form that `arrange` takes. None, NaN,
            masks and pandas' NA stand for a missing value.
        signature: the order, names and kinds of the features.
        codes: codes of the texts that the model knows; if None, every text of the rows gets a code.

    Raises:
        InputError: a column is missing or unknown, a value is not of its feature's kind, or a row
            has the wrong length. The message names the place and never the value.
    """
    codes = CategoryCodes(grows=True) if codes is None else codes
    columns = _in_order(rows, signature)
    if isinstance(columns, np.ndarray):
        return Table(columns, signature.kinds)
    numbers = np.empty((len(columns[0]), len(columns)))
    for place, (feature, values) in enumerate(zip(signature.features, columns, strict=True)):
        numbers[:, place] = (
            np.nan
            if feature.ignored
            else read_column(values, feature.kind, feature.wire_name, codes)
        )
    return Table(numbers, signature.kinds, codes.vocabulary)


def is_sparse(rows: Any) -> bool:
    """Whether rows are a sparse matrix or array of scipy's, which `split_sparse` takes."""
    return hasattr(rows, "toarray") and hasattr(rows, "tocsr") and len(rows.shape) == 2


def split_sparse(rows: Any) -> Iterator[NDArray[Any]]:
    """The rows of a sparse matrix as dense arrays, so many at a time as memory allows."""
    by_row = rows.tocsr()
    step = max(1, _DENSE_BYTES // 8 // max(1, by_row.shape[1]))
    for start in range(0, max(1, by_row.shape[0]), step):
        yield by_row[start : start + step].toarray()


def _in_order(rows: Any, signature: Signature) -> list[NDArray[Any]] | FloatArray:
    """The columns in the model's order, or one float64 array if all of them are numbers."""
    arranged = arrange(rows, signature)
    if isinstance(arranged, Columns):
        return _order_columns(arranged, signature)
    if isinstance(arranged, np.ndarray):
        return _read_array(arranged, signature)
    ordered = list(_order_rows(arranged.rows, signature))
    if all(kind == "number" for kind in signature.kinds):
        try:
            array = np.asarray(ordered)
        except (TypeError, ValueError, OverflowError):  # lengths differ, or worse: found row by row
            array = np.empty(0, dtype=object)
        if array.dtype.kind in NUMERIC_DTYPES:
            return _read_array(array, signature)
    if not ordered:
        return [np.empty(0, dtype=object)] * len(signature.features)
    _check_rows(ordered, signature)
    return [as_objects(column) for column in zip(*ordered, strict=True)]


def _order_columns(columns: Columns, signature: Signature) -> list[NDArray[Any]] | FloatArray:
    order = order_columns(columns.names, signature, columns.source)
    only_numbers = all(kind == "number" for kind in signature.kinds)
    present = [place for place in order if place is not None]
    if isinstance(columns.values, np.ndarray) and only_numbers and present == order:
        is_ordered = order == list(range(len(columns.names)))
        matrix = columns.values if is_ordered else columns.values[present]
        return np.ascontiguousarray(matrix.T, dtype=np.float64)
    absent = np.full(len(columns), np.nan)
    return [
        absent
        if place is None or feature.ignored
        else columns.values[place]
        if columns.decimal is None
        else read_cells(columns.values[place], feature, columns.decimal)
        for place, feature in zip(order, signature.features, strict=True)
    ]


def _order_rows(rows: Iterable[Any], signature: Signature) -> Iterable[Sequence[Any]]:
    """Each row as a sequence in the model's order."""
    orders: dict[tuple[Any, ...], list[int | None]] = {}  # most rows have the same keys
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            names = tuple(row)
            if names not in orders:
                check_numbered(names, f"Row {number}")
                orders[names] = order_columns(names, signature, f"Row {number}")
            values = list(row.values())
            yield [None if place is None else values[place] for place in orders[names]]
        else:
            yield row


def _check_rows(rows: Sequence[Any], signature: Signature) -> None:
    """Whether each row is a sequence of one value for each feature.

    Raises:
        InputError: a row is not; the message names it.
    """
    hint = "Give one value for each feature, in the model's order."
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str | bytes) or not hasattr(row, "__getitem__"):
            raise InputError(f"Row {number} is not a list of values.", hint)
        if len(row) != len(signature.features):
            raise InputError(
                f"Row {number} has {len(row)} values, not {len(signature.features)}.", hint
            )


def _read_array(array: NDArray[Any], signature: Signature) -> list[NDArray[Any]] | FloatArray:
    """An array (n_rows, n_features) as the kernel takes it, or as its columns."""
    if len(array) == 0 and array.ndim < 3:
        return np.empty((0, len(signature.features)))
    if array.ndim != 2 or array.shape[1] != len(signature.features):
        raise InputError(
            f"The rows have the shape {array.shape}, not (n, {len(signature.features)}).",
            f"Give a list of rows with the features {listed(signature.wire_names)}.",
        )
    if array.dtype.kind in NUMERIC_DTYPES and all(kind == "number" for kind in signature.kinds):
        return np.ascontiguousarray(array, dtype=np.float64)
    return list(array.T)
