"""What the platform writes to the log, before it has a format (L71 to L77)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Status:
    """How a phase ended."""

    word: Literal["success", "error", "timeout"]
    """AWS's word for it."""
    error_type: str | None = None
    """Such as `Runtime.ExitError`."""
    in_text: bool = True
    """Whether the text format says so; it does not for what the runtime survived."""


SUCCESS = Status("success", in_text=False)


@dataclass(frozen=True)
class InitStarted:
    """An environment starts."""

    runtime: str
    """AWS's identifier, such as `python3.13`."""
    region: str
    """Region of the ARN."""

    @property
    def version(self) -> str:
        """AWS numbers its builds of a runtime; the local one is v0 of each."""
        return f"{self.runtime.replace('python', 'python:')}.v0"

    @property
    def version_arn(self) -> str:
        """An ARN of AWS's form."""
        digest = hashlib.sha256(self.version.encode()).hexdigest()
        return f"arn:aws:lambda:{self.region}::runtime:{digest}"


@dataclass(frozen=True)
class InitReported:
    """An init phase failed."""

    duration_s: float
    """From the start of the process."""
    phase: Literal["init", "invoke"]
    """The second attempt is part of an invocation."""
    status: Status
    """What went wrong."""


@dataclass(frozen=True)
class Started:
    """An invocation begins."""

    request_id: str
    """UUID of the invocation."""


@dataclass(frozen=True)
class TimeLimitReached:
    """An invocation was stopped."""

    request_id: str
    """UUID of the invocation."""
    timeout_s: float
    """Time it had."""


@dataclass(frozen=True)
class ProcessLost:
    """The process ended in an invocation."""

    message: str
    """As the error's payload has it, request id and all."""
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
    """From its start to its answer."""
    init_s: float | None
    """The init phase, on a cold start only."""
    memory_mb: int
    """What the function is configured with."""
    max_memory_mb: int
    """Most that its process held so far."""
    status: Status
    """How it ended."""

    @property
    def billed_ms(self) -> int:
        """Since August 2025 a cold start's init is billed with it; rounded up."""
        return math.ceil((self.duration_s + (self.init_s or 0)) * 1e3)


PlatformRecord = (
    InitStarted | InitReported | Started | TimeLimitReached | ProcessLost | Ended | Reported
)
"""Everything the platform logs."""
