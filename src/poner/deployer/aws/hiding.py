"""Removes values of environment variables, which may be secrets, from AWS's messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

HIDDEN = "***"
"""Replaces a value."""

_TELLING_LENGTH = 8


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with all secrets replaced, the longest first."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = _pattern(secret).sub(HIDDEN, text)
    return text


def _pattern(secret: str) -> re.Pattern[str]:
    """Matches a value in a message, where white space may change and quotes may be escaped.

    A short value matches only as a whole word, since `1` is part of many words.
    """
    plain = r"\s+".join(map(re.escape, secret.split()))
    escaped = re.escape(json.dumps(secret)[1:-1])
    either = "|".join(filter(None, (plain, escaped)))
    if len(secret) < _TELLING_LENGTH:
        either = rf"(?<!\w)(?:{either})(?!\w)"
    return re.compile(either)
