"""Reads the rows that a user gives, in any form, as a `Table`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Table, is_missing
from poner.errors import InputError
from poner.signature import Signature
from poner.table.codes import CategoryCodes
from poner.table.columns import no_number, read_column


def order_columns(
    names: Sequence[str], signature: Signature, source: str = "The rows"
) -> list[int]:
    """For each feature, the place of its column among `names` (wire names or training columns).

    Raises:
        InputError: a column is missing, unknown or there twice; it is named.
    """
    known = {feature.column: feature.wire_name for feature in signature.features}
    known |= {name: name for name in signature.wire_names}
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        wire_name = known.get(name)
        if wire_name is None:
            raise InputError(
                f"{source} have a column {name!r}, which the model does not know.",
                f"Remove it; the model's columns are {', '.join(signature.wire_names)}.",
            )
        if wire_name in places:
            raise InputError(
                f"{source} have the column {name!r} twice.",
                "Keep one of them.",
            )
        places[wire_name] = place
    missing = [name for name in signature.wire_names if name not in places]
    if missing:
        raise InputError(
            f"{source} have no column {', '.join(map(repr, missing))}.",
            "Add it under its wire name or its name in training.",
        )
    return [places[name] for name in signature.wire_names]


def read_table(rows: Any, signature: Signature, codes: CategoryCodes | None = None) -> Table:
    """Rows of any form as a Table in the model's order.

    A float64 array of numbers alone becomes the table's `numbers` itself, without a copy.

    Args:
        rows: a DataFrame, dicts by wire name or training column, lists in the signature's order,
            or an array (n_rows, n_features). None, NaN and pandas' NA stand for a missing value.
        signature: the order, names and kinds of the features.
        codes: of the texts that the model knows; without them every text of the rows gets a code.

    Raises:
        InputError: a column is missing or unknown, a value is not of its feature's kind, or a row
            has the wrong length. The message names the place and never the value.
    """
    if codes is None:
        codes = CategoryCodes(grows=True)
    columns = _lay_out(rows, signature)
    if isinstance(columns, np.ndarray):
        numbers = _as_floats(columns, signature)
    else:
        numbers = np.empty((len(columns[0]), len(columns)))
        for place, (feature, values) in enumerate(zip(signature.features, columns, strict=True)):
            numbers[:, place] = read_column(values, feature.kind, feature.wire_name, codes)
    return Table(numbers, signature.kinds, codes.vocabulary)


def _has_texts(signature: Signature) -> bool:
    return any(feature.kind != "number" for feature in signature.features)


def _lay_out(rows: Any, signature: Signature) -> list[Any] | NDArray[Any]:
    """The rows as columns in the model's order; as they are, an array, where all are numbers."""
    if hasattr(rows, "columns") and hasattr(rows, "to_numpy"):
        return _frame_columns(rows, signature)
    if isinstance(rows, Mapping):
        rows = [rows]
    if isinstance(rows, str) or not hasattr(rows, "__iter__"):
        raise InputError("The rows are no table.", "Give a list of rows, an array or a DataFrame.")
    if not isinstance(rows, np.ndarray):
        rows = list(_plain_rows(rows, signature))
    if not _has_texts(signature):
        return np.asarray(_to_floats(rows, signature))
    table = rows if len(rows) else np.empty((0, len(signature.features)), dtype=object)
    if len(rows) and not isinstance(rows, np.ndarray):
        if not all(_is_row(row, len(signature.features)) for row in rows):
            raise _ill_formed(rows, signature)
        table = np.empty((len(rows), len(signature.features)), dtype=object)
        try:
            table[:] = rows
        except ValueError:  # a value that is a list
            raise _ill_formed(rows, signature) from None
    if table.ndim != 2 or table.shape[1] != len(signature.features):
        raise _other_shape(table.shape, signature)
    return list(table.T)


def _is_row(row: Any, length: int) -> bool:
    return not isinstance(row, str) and hasattr(row, "__len__") and len(row) == length


def _frame_columns(frame: Any, signature: Signature) -> list[Any] | NDArray[Any]:
    """A DataFrame's columns in the model's order; one array where all of them are numbers."""
    order = order_columns([str(name) for name in frame.columns], signature)
    if not hasattr(frame, "iloc"):  # not pandas'
        return [np.asarray(frame[frame.columns[place]].to_numpy()) for place in order]
    if not _has_texts(signature):
        matrix: NDArray[Any] = frame.iloc[:, order].to_numpy()
        if matrix.dtype.kind in "biuf":
            return matrix
    return [frame.iloc[:, place].to_numpy() for place in order]


def _plain_rows(rows: Iterable[Any], signature: Signature) -> Iterable[Sequence[Any]]:
    """Each row as a sequence in the model's order."""
    orders: dict[tuple[str, ...], list[int]] = {}  # most rows have the same keys
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            names = tuple(map(str, row))
            if names not in orders:
                orders[names] = order_columns(names, signature, f"Row {number}'s keys")
            values = list(row.values())
            yield [values[place] for place in orders[names]]
        else:
            yield row


def _to_floats(rows: Any, signature: Signature) -> FloatArray:
    try:
        return np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    if isinstance(rows, np.ndarray) and rows.ndim == 2:
        rows = rows.tolist()
    try:
        plain = [[None if is_missing(value) else value for value in row] for row in rows]
        return np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise _ill_formed(rows, signature) from None


def _as_floats(matrix: NDArray[Any], signature: Signature) -> FloatArray:
    """An array of numbers as the kernel takes it."""
    if len(matrix) == 0 and matrix.ndim < 3:
        return np.empty((0, len(signature.features)))
    if matrix.ndim != 2 or matrix.shape[1] != len(signature.features):
        raise _other_shape(matrix.shape, signature)
    return np.ascontiguousarray(matrix, dtype=np.float64)


def _other_shape(shape: tuple[int, ...], signature: Signature) -> InputError:
    return InputError(
        f"The rows have the shape {shape}, not (n, {len(signature.features)}).",
        f"Give a list of rows with the features {', '.join(signature.wire_names)}.",
    )


def _ill_formed(rows: Any, signature: Signature) -> InputError:
    """The error for rows that are no table; says where the first that does not fit stands."""
    hint = "Give one value for each feature, in the model's order."
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str) or not hasattr(row, "__len__"):
            return InputError(f"Row {number} is not a list of values.", hint)
        if len(row) != len(signature.features):
            what = f"Row {number} has {len(row)} values, not {len(signature.features)}."
            return InputError(what, hint)
        for feature, value in zip(signature.features, row, strict=True):
            if feature.kind == "number":
                try:
                    np.float64(value)
                except (TypeError, ValueError, OverflowError):
                    return no_number(number, feature.wire_name)
    return InputError("The rows are not a table of values.", hint)
