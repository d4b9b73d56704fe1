"""Converts one column: a user's values to numbers or category codes, and back."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, is_missing
from poner.errors import InputError
from poner.signature import JsonScalar, Kind
from poner.table.codes import CategoryCodes
from poner.table.values import FOREIGN_DTYPES, NUMERIC_DTYPES, PLAIN_NUMBERS, is_number, read_number

_READ_TOGETHER = PLAIN_NUMBERS | {NoneType}
"""Types that numpy converts as `read_number` does; None becomes NaN."""


def read_column(
    values: NDArray[Any], kind: Kind, wire_name: str, codes: CategoryCodes
) -> FloatArray:
    """A column as float64, (n_rows,): numbers or category codes; NaN where a value is missing.

    Raises:
        InputError: a value has another kind; the message names its row and the feature.
    """
    match kind:
        case "number":
            return _read_numbers(values, wire_name)
        case "category":
            return _read_texts(values.tolist(), wire_name, codes)
        case _:
            assert_never(kind)


def kind_of(values: NDArray[Any]) -> Kind | set[type]:
    """The kind that a column's values are of: a category if it holds nothing but texts and gaps.

    Returns:
        The kind; or the types of the values, if they are neither numbers nor texts alone.
    """
    if values.dtype.kind in NUMERIC_DTYPES:
        return "number"
    if values.dtype.kind in FOREIGN_DTYPES:
        return {values.dtype.type}
    types = {type(value) for value in values.tolist() if not is_missing(value)}
    if types and all(issubclass(each, str) for each in types):
        return "category"
    return "number" if all(map(is_number, types)) else types


def list_values(
    column: FloatArray, kind: Kind, vocabulary: Sequence[str]
) -> Sequence[JsonScalar | None]:
    """The values of a column, (n_rows,): numbers or texts; None where a value is missing."""
    match kind:
        case "number":
            return [None if value != value else value for value in column.tolist()]
        case "category":
            codes = column.tolist()
            return [None if code != code else vocabulary[int(code)] for code in codes]
        case _:
            assert_never(kind)


def _no_number(row: int, wire_name: str) -> InputError:
    return InputError(
        f"Row {row} has no number for {wire_name!r}.",
        "Give a number, or None if the value is missing.",
    )


def _read_texts(values: list[Any], wire_name: str, codes: CategoryCodes) -> FloatArray:
    try:
        return np.fromiter(map(codes.__getitem__, values), np.float64, len(values))
    except TypeError:  # a value is not a text
        is_text = [isinstance(value, str) or is_missing(value) for value in values]
    raise InputError(
        f"Row {is_text.index(False) + 1} has no text for {wire_name!r}.",
        "Give a text, as in training, or None if the value is missing.",
    )


def _read_numbers(values: NDArray[Any], wire_name: str) -> FloatArray:
    if values.dtype.kind in NUMERIC_DTYPES:
        return values.astype(np.float64, copy=False)
    if values.dtype.kind in FOREIGN_DTYPES and len(values):
        raise _no_number(1, wire_name)
    objects = values.tolist()
    if _READ_TOGETHER.issuperset(map(type, objects)):
        try:
            return np.asarray(objects, dtype=np.float64)
        except OverflowError:
            pass  # the loop finds its row
    numbers = np.empty(len(objects))
    for row, value in enumerate(objects):
        try:
            numbers[row] = read_number(value)
        except (ValueError, OverflowError):
            raise _no_number(row + 1, wire_name) from None
    return numbers
