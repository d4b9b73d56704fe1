"""Converts rows of numbers, categories and missing values between their forms.

In: rows as users hold them: DataFrames, arrays, sparse matrices, dicts, lists and iterators of
these (`arrangement.py` lists them), and the texts of CSV and JSON files (`read_text`).
Between: a `Table` (poner.artifacts): one float64 matrix in the model's order, in which *category
codes* stand for texts. A category code is the index of a text in the table's *vocabulary*;
`UNKNOWN_CODE` stands for any other text, and NaN for a missing value.

Out:

    to the kernel     `table.numbers`, with codes by the compiled model's own vocabulary
    to the model      `spell_unknown`, then numbers, vocabulary and the indices of the categories:
                      `poner_runtime.fitted.as_fitted` turns them into the model's type of rows
    to requests       `read_records`, or of a Table `as_lists` and `as_records`, for JSON

A new kind of feature is a name in `signature.Kind` and a case in `columns.py` and `cells.py`.
Messages name a row or a feature and never repeat a value. This room knows nothing of models, files
and HTTP.
"""

from __future__ import annotations

from poner.table.arrangement import as_columns
from poner.table.codes import UNKNOWN_CODE, CategoryCodes
from poner.table.columns import kind_of, read_column
from poner.table.conversion import as_lists, as_records, recode, spell_unknown
from poner.table.documents import FORM_OF_SUFFIX, TextForm, read_text
from poner.table.names import order_columns
from poner.table.reading import is_sparse, read_table, split_sparse
from poner.table.records import read_records
from poner.table.values import PLAIN_NUMBERS

__all__ = [
    "FORM_OF_SUFFIX",
    "PLAIN_NUMBERS",
    "UNKNOWN_CODE",
    "CategoryCodes",
    "TextForm",
    "as_columns",
    "as_lists",
    "as_records",
    "is_sparse",
    "kind_of",
    "order_columns",
    "read_column",
    "read_records",
    "read_table",
    "read_text",
    "recode",
    "spell_unknown",
    "split_sparse",
]
