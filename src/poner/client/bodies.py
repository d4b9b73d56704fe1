"""Turns rows of any form into requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poner.artifacts import is_missing
from poner.errors import InputError
from poner.signature import Signature
from poner.table import as_records, read_table

Body = Mapping[str, Any]
"""One request: values by wire name."""


def make_bodies(rows: Any, signature: Signature | None) -> list[Body]:
    """Turn rows of any form into requests.

    Args:
        rows: a dict or a list of dicts, by wire name or training column; a DataFrame; or an array
            or lists in the signature's order. None, NaN and pandas' NA become null. What stands
            for features that the model ignores is not sent.
        signature: the features; None is enough for dicts and DataFrames.

    Raises:
        InputError: rows do not fit the signature, or have no names while there is no signature.
    """
    if isinstance(rows, Mapping):
        rows = [rows]
    if not hasattr(rows, "columns") and all(isinstance(row, Mapping) for row in rows):
        features = () if signature is None else signature.features
        wire_names = {feature.column: feature.wire_name for feature in features}
        ignored = [feature for feature in features if feature.ignored]
        unsent = {name for each in ignored for name in (each.wire_name, each.column)}
        rows = [{key: row[key] for key in row if key not in unsent} for row in rows]
        return [_as_json(row, wire_names) for row in rows]
    if signature is None and hasattr(rows, "columns"):
        records = rows.to_dict("records") if hasattr(rows, "iloc") else rows.to_dicts()
        return [_as_json(row, {}) for row in records]
    if signature is None:
        raise InputError(
            "The rows have no feature names, and poner does not know the function's features.",
            "Give dicts or a DataFrame, or pass signature=bundle.manifest.signature.",
        )
    return list(as_records(read_table(rows, signature), signature.wire_names))


def _as_json(row: Mapping[str, Any], wire_names: Mapping[str, str]) -> Body:
    """A row by wire name, with None for missing values and numpy's numbers as Python's."""
    return {
        wire_names.get(key, str(key)): None
        if is_missing(value)
        else value.item()
        if isinstance(value, np.generic)
        else value
        for key, value in row.items()
    }
