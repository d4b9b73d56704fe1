"""Events that Lambda itself logs, independent of the log format (L71 to L77)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Status:
    """How a phase ended."""

    word: Literal["success", "error", "timeout"]
    """AWS's word for the ending."""
    error_type: str | None = None
    """Such as `Runtime.ExitError`."""
    in_text: bool = True
    """Whether the text format shows the status; it omits errors that the process survived."""


SUCCESS = Status("success", in_text=False)


@dataclass(frozen=True)
class InitStarted:
    """An environment starts."""

    version: str
    """Runtime and build number, such as `python:3.13.v0`."""
    region: str
    """AWS region in the ARN."""

    @property
    def version_arn(self) -> str:
        """An ARN in AWS's format, with a digest of the version."""
        digest = hashlib.sha256(self.version.encode()).hexdigest()
        return f"arn:aws:lambda:{self.region}::runtime:{digest}"


@dataclass(frozen=True)
class InitReported:
    """An init phase failed."""

    duration_s: float
    """Time since the start of the process."""
    phase: Literal["init", "invoke"]
    """`init` for the first attempt, `invoke` for one during an invocation."""
    status: Status
    """The failure."""


@dataclass(frozen=True)
class Started:
    """An invocation begins."""

    request_id: str
    """UUID of the invocation."""


@dataclass(frozen=True)
class TimeLimitReached:
    """An invocation was stopped at its time limit."""

    request_id: str
    """UUID of the invocation."""
    timeout_s: float
    """The time limit."""


@dataclass(frozen=True)
class ProcessLost:
    """The process ended during an invocation."""

    message: str
    """Message of the error's payload, with the request id."""
    error_type: str
    """Such as `Runtime.ExitError`."""


@dataclass(frozen=True)
class Ended:
    """An invocation is over."""

    request_id: str
    """UUID of the invocation."""


@dataclass(frozen=True)
class Reported:
    """Figures of an invocation."""

    request_id: str
    """UUID of the invocation."""
    duration_s: float
    """From the start of the invocation to its answer."""
    init_s: float | None
    """Duration of the init phase; None for a warm start."""
    memory_mb: int
    """The function's configured memory."""
    max_memory_mb: int
    """Peak memory of the process so far."""
    status: Status
    """How the invocation ended."""

    @property
    def billed_ms(self) -> int:
        """Duration with the init phase, which AWS bills since August 2025, rounded up."""
        return math.ceil((self.duration_s + (self.init_s or 0)) * 1e3)


PlatformRecord = (
    InitStarted | InitReported | Started | TimeLimitReached | ProcessLost | Ended | Reported
)
"""All records that Lambda itself logs."""
