"""Converts one column: a user's values to numbers or category codes, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, is_missing
from poner.errors import InputError
from poner.signature import JsonScalar, Kind
from poner.table.codes import CategoryCodes

_NO_NUMBERS = "mMcV"
"""Kinds of dtype that numpy would wrongly convert to numbers: dates, durations, complex numbers
and raw bytes."""


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
        f"Row {row} has no number for {wire_name!r}.", "Give one number for each feature."
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
    if values.dtype.kind in _NO_NUMBERS:
        raise _no_number(1, wire_name)
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        listed = [math.nan if is_missing(value) else value for value in values.tolist()]
    numbers = np.empty(len(listed))
    for row, value in enumerate(listed):
        try:
            numbers[row] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise _no_number(row + 1, wire_name) from None
    return numbers
