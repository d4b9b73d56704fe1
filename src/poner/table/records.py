"""Rows as the bodies of requests: values that JSON has, by wire name.

Rows that are dicts go out by their names: the function says what a row lacks or has too much, with
the words of its contract. All other rows have to fit the signature. In both, what JSON cannot hold
is refused by row and feature, never converted to something else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from poner.artifacts import is_missing
from poner.errors import InputError
from poner.signature import Feature, JsonScalar, Signature
from poner.table.arrangement import Columns, Rows, arrange
from poner.table.cells import guess_cells, infinite, takes_booleans
from poner.table.conversion import as_records
from poner.table.names import check_numbered, check_unique, known_names
from poner.table.reading import read_table
from poner.table.values import is_number, read_number, read_number_text

Record = dict[str, Any]
"""One request: values by wire name."""


def read_records(rows: Any, signature: Signature | None) -> list[Record]:
    """Rows of any form as the bodies of requests.

    Args:
        rows: as for `read_table`.
        signature: the features; None is enough for rows with names.

    Raises:
        InputError: a value is nothing that JSON holds, the rows do not fit the signature, or they
            have no names while there is no signature.
    """
    arranged = arrange(rows, signature)
    match arranged:
        case Rows() if arranged.are_named:
            return list(_of_rows(arranged.rows, signature))
        case _ if signature is not None:
            return _as_bodies(arranged, signature)
        case Columns() if arranged.are_named:
            return _of_columns(arranged)
        case _:
            raise InputError(
                "The rows have no feature names, and poner does not know the function's features.",
                "Give dicts or a DataFrame, or pass signature=bundle.manifest.signature.",
            )


def _as_bodies(rows: Any, signature: Signature) -> list[Record]:
    table = read_table(rows, signature)
    if np.isinf(table.numbers).any():
        row, place = np.argwhere(np.isinf(table.numbers))[0].tolist()
        raise infinite(row + 1, signature.wire_names[place])
    return list(as_records(table, signature.wire_names))


def _of_columns(columns: Columns) -> list[Record]:
    names = list(map(str, columns.names))
    check_unique(names, columns.source)
    read: list[Sequence[Any]] = []
    for name, values in zip(names, columns.values, strict=True):
        if columns.decimal is not None:
            read.append(guess_cells(values.tolist(), name, columns.decimal))
            continue
        # numpy gives dates in nanoseconds as integers, unless each is taken as it is
        held = values if values.dtype.kind in "mM" else values.tolist()
        read.append([_as_json(value, row, name, None) for row, value in enumerate(held, 1)])
    return [dict(zip(names, row, strict=True)) for row in zip(*read, strict=True)]


def _of_rows(rows: Iterable[Mapping[Any, Any]], signature: Signature | None) -> Iterator[Record]:
    """Each row by wire name; a name that is no feature stays, for the function to refuse."""
    keys: dict[tuple[Any, ...], list[tuple[str, Feature | None]]] = {}  # most rows have the same
    for number, row in enumerate(rows, start=1):
        own = tuple(row)
        if own not in keys:
            keys[own] = _features_of(own, number, signature)
        yield {
            name: _as_json(value, number, name, feature)
            for (name, feature), value in zip(keys[own], row.values(), strict=True)
            if feature is None or not feature.ignored
        }


def _features_of(
    names: Sequence[Any], number: int, signature: Signature | None
) -> list[tuple[str, Feature | None]]:
    """The wire name and the feature behind each name of a row."""
    features: Mapping[str, Feature] = {}
    known: Mapping[str, str] = {}
    if signature is not None:
        check_numbered(names, f"Row {number}")
        features = {feature.wire_name: feature for feature in signature.features}
        known = known_names(names, signature, f"Row {number}")
    wire_names = [known.get(name, name) for name in map(str, names)]
    check_unique(wire_names, f"Row {number}")
    return [(name, features.get(name)) for name in wire_names]


def _as_json(value: Any, row: int, name: str, feature: Feature | None) -> JsonScalar | None:
    """A value as JSON has it: a text, a finite number, or None for a missing value.

    True is 1 where a feature may be a boolean one, which is a number to a model.

    Raises:
        InputError: JSON has no such value.
    """
    if type(value) is int or (type(value) is float and value - value == 0):
        return value  # most values are such
    if isinstance(value, str):
        return _as_json_text(str.__str__(value), feature)
    if isinstance(value, bool | np.bool_) and feature is not None and not takes_booleans(feature):
        return bool(value)  # the function refuses it
    try:
        number = read_number(value)
    except (ValueError, OverflowError):
        raise InputError(
            f"Row {row} has a value of the type {type(value).__name__} for {name!r}, neither a "
            "number nor a text.",
            "Give a number, a text, or None for a missing value, as in training.",
        ) from None
    if math.isinf(number):
        raise infinite(row, name)
    if is_missing(value) or math.isnan(number):
        return None
    whole = is_number(type(value)) and isinstance(value, np.integer | bool | np.bool_)
    return int(value) if whole else number


def _as_json_text(text: str, feature: Feature | None) -> JsonScalar:
    """A text, or the number that it is where a number is wanted: decimals are texts in JSON."""
    if feature is None or feature.kind != "number":
        return text
    try:
        number = read_number_text(text)
    except ValueError:
        return text  # the function refuses it
    return number if math.isfinite(number) else text
