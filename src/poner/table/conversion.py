"""Converts a table to another vocabulary, or back to texts and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from poner.artifacts import Table
from poner.signature import JsonScalar, Signature
from poner.table.codes import CategoryCodes
from poner.table.columns import list_values, read_column

_UNKNOWN_TEXT = "\x00unknown"


def recode(table: Table, signature: Signature, vocabulary: Sequence[str]) -> Table:
    """The table with the kinds of a signature and codes of another vocabulary.

    Raises:
        InputError: a column holds texts where the signature has numbers, or numbers for texts.
    """
    codes, spelled = CategoryCodes(vocabulary), spell_unknown(table)
    numbers = np.empty(table.numbers.shape)
    for column, feature in enumerate(signature.features):
        values = np.empty(len(table), dtype=object)
        values[:] = _list_column(spelled, column)
        numbers[:, column] = read_column(values, feature.kind, feature.wire_name, codes)
    return Table(numbers, signature.kinds, codes.vocabulary)


def spell_unknown(table: Table) -> Table:
    """The table with a made-up text for every code outside its vocabulary."""
    categories, known = table.categories, len(table.vocabulary)
    codes = table.numbers[:, categories]
    unknown = (codes < 0) | (codes >= known)
    if not unknown.any():
        return table
    text = _UNKNOWN_TEXT
    while text in table.vocabulary:
        text += "?"
    numbers = table.numbers.copy()
    numbers[:, categories] = np.where(unknown, known, codes)
    return replace(table, numbers=numbers, vocabulary=[*table.vocabulary, text])


def as_lists(table: Table) -> list[list[JsonScalar | None]]:
    """Each row as values for JSON: numbers, texts, and None for missing values."""
    return list(map(list, _rows(table)))


def as_records(table: Table, names: Sequence[str]) -> list[dict[str, JsonScalar | None]]:
    """Each row of `as_lists` as a dict by name, such as the wire names of a request."""
    return [dict(zip(names, row, strict=True)) for row in _rows(table)]


def _rows(table: Table) -> Iterator[tuple[JsonScalar | None, ...]]:
    spelled = spell_unknown(table)
    return zip(*(_list_column(spelled, column) for column in range(len(table.kinds))), strict=True)


def _list_column(table: Table, column: int) -> Sequence[JsonScalar | None]:
    return list_values(table.numbers[:, column], table.kinds[column], table.vocabulary)
