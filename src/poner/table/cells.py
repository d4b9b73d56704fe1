"""The cells of a CSV as values: by the feature that they are for, or as they look.

A cell is a number where its feature is one, whatever the text looks like otherwise. Without the
feature a whole column is looked at, and the function refuses a wrong guess: it takes no number
where it wants a text, and no text where it wants a number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from poner.errors import InputError
from poner.signature import MOST_CATEGORIES, Feature
from poner.table.values import read_number_text

_MISSING = frozenset(
    {
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    }
)
"""What pandas.read_csv takes for missing by default (documentation of pandas 3.0, 2026-12)."""

_BOOLEANS = {"True": 1.0, "true": 1.0, "TRUE": 1.0, "False": 0.0, "false": 0.0, "FALSE": 0.0}
"""What pandas, polars and R write for a boolean, which is a number to a model."""

_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")

_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
"""A number as JSON has it; 01067 and +49 are rather a postcode and a telephone's prefix."""

_INFINITE = frozenset({"inf", "-inf", "Inf", "-Inf", "Infinity", "-Infinity"})


def takes_booleans(feature: Feature) -> bool:
    """Whether True and False may stand for 1 and 0: no value beyond them was seen in training."""
    seen = [value for value in (feature.minimum, feature.maximum) if value is not None]
    return feature.kind == "number" and all(0 <= value <= 1 for value in seen)


def read_cells(cells: NDArray[Any], feature: Feature, decimal: str) -> NDArray[Any]:
    """The cells of a column as numbers or texts, (n_rows,); None where a value is missing.

    Args:
        cells: (n_rows,) texts.
        feature: what the column is.
        decimal: the mark between a number's whole part and its fraction.

    Raises:
        InputError: a cell is no number, or may be a text as well as missing; its row is named.
    """
    match feature.kind:
        case "number":
            if decimal == "." and all(map(_PLAIN_NUMBER.fullmatch, cells)):  # most are such
                return np.array(list(map(float, cells)), dtype=np.float64)
            own = _BOOLEANS if takes_booleans(feature) else {}
            values = [_read_number(cell, own, decimal) for cell in cells]
            if None in values:
                raise _no_number(values.index(None), cells, feature, decimal)
            return np.array(values, dtype=np.float64)
        case "category":
            texts = [_read_text(cell, row, feature) for row, cell in enumerate(cells, start=1)]
            return np.fromiter(texts, object, len(texts))
        case _:
            assert_never(feature.kind)


def _is_missing(cell: str) -> bool:
    cell = cell.strip()
    return not cell or cell in _MISSING


def _read_number(cell: str, booleans: dict[str, float], decimal: str) -> float | None:
    """The number of a cell, NaN for a missing one; None where the cell is no number."""
    if _is_missing(cell):
        return math.nan
    if decimal != "." and "." in cell:
        return None
    try:
        return read_number_text(cell.replace(decimal, "."))
    except ValueError:
        return booleans.get(cell.strip())


def _no_number(row: int, cells: NDArray[Any], feature: Feature, decimal: str) -> InputError:
    if decimal == "." and _DECIMAL_COMMA.fullmatch(cells[row]):
        return InputError(
            f"Row {row + 1} of the CSV has a decimal comma for {feature.wire_name!r}.",
            "If its numbers have decimal commas, say so: --decimal ,",
        )
    return InputError(
        f"Row {row + 1} of the CSV has no number for {feature.wire_name!r}.",
        f"Give a number with the decimal mark {decimal!r}, or an empty cell for a missing value.",
    )


def _read_text(cell: str, row: int, feature: Feature) -> str | None:
    """The text of a cell; None where it stands for a missing value.

    A word such as NA is a missing value where the model takes these and does not know the word.
    """
    is_known, is_blank = cell in feature.categories, not cell.strip()
    if is_known and is_blank and feature.missing:
        raise InputError(
            f"Row {row} of the CSV has an empty cell for {feature.wire_name!r}, which may be an "
            "empty text or a missing value.",
            "Give the rows as JSON, which tells null from a text.",
        )
    if is_known:
        return cell
    knows_all = 0 < len(feature.categories) < MOST_CATEGORIES
    if is_blank or (feature.missing and knows_all and _is_missing(cell)):
        return None
    return cell


def guess_cells(cells: Sequence[str], name: str, decimal: str) -> list[float | str | None]:
    """The cells of a column as they look: numbers or booleans if all of them are, else texts.

    Raises:
        InputError: a cell among numbers is infinite, which JSON lacks, or all of them have decimal
            commas and nobody said so.
    """
    if decimal == "." and all(map(_PLAIN_NUMBER.fullmatch, cells)):  # most are such
        return [_finite(float(cell), row, name) for row, cell in enumerate(cells, start=1)]
    held = {cell.strip() for cell in cells if not _is_missing(cell)}
    if held and held <= _BOOLEANS.keys():
        return [_BOOLEANS.get(cell.strip()) for cell in cells]
    finite = held - _INFINITE
    if not finite or not all(_is_plain_number(cell, decimal) for cell in finite):
        if finite and decimal == "." and all(_is_plain_number(cell, ",") for cell in finite):
            raise InputError(
                f"The column {name!r} of the CSV has decimal commas.",
                "If it holds numbers, say so: --decimal , and if it holds texts, give the rows as "
                "JSON.",
            )
        return [cell if cell.strip() else None for cell in cells]
    values = [_read_number(cell, {}, decimal) for cell in cells]
    return [
        None if value is None or math.isnan(value) else _finite(value, row, name)
        for row, value in enumerate(values, start=1)
    ]


def _finite(value: float, row: int, name: str) -> float:
    if math.isinf(value):
        raise infinite(row, name)
    return value


def _is_plain_number(cell: str, decimal: str) -> bool:
    if decimal != "." and "." in cell:
        return False
    return _PLAIN_NUMBER.fullmatch(cell.replace(decimal, ".")) is not None


def infinite(row: int, name: str) -> InputError:
    """The error for a number that no request can hold."""
    return InputError(
        f"Row {row} has an infinite value for {name!r}, which JSON lacks.",
        "Give a finite number, or None for a missing value.",
    )
