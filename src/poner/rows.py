"""Rows as users hold them (dicts, lists, arrays, DataFrames), put in the model's order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from poner.artifacts import MISSING_TEXT, FloatArray, Rows, Signature
from poner.errors import InputError


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
    missing_as_none: Collection[int] = (),
) -> Rows:
    """The opposite of `as_matrix`: texts in place of their numbers, where there are any.

    Args:
        matrix: (n_rows, n_features).
        signature: which features are texts.
        strings: the texts that the model knows.
        missing_as_none: features whose missing values are None instead of NaN.
    """
    texts = [
        place for place, feature in enumerate(signature.features) if feature.kind == "category"
    ]
    if not texts and not missing_as_none:
        return matrix
    objects = matrix.astype(object)
    for column in {*texts, *missing_as_none}:
        missing = None if column in missing_as_none else MISSING_TEXT
        is_text = column in texts
        objects[:, column] = [
            missing if code != code else _text(code, strings) if is_text else code
            for code in matrix[:, column].tolist()
        ]
    return objects


def _text(code: float, strings: Sequence[str]) -> str:
    return strings[int(code)] if 0 <= code < len(strings) else UNKNOWN_TEXT


def as_matrix(rows: Any, signature: Signature, strings: Sequence[str] = ()) -> FloatArray:
    """Rows as (n_rows, n_features) float64 in the model's order; None becomes NaN.

    A text becomes its place among `strings`, and -1 where it is none of them.

    Args:
        rows: a DataFrame, dicts by wire name or training column, lists in the signature's order,
            or an array (n_rows, n_features).
        signature: the order, and the names.
        strings: the texts that the model knows.

    Raises:
        InputError: a column is missing or unknown, a value is no number, or a row has the wrong
            length; the place is named, never the value.
    """
    if hasattr(rows, "columns") and hasattr(rows, "to_numpy"):
        order = order_columns([str(name) for name in rows.columns], signature)
        rows = rows.iloc[:, order].to_numpy()
    elif isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, np.ndarray):
        rows = list(_plain_rows(rows, signature))
    return _to_floats(_encode(rows, signature, strings), signature)


def _encode(rows: Any, signature: Signature, strings: Sequence[str]) -> Any:
    """The rows with texts replaced by their numbers."""
    texts = [
        place for place, feature in enumerate(signature.features) if feature.kind == "category"
    ]
    if not texts or not len(rows):
        return rows
    codes = {text: float(place) for place, text in enumerate(strings)}
    try:
        table = np.array(rows, dtype=object)
    except ValueError:
        return rows  # their lengths differ, which is said later
    if table.ndim != 2 or table.shape[1] != len(signature.features):
        return table
    for place in texts:
        table[:, place] = [
            _code(value, codes, number, signature.wire_names[place])
            for number, value in enumerate(table[:, place].tolist(), start=1)
        ]
    return table


def _code(value: Any, codes: Mapping[str, float], row: int, name: str) -> float:
    """The number of a text; NaN for what is missing."""
    if isinstance(value, str):
        return codes.get(value, -1.0)
    if value is None or value != value:
        return float("nan")
    raise InputError(f"Row {row} has no text for {name!r}.", "Give one, as in training.")


def _plain_rows(rows: Iterable[Any], signature: Signature) -> Iterable[Sequence[Any]]:
    """Each row as a sequence in the model's order."""
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            names = [str(name) for name in row]
            values = list(row.values())
            yield [
                values[place] for place in order_columns(names, signature, f"Row {number}'s keys")
            ]
        else:
            yield row


def _to_floats(rows: Any, signature: Signature) -> FloatArray:
    n_features = len(signature.features)
    try:
        matrix = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            _first_fault(rows, signature), "Give one number for each feature."
        ) from None
    if matrix.size == 0 and matrix.ndim < 3:
        return matrix.reshape(0, n_features)
    if matrix.ndim != 2 or matrix.shape[1] != n_features:
        raise InputError(
            f"The rows have the shape {matrix.shape}, not (n, {n_features}).",
            f"Give a list of rows with the features {', '.join(signature.wire_names)}.",
        )
    return np.ascontiguousarray(matrix)


def _first_fault(rows: Any, signature: Signature) -> str:
    """Where the first value that is no number stands."""
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str) or not hasattr(row, "__len__"):
            return f"Row {number} is not a list of numbers."
        if len(row) != len(signature.features):
            return f"Row {number} has {len(row)} values, not {len(signature.features)}."
        for name, value in zip(signature.wire_names, row, strict=True):
            try:
                np.float64(value)
            except (TypeError, ValueError):
                return f"Row {number} has no number for {name!r}."
    return "The rows are not numbers."
