"""Makes foreign text safe to show: characters that a terminal obeys or hides become visible.

The one place for this: a model file's names, an endpoint's answers, errors of AWS and of child
processes pass through `printable` where they are shown (the command line, `PonerError.__str__`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

_HIDING_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Controls, formatting (bidirectional and zero-width), private use, lone surrogates, line and
paragraph separators (Unicode's general categories)."""

_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks of other categories that show nothing (Default_Ignorable_Code_Point)."""

_PLAIN = re.compile(r"[ -~]*")
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_CATEGORIES = {"So", "Sk"}
_EMOJI_STYLE = "\ufe0f"
_UNASSIGNED_LETTERS = ((0x1F000, 0x1FAFF), (0x20000, 0x3FFFF))
"""Blocks of emoji and CJK, which grow with each Unicode version; all else unassigned is escaped."""


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with each character escaped that a terminal obeys, or that shows nothing.

    Escapes are those of Python's literals (`\x1b`, `\n`, `\u202e`). Letters of any script, accents
    and emoji stay as they are. What was escaped once stays the same when it is escaped again.

    Args:
        text: what others wrote.
        keep: characters to leave alone, such as newlines where lines are the text's own.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        character if character in keep or _is_shown(text, place) else escape(character)
        for place, character in enumerate(text)
    )


def printable_json(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """A value as JSON in which the same characters are escaped, as JSON escapes them.

    Args:
        value: of what JSON has.
        indent: as for `json.dumps`.
        ascii_only: whether to escape all that is not ASCII.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        character
        if character == "\n" or is_shown(character)  # newlines are the indentation's
        else json.dumps(character)[1:-1]
        if character != "\x7f"  # the one control character that JSON has no need to escape
        else "\\u007f"
        for character in text
    )


def escape(character: str) -> str:
    """A character as Python's literals have it."""
    return character.encode("unicode_escape").decode("ascii")


def is_shown(character: str) -> bool:
    """Whether a character by itself shows as what it is."""
    if " " <= character <= "~":
        return True
    category = unicodedata.category(character)
    if category == "Cn":
        code = ord(character)
        return any(first <= code <= last for first, last in _UNASSIGNED_LETTERS)
    return category not in _HIDING_CATEGORIES and character not in _BLANKS


def _is_shown(text: str, place: int) -> bool:
    if text[place] == _ZERO_WIDTH_JOINER:
        return _joins_emoji(text, place)
    return is_shown(text[place])


def _joins_emoji(text: str, place: int) -> bool:
    """Whether a joiner stands between two pictures, which it makes one of."""
    before = text[max(0, place - 2) : place].removesuffix(_EMOJI_STYLE)[-1:]
    after = text[place + 1 : place + 2]
    return all(side and unicodedata.category(side) in _EMOJI_CATEGORIES for side in (before, after))
