"""Makes foreign text safe to print: control and invisible characters become escapes.

Names in a model file, answers of an endpoint, errors of AWS and of child processes pass through
`printable` when they are printed: by the command line and by `PonerError.__str__`.
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
"""Invisible characters of other categories (Unicode: Default_Ignorable_Code_Point)."""

_PLAIN = re.compile(r"[ -~]*")
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_CATEGORIES = {"So", "Sk"}
_EMOJI_STYLE = "\ufe0f"
_UNASSIGNED_LETTERS = ((0x1F000, 0x1FAFF), (0x20000, 0x3FFFF))
"""Blocks of emoji and CJK, which grow with each Unicode version, so their gaps are not escaped."""


def printable(text: str, *, keep: str = "") -> str:
    r"""Escape each character that controls a terminal, or is invisible.

    Escapes are those of Python's literals (`\x1b`, `\n`, `\u202e`). Letters of any script, accents
    and emoji stay. Escaping twice changes nothing.

    Args:
        text: foreign text.
        keep: characters to leave as they are, such as newlines.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        character
        if character in keep or _is_shown(text, place)
        else character.encode("unicode_escape").decode("ascii")
        for place, character in enumerate(text)
    )


def printable_json(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """A value as JSON, with the same characters in JSON's escapes.

    Args:
        value: anything that JSON can hold.
        indent: as in `json.dumps`.
        ascii_only: whether to escape every character outside ASCII.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        character
        if character == "\n" or is_shown(character)  # from the indentation
        else json.dumps(character)[1:-1]
        if character != "\x7f"  # the one control character that json.dumps leaves
        else "\\u007f"
        for character in text
    )


def is_shown(character: str) -> bool:
    """Whether a character is visible and harmless by itself."""
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
    """Whether a joiner stands between two emoji, which it joins to one."""
    before = text[max(0, place - 2) : place].removesuffix(_EMOJI_STYLE)[-1:]
    after = text[place + 1 : place + 2]
    return all(side and unicodedata.category(side) in _EMOJI_CATEGORIES for side in (before, after))
