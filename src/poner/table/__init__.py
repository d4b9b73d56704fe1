"""Rows of numbers, categories and gaps: from the user, to the model, to the kernel, to requests.

In: rows as users hold them (a DataFrame, dicts by wire name or training column, lists, an array).
Between: a `Table`, one float64 matrix in the model's order in which *category codes* stand for
texts. A category code is a text's index in the table's *vocabulary*; `UNKNOWN_CODE` stands for a
text that is not there, NaN for a value that is missing.

Out:

    to the kernel     `table.numbers`, with codes by the compiled model's own vocabulary
    to the model      numbers, vocabulary and the columns of categories, from which
                      `poner_runtime.fitted.as_fitted` makes what the model was fitted on
    to requests       `as_lists` or `as_records`, for JSON

Every message names a row or a feature and never repeats a value. This room knows nothing of
models, files and HTTP.
"""

from __future__ import annotations

from poner.artifacts import Table
from poner.table.codes import UNKNOWN_CODE, CategoryCodes
from poner.table.conversion import as_lists, as_records, recode, spell_unknown
from poner.table.reading import order_columns, read_table

__all__ = [
    "UNKNOWN_CODE",
    "CategoryCodes",
    "Table",
    "as_lists",
    "as_records",
    "order_columns",
    "read_table",
    "recode",
    "spell_unknown",
]
