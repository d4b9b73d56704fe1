"""Reads the rows that a user gives, in any form, as a `Table`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Table
from poner.errors import InputError
from poner.signature import Signature
from poner.table.codes import CategoryCodes
from poner.table.columns import read_column


def read_table(rows: Any, signature: Signature, codes: CategoryCodes | None = None) -> Table:
    """Rows of any form as a Table in the model's order.

    A float64 array of numbers alone becomes the table's `numbers` itself, without a copy.

    Args:
        rows: a DataFrame, dicts by wire name or training column, lists in the signature's order,
            an array or a sparse matrix (n_rows, n_features). Columns of a DataFrame or keys of a
            dict without any text are taken by position. None, NaN and pandas' NA stand for a
            missing value.
        signature: the order, names and kinds of the features.
        codes: codes of the texts that the model knows; if None, every text of the rows gets a code.

    Raises:
        InputError: a column is missing or unknown, a value is not of its feature's kind, or a row
            has the wrong length. The message names the place and never the value.
    """
    codes = CategoryCodes(grows=True) if codes is None else codes
    columns = _lay_out(rows, signature)
    if isinstance(columns, np.ndarray):
        return Table(_as_matrix(columns, signature), signature.kinds)
    numbers = np.empty((len(columns[0]), len(columns)))
    for place, (feature, values) in enumerate(zip(signature.features, columns, strict=True)):
        numbers[:, place] = (
            np.nan
            if feature.ignored
            else read_column(values, feature.kind, feature.wire_name, codes)
        )
    return Table(numbers, signature.kinds, codes.vocabulary)


def order_columns(names: Sequence[str], signature: Signature, source: str) -> list[int | None]:
    """For each feature, the index of its name among `names`: its wire name or training column.

    None for a feature that is not among them, which only one that the model ignores may be.

    Args:
        names: the user's names of the columns.
        signature: the features.
        source: the origin of the columns, such as `Row 3`, for messages.

    Raises:
        InputError: a name is missing, unknown or given twice; the message says which.
    """
    known = {feature.column: feature.wire_name for feature in signature.features}
    known |= {name: name for name in signature.wire_names}
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        wire_name = known.get(name)
        if wire_name is None:
            raise InputError(
                f"{source} has {name!r}, which is not a feature of the model.",
                f"Remove it; the model's features are {', '.join(signature.wire_names)}.",
            )
        if wire_name in places:
            raise InputError(
                f"{source} has the feature {wire_name!r} twice.", "Keep one of the two."
            )
        places[wire_name] = place
    missing = [
        feature.wire_name
        for feature in signature.features
        if feature.wire_name not in places and not feature.ignored
    ]
    if missing:
        raise InputError(
            f"{source} has no feature {', '.join(map(repr, missing))}.",
            "Add it under its wire name or its name in training.",
        )
    return [places.get(name) for name in signature.wire_names]


def _lay_out(rows: Any, signature: Signature) -> list[NDArray[Any]] | NDArray[Any]:
    """The rows as columns in the model's order, or as one array if all of them are numbers."""
    only_numbers = all(kind == "number" for kind in signature.kinds)
    if hasattr(rows, "toarray"):  # a sparse matrix
        rows = rows.toarray()
    if hasattr(rows, "columns") and hasattr(rows, "to_numpy"):
        return _frame_columns(rows, signature, only_numbers=only_numbers)
    if isinstance(rows, Mapping):
        rows = [rows]
    if isinstance(rows, str) or not hasattr(rows, "__iter__") or getattr(rows, "ndim", 1) == 0:
        raise InputError(
            "The rows are not a table.", "Give a list of rows, an array or a DataFrame."
        )
    if not isinstance(rows, np.ndarray):
        rows = list(_in_order(rows, signature))
    if only_numbers:
        try:
            return np.asarray(rows, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            pass  # the column-by-column conversion below finds the wrong value
    if not len(rows):
        return [np.empty(0, dtype=object)] * len(signature.features)
    if isinstance(rows, np.ndarray):
        return list(_checked(rows, signature).T)
    _check_rows(rows, signature)
    return [np.fromiter(column, object, len(rows)) for column in zip(*rows, strict=True)]


def _find_columns(names: Sequence[Any], signature: Signature, source: str) -> list[int | None]:
    """For each feature, the index of its column: by name, or by position if no name is a text.

    scikit-learn does the same: a DataFrame's default column names, 0, 1, ..., say nothing.

    Raises:
        InputError: as `order_columns`, or the number of columns differs.
    """
    if any(isinstance(name, str) for name in names):
        return order_columns(list(map(str, names)), signature, source)
    if len(names) != len(signature.features):
        raise InputError(
            f"{source} has {len(names)} columns, not {len(signature.features)}.",
            "Give one column for each feature, in the model's order.",
        )
    return list(range(len(names)))


def _frame_columns(
    frame: Any, signature: Signature, *, only_numbers: bool
) -> list[NDArray[Any]] | NDArray[Any]:
    order = _find_columns(tuple(frame.columns), signature, "The DataFrame")
    # A column of another dtype is taken alone: beside integers pandas would give a categorical's
    # gap as the smallest integer.
    is_pandas = hasattr(frame, "iloc")
    plain = is_pandas and all(isinstance(d, np.dtype) and d.kind in "biuf" for d in frame.dtypes)
    if only_numbers and plain and None not in order:
        return np.asarray(frame.iloc[:, order].to_numpy())
    found = {
        place: np.asarray(
            (frame.iloc[:, place] if is_pandas else frame[frame.columns[place]]).to_numpy()
        )
        for place in order
        if place is not None
    }
    absent = np.full(len(next(iter(found.values()), ())), np.nan)
    return [absent if place is None else found[place] for place in order]


def _in_order(rows: Iterable[Any], signature: Signature) -> Iterable[Sequence[Any]]:
    """Each row as a sequence in the model's order."""
    orders: dict[tuple[Any, ...], list[int | None]] = {}  # most rows have the same keys
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            names = tuple(row)
            if names not in orders:
                orders[names] = _find_columns(names, signature, f"Row {number}")
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
        if isinstance(row, str) or not hasattr(row, "__len__"):
            raise InputError(f"Row {number} is not a list of values.", hint)
        if len(row) != len(signature.features):
            raise InputError(
                f"Row {number} has {len(row)} values, not {len(signature.features)}.", hint
            )


def _as_matrix(matrix: NDArray[Any], signature: Signature) -> FloatArray:
    """An array of numbers in the kernel's form."""
    if len(matrix) == 0 and matrix.ndim < 3:
        return np.empty((0, len(signature.features)))
    return np.ascontiguousarray(_checked(matrix, signature), dtype=np.float64)


def _checked(table: NDArray[Any], signature: Signature) -> NDArray[Any]:
    """The array, after checking that it has one column per feature."""
    if table.ndim != 2 or table.shape[1] != len(signature.features):
        raise InputError(
            f"The rows have the shape {table.shape}, not (n, {len(signature.features)}).",
            f"Give a list of rows with the features {', '.join(signature.wire_names)}.",
        )
    return table
