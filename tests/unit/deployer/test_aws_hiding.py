"""Values of environment variables in AWS's messages."""

from __future__ import annotations

import pytest

from poner.deployer.aws.hiding import hide


@pytest.mark.parametrize(
    ("value", "message", "told"),
    [
        ("hunter22", "got 'xhunter22x'", "got 'x***x'"),
        ("ab", "ab is about ab.", "*** is about ***."),
        ("1", "at most 10, not 1", "at most 10, not ***"),
        ("line one\nline two", "got line one line two.", "got ***."),
        ('quo"ted\nlines', r"got {\"K\":\"quo\"ted\nlines\"}", r"got {\"K\":\"***\"}"),
        ("a.c", "abc a.c", "abc ***"),
        ("", "nothing", "nothing"),
    ],
    ids=["inside", "short", "number", "folded", "escaped", "no pattern", "empty"],
)
def test_hidden(value: str, message: str, told: str) -> None:
    """Values are hidden in every form of quoting; short values leave messages readable."""
    assert hide(message, [value]) == told


def test_hidden_longest_first() -> None:
    """A value that contains another is hidden as a whole."""
    assert hide("got password-2", ["password", "password-2"]) == "got ***"
