"""Reads rows from the text of a file: JSON, JSON lines or CSV."""

from __future__ import annotations

from typing import Any, Literal, assert_never

from poner.errors import InputError
from poner.foreign_json import read_json
from poner.signature import Signature
from poner.table.delimited import read_csv

TextForm = Literal["json", "jsonl", "csv", "tsv"]
"""Form of a text that holds rows."""

FORM_OF_SUFFIX: dict[str, TextForm] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
}
"""Form of a file by its suffix."""


def read_text(
    text: str, form: TextForm | None, signature: Signature | None, *, decimal: str = "."
) -> Any:
    """The rows of a text, as `read_table` and `read_records` take them.

    Args:
        text: the rows.
        form: form of the text; None for JSON if it begins with { or [, and for CSV otherwise.
        signature: the features; None if they are unknown.
        decimal: the decimal mark of a CSV.

    Raises:
        InputError: the text is damaged, or holds no rows.
    """
    text = text.removeprefix("\ufeff")
    match form or ("json" if text.lstrip()[:1] in ("{", "[") else "csv"):
        case "json":
            return _read_json(text)
        case "jsonl":
            return _read_json_lines(_lines(text))
        case "csv":
            return read_csv(text, signature, decimal=decimal)
        case "tsv":
            return read_csv(text, signature, delimiter="\t", decimal=decimal)
        case unknown:
            assert_never(unknown)


def _read_json(text: str) -> Any:
    """One document; or JSON lines, if the first line is a document of its own."""
    try:
        rows = read_json(text, unique_keys=True)
    except ValueError as error:
        lines = _lines(text)
        if len(lines) > 1 and _is_json(lines[0][1]):
            return _read_json_lines(lines)
        raise InputError(
            f"The input is not JSON: {error}.", "Check its quotes and commas."
        ) from error
    return _checked(rows)


def _checked(rows: Any) -> Any:
    if not isinstance(rows, dict | list):
        raise InputError(
            "The input is not a JSON object or array.",
            "Give one row as an object, or a list of rows.",
        )
    return rows


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers; only newlines end a line of JSON lines."""
    numbered = enumerate(text.split("\n"), start=1)
    return [(number, line) for number, line in numbered if line.strip()]


def _is_json(line: str) -> bool:
    try:
        read_json(line)
    except ValueError:
        return False
    return True


def _read_json_lines(lines: list[tuple[int, str]]) -> list[Any]:
    rows = []
    for number, line in lines:
        try:
            rows.append(_checked(read_json(line, unique_keys=True)))
        except ValueError as error:
            raise InputError(
                f"Line {number} of the input is not JSON: {error}.",
                "Give each row as one object on a line of its own.",
            ) from error
    return rows
