"""What counts as a number: Python's, numpy's and decimal numbers, booleans, and texts of numbers.

Dates, durations, complex numbers and bytes are no numbers, although `float` or numpy would convert
some of them: a date becomes nanoseconds, and an imaginary part is dropped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from poner.artifacts import is_missing

NUMERIC_DTYPES = "biuf"
"""Kinds of dtype that are numbers: boolean, signed, unsigned, floating."""

FOREIGN_DTYPES = "mMcVS"
"""Kinds of dtype that are neither numbers, texts nor objects: durations, dates, complex numbers,
raw bytes and byte strings."""

PLAIN_NUMBERS = frozenset({float, int, bool, np.float64, np.float32, np.int64, np.bool_})
"""Types whose every value converts to float64 with the same meaning, unless it overflows."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_FINITE_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def is_number(kind: type) -> bool:
    """Whether the values of a type are numbers; texts are not, even those of numbers."""
    return issubclass(kind, Real | np.bool_ | Decimal) and not issubclass(kind, np.timedelta64)


def read_number(value: Any) -> float:
    """A value as float64; NaN where the value is missing.

    Raises:
        ValueError: the value is no number, and no text of a number.
        OverflowError: the number is beyond float64.

    >>> read_number("1.5"), read_number(True), read_number(None)
    (1.5, 1.0, nan)
    """
    if isinstance(value, str):
        return read_number_text(value)
    if is_missing(value) or (isinstance(value, Decimal) and value.is_qnan()):
        return math.nan
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not is_number(type(value)):
        raise ValueError("not a number")
    return float(value)


def read_number_text(text: str) -> float:
    """The number that a text is: digits with a point, an exponent, `nan` or `inf`.

    Raises:
        ValueError: the text is anything else, such as `1_0`, which Python's `float` takes.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text) or _NO_FINITE_NUMBER.fullmatch(text):
        return float(text)
    raise ValueError("not a number")


def unmasked(array: Any) -> Any:
    """The array itself, or a masked array with NaN or None where it is masked."""
    if not isinstance(array, np.ma.MaskedArray) or array.dtype.kind in FOREIGN_DTYPES:
        return array
    is_numeric = array.dtype.kind in NUMERIC_DTYPES
    values = np.array(array.data, dtype=np.float64 if is_numeric else object)
    values[np.ma.getmaskarray(array)] = np.nan if is_numeric else None
    return values


def listed(names: Collection[str], most: int = 20) -> str:
    """Names for a message: the first of them, and how many more there are."""
    shown = ", ".join(list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
