"""Rows as users hold them (dicts, lists, arrays, DataFrames), put in the model's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from poner.artifacts import FloatArray, Signature
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


def as_matrix(rows: Any, signature: Signature) -> FloatArray:
    """Rows as (n_rows, n_features) float64 in the model's order; None becomes NaN.

    Args:
        rows: a DataFrame, dicts by wire name or training column, lists in the signature's order,
            or an array (n_rows, n_features).
        signature: the order, and the names.

    Raises:
        InputError: a column is missing or unknown, a value is no number, or a row has the wrong
            length; the place is named, never the value.
    """
    if hasattr(rows, "columns") and hasattr(rows, "to_numpy"):
        order = order_columns([str(name) for name in rows.columns], signature)
        return _to_floats(rows.iloc[:, order].to_numpy(), signature)
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, np.ndarray):
        rows = list(_plain_rows(rows, signature))
    return _to_floats(rows, signature)


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
