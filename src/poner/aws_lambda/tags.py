"""Tags of a function, and AWS's limits for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from poner.errors import SettingsError

TAGS = 50
"""Most tags of a resource (AWS Lambda developer guide, "Using tags", 2026-11)."""

_KEY_LENGTH, _VALUE_LENGTH = 128, 256
_TEXT = re.compile(r"[\w\s.:/=+\-@]*")
"""What IAM takes in keys and values of a role's tags: letters, spaces, numbers and `_.:/=+-@`
(IAM's API reference, type Tag, 2026-11); Lambda and CloudWatch Logs take no less."""


def check_tags(tags: Mapping[str, str], reserved: str) -> None:
    """Check tags of the user's as AWS does.

    Args:
        tags: values by key.
        reserved: the key of poner's own tag.

    Raises:
        SettingsError: names the tag and the limit.
    """
    if len(tags) >= TAGS:
        raise SettingsError(
            f"There are {len(tags)} tags under [deploy.tags].",
            f"Keep {TAGS - 1}: AWS takes {TAGS}, and poner adds one.",
        )
    for key, value in tags.items():
        if not 1 <= len(key) <= _KEY_LENGTH:
            raise SettingsError(
                f"The tag key {key[:_KEY_LENGTH]!r} has {len(key)} characters.",
                f"Use 1 to {_KEY_LENGTH} characters.",
            )
        if key == reserved or key.lower().startswith("aws:"):
            owner = "poner" if key == reserved else "AWS"
            raise SettingsError(f"The tag key {key!r} belongs to {owner}.", "Choose another key.")
        if len(value) > _VALUE_LENGTH:
            raise SettingsError(
                f"The tag {key!r} has a value of {len(value)} characters.",
                f"Use at most {_VALUE_LENGTH} characters.",
            )
        if not (_TEXT.fullmatch(key) and _TEXT.fullmatch(value)):
            raise SettingsError(
                f"The tag {key!r} holds a character that AWS does not take.",
                "Use letters, numbers, spaces and _ . : / = + - @ in keys and values.",
            )
        if value.lower().startswith("aws:"):
            raise SettingsError(
                f"The tag {key!r} has a value that begins with aws:, which AWS reserves.",
                "Choose another value.",
            )
