"""Lambda's own log lines in the text format (L71 to L75)."""

from __future__ import annotations

from typing import assert_never

from poner.emulator.protocol.platform_records import (
    Ended,
    InitReported,
    InitStarted,
    PlatformRecord,
    ProcessLost,
    Reported,
    Started,
    Status,
    TimeLimitReached,
)
from poner.emulator.protocol.timestamps import utc


def text_line(record: PlatformRecord, now_s: float) -> str:
    """A record's line with its newline; `now_s` is in seconds since the epoch."""
    match record:
        case InitStarted():
            return (
                f"INIT_START Runtime Version: {record.version}\t"
                f"Runtime Version ARN: {record.version_arn}\n"
            )
        case InitReported():
            duration = f"INIT_REPORT Init Duration: {record.duration_s * 1e3:.2f} ms"
            return "\t".join([duration, f"Phase: {record.phase}", *_status(record.status)]) + "\n"
        case Started():
            return f"START RequestId: {record.request_id} Version: $LATEST\n"
        case TimeLimitReached():
            return (
                f"{utc(now_s)} {record.request_id} "
                f"Task timed out after {record.timeout_s:.2f} seconds\n"
            )
        case ProcessLost():
            return f"{record.message}\n{record.error_type}\n"
        case Ended():
            return f"END RequestId: {record.request_id}\n"
        case Reported():
            return _report(record)
        case _:
            assert_never(record)


def _report(record: Reported) -> str:
    """The REPORT line, which ends with a tab."""
    fields = [
        f"REPORT RequestId: {record.request_id}",
        f"Duration: {record.duration_s * 1e3:.2f} ms",
        f"Billed Duration: {record.billed_ms} ms",
        f"Memory Size: {record.memory_mb} MB",
        f"Max Memory Used: {record.max_memory_mb} MB",
        *([f"Init Duration: {record.init_s * 1e3:.2f} ms"] if record.init_s is not None else []),
        *_status(record.status),
    ]
    return "\t".join([*fields, "\n"])


def _status(status: Status) -> list[str]:
    if not status.in_text:
        return []
    error_type = [f"Error Type: {status.error_type}"] if status.error_type is not None else []
    return [f"Status: {status.word}", *error_type]
