"""Settings of a Lambda function, and the rule for its name (L68)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from poner.errors import PonerError

Architecture = Literal["x86_64", "arm64"]
"""Processors that Lambda has."""

DEFAULT_BODY_LIMIT_BYTES = 65_536
"""Default of the longest request body that a function reads."""

FUNCTION_NAME_LENGTH = 64
"""Most characters of a function's name."""

FUNCTION_NAME = rf"^[a-zA-Z0-9-_]{{1,{FUNCTION_NAME_LENGTH}}}$"
"""Names of functions that Lambda accepts."""


@dataclass(frozen=True)
class FunctionSettings:
    """Settings of a Lambda function."""

    name: str = "function"
    """Name of the function: at most 64 letters, digits, hyphens and underscores."""
    memory_mb: int | None = None
    """Memory in MB, 128 to 10,240; None for the engine's default."""
    timeout_s: int | None = None
    """Timeout of an invocation in seconds; None for the engine's default."""
    body_limit_bytes: int | None = None
    """Longest request body that is read, in bytes; longer bodies get status 413. None for 64 KiB,
    or more if a row of the model may need more."""

    def with_defaults(
        self, memory_mb: int, timeout_s: int, body_limit_bytes: int
    ) -> FunctionSettings:
        """These settings with defaults for what is None."""
        return replace(
            self,
            memory_mb=self.memory_mb or memory_mb,
            timeout_s=self.timeout_s or timeout_s,
            body_limit_bytes=self.body_limit_bytes or body_limit_bytes,
        )


def check_function_name(name: str, error: type[PonerError]) -> None:
    """Check that Lambda accepts a name for a function.

    Raises:
        PonerError: of the class `error`.
    """
    if not re.fullmatch(FUNCTION_NAME, name):
        raise error(
            f"{name!r} cannot be the name of a Lambda function.",
            "Use 1 to 64 letters, digits, hyphens and underscores.",
        )
