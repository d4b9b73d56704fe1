"""The text of `poner predict INPUT`: a file, standard input or the argument itself."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from poner.errors import UsageError
from poner.table import FORM_OF_SUFFIX, TextForm

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_input(source: str) -> tuple[str, TextForm | None]:
    """The text of an input and its form; None for a form that its content shows.

    Args:
        source: JSON, the path of a file, or - for standard input.

    Raises:
        UsageError: the input cannot be read, or is neither UTF-8 nor UTF-16 with a mark.
    """
    if source.lstrip()[:1] in ("{", "["):
        return source, "json"
    if source == "-" and sys.stdin is None:
        raise UsageError("Standard input is closed.", "Give the rows as INPUT or with --data.")
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except (OSError, ValueError) as error:  # a null byte in the name
        raise UsageError(
            f"The input {source} cannot be read: {getattr(error, 'strerror', 'no such file')}.",
            "Give JSON, the name of a .json, .jsonl, .csv or .tsv file, or - for standard input.",
        ) from error
    return _decode(content, source), FORM_OF_SUFFIX.get(Path(source).suffix.lower())


def _decode(content: bytes, source: str) -> str:
    """The text of an input.

    Raises:
        UsageError: it is neither UTF-8 nor UTF-16 with a mark.
    """
    try:
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except ValueError:
        text = "\0"
    if "\0" in text:  # UTF-16 without a mark is UTF-8 in form, with null characters
        raise UsageError(
            f"The input {source} cannot be read: it is not UTF-8.", "Save it again as UTF-8 text."
        )
    return text
