"""Reads CSV in the dialects that people have: , ; tab or | between cells, an index, a BOM.

The csv module parses. This file finds the delimiter, leaves the index out, and refuses lines that
have more or fewer cells than the header.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from poner.errors import InputError
from poner.signature import Signature
from poner.table.arrangement import Columns, as_objects, names_of

_DELIMITERS = (",", ";", "\t", "|")

_OLD_INDEX = "Unnamed: 0"
"""Name that pandas.read_csv gives an index without a name, which to_csv writes as a column."""


def read_csv(
    text: str,
    signature: Signature | None = None,
    *,
    delimiter: str | None = None,
    decimal: str = ".",
) -> Columns:
    """The columns of a CSV, as texts.

    Args:
        text: the CSV; its header has wire names or training columns.
        signature: the features, by which the delimiter is found; None if they are unknown.
        delimiter: what stands between cells; None to find it.
        decimal: the decimal mark of its numbers.

    Raises:
        InputError: the CSV is damaged or empty, a line has more or fewer cells than the header, or
            a column has no name.
    """
    known = names_of(signature)
    mark = delimiter or max(_DELIMITERS, key=lambda each: _fit(text, each, known))
    try:
        lines = list(_lines(text, mark))
    except csv.Error as error:
        raise InputError(
            f"The CSV cannot be read: {error}.",
            "Save it again as CSV; a quote within a quoted cell is written twice.",
        ) from error
    if not lines:
        raise InputError("The CSV is empty.", "Give a header line, then one line for each row.")
    header = _names(lines[0], known)
    rows = [line for line in lines[1:] if len(header) == 1 or "".join(line).strip() or line[1:]]
    for number, row in enumerate(rows, start=1):
        _check_length(row, header, number)
    kept = [place for place in range(len(header)) if _is_kept(place, header, rows, known)]
    return Columns(
        [header[place] for place in kept],
        [as_objects([row[place] for row in rows]) for place in kept],
        "The header of the CSV",
        decimal,
    )


def _lines(text: str, delimiter: str, *, strict: bool = True) -> Iterator[list[str]]:
    """The lines that are not blank; quoted cells may go over several lines of the text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    return filter(None, reader)


def _names(cells: Sequence[str], known: frozenset[str]) -> list[str]:
    """The names of a header; spaces around one do not count, unless a feature's name has them."""
    return [cell if cell in known else cell.strip() for cell in cells]


def _fit(text: str, delimiter: str, known: frozenset[str]) -> tuple[int, bool, int]:
    """How well a delimiter fits: names of features, a first row as long as the header, cells."""
    try:
        first = list(islice(_lines(text, delimiter, strict=False), 2))
    except csv.Error:
        return -1, False, 0
    header = _names(first[0], known) if first else []
    return (
        len(known.intersection(header)),
        len(first) < 2 or len(first[1]) == len(header),
        len(header),
    )


def _check_length(row: Sequence[str], header: Sequence[str], number: int) -> None:
    if len(row) < len(header):
        raise InputError(
            f"Row {number} of the CSV has no cell for {header[len(row)]!r}.",
            "Add the cell; an empty one means a missing value.",
        )
    if len(row) > len(header):
        raise InputError(
            f"Row {number} of the CSV has {len(row)} cells, but its header has {len(header)}.",
            "Put quotes around cells that hold the delimiter, and name every column.",
        )


def _is_kept(
    place: int, header: Sequence[str], rows: Sequence[Sequence[str]], known: frozenset[str]
) -> bool:
    """Whether a column is data: the index of a DataFrame and empty columns have no name.

    Raises:
        InputError: another column has no name.
    """
    name = header[place]
    if name in known or name not in ("", _OLD_INDEX):
        return True
    if place and not name and any(row[place].strip() for row in rows):
        raise InputError(
            f"Column {place + 1} of the CSV has no name.",
            "Name it, or remove it if the model does not take it.",
        )
    return False
