"""Rows as the bodies of requests: values that JSON has, by wire name.

Rows that are dicts go out by their names: the function says what a row lacks or has too much, with
the words of its contract. All other rows have to fit the signature. In both, what JSON cannot hold
is refused by row and feature, never converted to something else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from poner.artifacts import is_missing
from poner.errors import InputError
from poner.signature import Feature, JsonScalar, Signature
from poner.table.cells import guess_cells, infinite, takes_booleans
from poner.table.conversion import as_records
from poner.table.layout import Columns, Rows, lay_out
from poner.table.names import feature_twice, known_names
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
    laid_out = lay_out(rows, signature)
    match laid_out:
        case Rows() if laid_out.are_named:
            return [
                _as_record(row, number, signature) for number, row in enumerate(laid_out.rows, 1)
            ]
        case _ if signature is not None:
            return _as_bodies(laid_out, signature)
        case Columns() if laid_out.are_named:
            return _of_columns(laid_out)
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
    if len(set(names)) != len(names):
        raise feature_twice(columns.source, next(n for n in names if names.count(n) > 1))
    read: list[Sequence[Any]] = []
    for name, values in zip(names, columns.values, strict=True):
        if columns.decimal is not None:
            read.append(guess_cells(values.tolist(), name, columns.decimal))
            continue
        # numpy gives dates in nanoseconds as integers, unless each is taken as it is
        held = values if values.dtype.kind in "mM" else values.tolist()
        read.append([_as_json(value, row, name, None) for row, value in enumerate(held, 1)])
    return [dict(zip(names, row, strict=True)) for row in zip(*read, strict=True)]


def _as_record(row: Mapping[Any, Any], number: int, signature: Signature | None) -> Record:
    """A row by wire name; a name that is no feature stays, for the function to refuse."""
    features: Mapping[str, Feature] = {}
    names: Mapping[str, str] = {}
    if signature is not None:
        features = {feature.wire_name: feature for feature in signature.features}
        names = known_names(list(row), signature, f"Row {number}")
    record: Record = {}
    for key, value in row.items():
        name = names.get(str(key), str(key))
        if name in record:
            raise feature_twice(f"Row {number}", name)
        record[name] = _as_json(value, number, name, features.get(name))
    return record


def _as_json(value: Any, row: int, name: str, feature: Feature | None) -> JsonScalar | None:
    """A value as JSON has it: a text, a finite number, or None for a missing value.

    True is 1 where a feature may be a boolean one, which is a number to a model.

    Raises:
        InputError: JSON has no such value.
    """
    if isinstance(value, str):
        return _as_json_text(str.__str__(value), feature)
    if isinstance(value, bool | np.bool_) and feature is not None and not takes_booleans(feature):
        return bool(value)  # the function refuses it
    if type(value) is int:
        return value
    try:
        number = read_number(value)
    except (ValueError, OverflowError):
        raise InputError(
            f"Row {row} has {_article(type(value).__name__)} for {name!r}, neither a number nor a "
            "text.",
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


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
