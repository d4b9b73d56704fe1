"""Takes the values of environment variables, which may be secrets, out of AWS's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

HIDDEN = "***"
"""Stands where a value was."""

_TELLING_LENGTH = 8


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the values, the longest first."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = _pattern(secret).sub(HIDDEN, text)
    return text


def _pattern(secret: str) -> re.Pattern[str]:
    """A value as a message may hold it: its white space changed, its quotes and lines escaped.

    Short ones are only looked for as words of their own, since `1` is part of many others.
    """
    plain = r"\s+".join(map(re.escape, secret.split()))
    escaped = re.escape(json.dumps(secret)[1:-1])
    either = "|".join(filter(None, (plain, escaped)))
    if len(secret) < _TELLING_LENGTH:
        either = rf"(?<!\w)(?:{either})(?!\w)"
    return re.compile(either)
