"""How a function is set up on Lambda, and the names that functions may have (L68)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from poner.errors import PonerError

Architecture = Literal["x86_64", "arm64"]
"""Processors that Lambda has."""

DEFAULT_BODY_LIMIT_BYTES = 65_536
"""Longest request body that a function reads, unless the user says otherwise."""

FUNCTION_NAME = r"^[a-zA-Z0-9-_]{1,64}$"
"""What Lambda takes as the name of a function."""


@dataclass(frozen=True)
class FunctionSettings:
    """How the function is set up on Lambda."""

    name: str = "function"
    """The function's name: letters, digits, - and _, at most 64."""
    memory_mb: int | None = None
    """Memory in MB, 128 to 10,240; None for what the engine needs."""
    timeout_s: int | None = None
    """Longest time an invocation may take, in seconds; None for what the engine needs."""
    body_limit_bytes: int = DEFAULT_BODY_LIMIT_BYTES
    """Longest request body that is read, in bytes; a longer one is answered with 413."""

    def with_defaults(self, memory_mb: int, timeout_s: int) -> FunctionSettings:
        """These settings with numbers where they have none."""
        return replace(
            self, memory_mb=self.memory_mb or memory_mb, timeout_s=self.timeout_s or timeout_s
        )


def check_function_name(name: str, error: type[PonerError]) -> None:
    """Refuse a name that Lambda would refuse.

    Raises:
        PonerError: of the class `error`.
    """
    if not re.fullmatch(FUNCTION_NAME, name):
        raise error(
            f"{name!r} cannot be the name of a Lambda function.",
            "Use 1 to 64 letters, digits, hyphens and underscores.",
        )
