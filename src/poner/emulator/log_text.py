"""The platform's own log lines, in the text format of section (g)."""

from __future__ import annotations

import math
import time


def start(request_id: str) -> str:
    """The line before an invocation."""
    return f"START RequestId: {request_id} Version: $LATEST\n"


def end(request_id: str) -> str:
    """The line after an invocation."""
    return f"END RequestId: {request_id}\n"


def report(
    request_id: str,
    *,
    duration_s: float,
    init_s: float | None,
    memory_mb: int,
    max_memory_mb: int,
    status: str,
) -> str:
    """The line of figures after END.

    Since August 2025 a cold start's init is billed with it.

    Args:
        request_id: the invocation's.
        duration_s: from its start to its answer.
        init_s: the init phase, on a cold start only.
        memory_mb: what the function is configured with.
        max_memory_mb: most that its process held so far.
        status: empty, or what went wrong, such as `Status: timeout`.
    """
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_s * 1e3:.2f} ms",
        f"Billed Duration: {math.ceil((duration_s + (init_s or 0)) * 1e3)} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {max_memory_mb} MB",
        *([f"Init Duration: {init_s * 1e3:.2f} ms"] if init_s is not None else []),
        *([status] if status else []),
    ]
    return "\t".join([*fields, "\n"])


def init_report(duration_s: float, phase: str, status: str) -> str:
    """The line of an init that failed; `phase` is `init` or `invoke`."""
    return f"INIT_REPORT Init Duration: {duration_s * 1e3:.2f} ms\tPhase: {phase}\t{status}\n"


def timed_out(request_id: str, timeout_s: float, now_s: float) -> str:
    """The line of an invocation that was stopped; `now_s` is seconds since the epoch."""
    instant = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s))
    milliseconds = int(now_s * 1000) % 1000
    return (
        f"{instant}.{milliseconds:03d}Z {request_id} Task timed out after {timeout_s:.2f} seconds\n"
    )
