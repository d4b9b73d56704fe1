"""Rows as users hold them (dicts, lists, arrays, DataFrames), put in the model's order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import MISSING_TEXT, FloatArray, Rows, Signature, is_missing
from poner.errors import InputError

_NO_NUMBERS = "mMcV"
"""numpy's dtype kinds that it would make numbers of, though they are dates, or complex."""


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


UNKNOWN_TEXT = "\x00unknown"
"""What stands for a text that the model does not know, where one has to be said."""


def as_objects(
    matrix: FloatArray,
    signature: Signature,
    strings: Sequence[str],
) -> Rows:
    """The opposite of `as_matrix`: texts in place of their numbers, where there are any.

    Args:
        matrix: (n_rows, n_features).
        signature: which features are texts.
        strings: the texts that the model knows.
    """
    places = _text_places(signature)
    if not places:
        return matrix
    unknown = UNKNOWN_TEXT
    while unknown in strings:
        unknown += "?"
    looked_up = np.array([*strings, unknown, MISSING_TEXT], dtype=object)
    objects = matrix.astype(object)
    for place in places:
        codes = matrix[:, place]
        known = (codes >= 0) & (codes < len(strings))
        found = np.where(known, codes, len(strings)).astype(np.intp)
        objects[:, place] = looked_up[np.where(np.isnan(codes), len(strings) + 1, found)]
    return objects


def as_matrix(
    rows: Any, signature: Signature, strings: Sequence[str] | Mapping[str, float] = ()
) -> FloatArray:
    """Rows as (n_rows, n_features) float64 in the model's order; None becomes NaN.

    A text becomes its place among `strings`, and -1 where it is none of them.

    Args:
        rows: a DataFrame, dicts by wire name or training column, lists in the signature's order,
            or an array (n_rows, n_features).
        signature: the order, and the names.
        strings: the texts that the model knows, or the number of each.

    Raises:
        InputError: a column is missing or unknown, a value is no number where one has to be or no
            text, or a row has the wrong length; the place is named, never the value.
    """
    table = _table(rows, signature)
    if isinstance(table, np.ndarray):
        return _as_floats(table, signature)
    codes = strings if isinstance(strings, Mapping) else text_codes(strings)
    matrix = np.empty((len(table[0]), len(table)))
    for place, (feature, values) in enumerate(zip(signature.features, table, strict=True)):
        if feature.kind == "category":
            matrix[:, place] = _encode(values, codes, feature.wire_name)
        else:
            matrix[:, place] = _numbers(values, feature.wire_name)
    return matrix


def as_records(rows: Any, signature: Signature) -> list[dict[str, float | str | None]]:
    """Each row as a dict by wire name, as JSON can say it: null is what is missing.

    Args:
        rows: as for `as_matrix`.
        signature: the order, and the names.

    Raises:
        InputError: as for `as_matrix`.
    """
    table = _table(rows, signature)
    if isinstance(table, np.ndarray):
        table = list(_as_floats(table, signature).T)
    columns: list[list[Any]] = []
    for feature, values in zip(signature.features, table, strict=True):
        if feature.kind == "category":
            _encode(values, {}, feature.wire_name)  # finds what is no text
            columns.append([None if is_missing(value) else str(value) for value in values])
        else:
            numbers = _numbers(values, feature.wire_name).tolist()
            columns.append([None if value != value else value for value in numbers])
    names = signature.wire_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def text_codes(strings: Sequence[str]) -> dict[str, float]:
    """The number that stands for each text."""
    return {text: float(place) for place, text in enumerate(strings)}


def _text_places(signature: Signature) -> list[int]:
    return [place for place, feature in enumerate(signature.features) if feature.kind == "category"]


def _table(rows: Any, signature: Signature) -> list[Any] | NDArray[Any]:
    """The rows as columns in the model's order; as they are, an array, where all are numbers."""
    if hasattr(rows, "columns") and hasattr(rows, "to_numpy"):
        return _frame_columns(rows, signature)
    if isinstance(rows, Mapping):
        rows = [rows]
    if isinstance(rows, str) or not hasattr(rows, "__iter__"):
        raise InputError("The rows are no table.", "Give a list of rows, an array or a DataFrame.")
    if not isinstance(rows, np.ndarray):
        rows = list(_plain_rows(rows, signature))
    if not _text_places(signature):
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
    if not _text_places(signature):
        matrix: NDArray[Any] = frame.iloc[:, order].to_numpy()
        if matrix.dtype.kind in "biuf":
            return matrix
    return [frame.iloc[:, place].to_numpy() for place in order]


def _encode(values: Any, codes: Mapping[str, float], name: str) -> FloatArray:
    """The numbers of a column's texts; NaN for what is missing."""
    listed = values.tolist()
    try:
        found = np.array(list(map(codes.get, listed)), dtype=np.float64)
    except TypeError:  # a list or a dict, which is no text
        found = np.full(len(listed), np.nan)
    for place in np.flatnonzero(np.isnan(found)).tolist():
        value = listed[place]
        if isinstance(value, str):
            found[place] = codes.get(value, -1.0)
        elif not is_missing(value):
            raise InputError(
                f"Row {place + 1} has no text for {name!r}.",
                "Give one, as in training; None is what is missing.",
            )
    return found


def _numbers(values: Any, name: str) -> FloatArray:
    """A column as float64; NaN for what is missing."""
    if values.dtype.kind in _NO_NUMBERS:
        raise _no_number(1, name)
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        listed = [math.nan if is_missing(value) else value for value in values.tolist()]
    numbers = np.empty(len(listed))
    for place, value in enumerate(listed):
        try:
            numbers[place] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise _no_number(place + 1, name) from None
    return numbers


def _no_number(row: int, name: str) -> InputError:
    return InputError(f"Row {row} has no number for {name!r}.", "Give one number for each feature.")


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
                    return _no_number(number, feature.wire_name)
    return InputError("The rows are not a table of values.", hint)
