"""Foreign text appears unchanged or escaped, and never controls a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poner.errors import PredictionError
from poner.printable import printable, printable_json

HARMFUL = {
    "colour": ("\x1b[32mok\x1b[0m", r"\x1b[32mok\x1b[0m"),
    "link": ("\x1b]8;;https://evil.example\x07x", r"\x1b]8;;https://evil.example\x07x"),
    "eight-bit CSI": ("\x9b31m", r"\x9b31m"),
    "eight-bit OSC": ("\x9d0;title\x9c", r"\x9d0;title\x9c"),
    "backspace": ("no\x08\x08ok", r"no\x08\x08ok"),
    "delete": ("a\x7f", r"a\x7f"),
    "zero": ("a\x00b", r"a\x00b"),
    "carriage return": ("Error\rOK", r"Error\rOK"),
    "new lines": ("a\nError: b\r\n", r"a\nError: b\r\n"),
    "tab": ("a\tb", r"a\tb"),
    "next line": ("a\x85b", r"a\x85b"),
    "separators": ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
    "overrides": ("\u202egnp.exe\u202c", r"\u202egnp.exe\u202c"),
    "isolates": ("\u2066a\u2067b\u2068c\u2069", r"\u2066a\u2067b\u2068c\u2069"),
    "marks of direction": ("\u200e\u200f\u061c", r"\u200e\u200f\u061c"),
    "zero width": ("a\u200bb\u200cc\u200dd\u2060e\ufefff", r"a\u200bb\u200cc\u200dd\u2060e\ufefff"),
    "soft hyphen": ("a\xadb", r"a\xadb"),
    "tags": ("\U000e0041\U000e007f", r"\U000e0041\U000e007f"),
    "fillers": ("\u3164\uffa0\u115f\u1160\u034f", r"\u3164\uffa0\u115f\u1160\u034f"),
    "lone surrogates": ("\ud800a\udfff", r"\ud800a\udfff"),
    "private use": ("\ue000", r"\ue000"),
    "no character": ("\ufffe\U0001ffff", r"\ufffe\U0001ffff"),
}

LEGITIMATE = [
    "plain text, [green]markup[/green] and :smile:",
    "añil, naïve, Žluťoučký, e\u0301",
    "日本語　テキスト, 中文, 한국어",
    "مرحبا, שלום, नमस्ते, ไทย",
    "😀 👍🏽 ❤️ 👨‍👩‍👧 🏳️‍🌈 👩🏽‍⚕️ 🇪🇺",  # joined emoji are the point
    "1\xa0000 € − ½ × π",  # noqa: RUF001
    r"C:\new\table \x1b",
]


@pytest.mark.parametrize(("text", "shown"), HARMFUL.values(), ids=HARMFUL)
def test_what_a_terminal_obeys_or_hides_is_escaped(text: str, shown: str) -> None:
    """Control and invisible characters become the escapes of Python's literals."""
    assert printable(text) == shown


@pytest.mark.parametrize("text", LEGITIMATE)
def test_legitimate_text_stays(text: str) -> None:
    """Letters of any script and emoji stay."""
    assert printable(text) == text


def test_lines_and_tabs_may_be_kept() -> None:
    """Newlines and tabs can be kept."""
    assert printable("a\n\tb\x1b\r", keep="\n\t") == "a\n\tb\\x1b\\r"


@given(st.text(st.characters(codec=None)))
def test_nothing_harmful_is_left(text: str) -> None:
    """No harmful character is left, and escaping twice changes nothing."""
    shown = printable(text)
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cs", "Zl", "Zp", "Co"}
    assert printable(shown) == shown
    if all(" " <= letter <= "~" for letter in text):
        assert shown == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_json_means_the_same(value: object, indent: int | None, ascii_only: bool) -> None:
    """With JSON's own escapes, of which a terminal obeys none."""
    text = printable_json(value, indent=indent, ascii_only=ascii_only)
    assert json.loads(text) == value
    assert printable(text, keep="\n") == text.replace("\u200d", r"\u200d")
    assert not ascii_only or text.isascii()


def test_errors_are_safe_to_print() -> None:
    """In a notebook and in a traceback, too; their fields keep what was said."""
    error = PredictionError("It said \x1b[32mok\n.", "Try \u202eagain.")
    assert str(error) == r"It said \x1b[32mok\n. Try \u202eagain."
    assert error.message == "It said \x1b[32mok\n."
