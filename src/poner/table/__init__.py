"""Converts rows of numbers, categories and missing values between their forms.

In: rows as users hold them (a DataFrame, dicts by wire name or training column, lists, an array).
Between: a `Table` (poner.artifacts): one float64 matrix in the model's order, in which *category
codes* stand for texts. A category code is the index of a text in the table's *vocabulary*;
`UNKNOWN_CODE` stands for any other text, and NaN for a missing value.

Out:

    to the kernel     `table.numbers`, with codes by the compiled model's own vocabulary
    to the model      `spell_unknown`, then numbers, vocabulary and the indices of the categories:
                      `poner_runtime.fitted.as_fitted` turns them into the model's type of rows
    to requests       `as_lists` or `as_records`, for JSON

A new kind of feature is a name in `signature.Kind` and a case in `columns.py`. Messages name a row
or a feature and never repeat a value. This room knows nothing of models, files and HTTP.
"""

from __future__ import annotations

from poner.table.codes import UNKNOWN_CODE, CategoryCodes
from poner.table.columns import read_column
from poner.table.conversion import as_lists, as_records, recode, spell_unknown
from poner.table.reading import order_columns, read_table

__all__ = [
    "UNKNOWN_CODE",
    "CategoryCodes",
    "as_lists",
    "as_records",
    "order_columns",
    "read_column",
    "read_table",
    "recode",
    "spell_unknown",
]
