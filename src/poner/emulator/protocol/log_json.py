"""Lambda's own log lines in the JSON format (L77)."""

from __future__ import annotations

import json
from typing import Any, assert_never

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


def json_line(record: PlatformRecord, now_s: float) -> str:
    """A record's line with its newline; empty if only the report's status shows the record.

    Args:
        record: the record to write.
        now_s: time of the record, seconds since the epoch.
    """
    fields: dict[str, Any]
    match record:
        case InitStarted():
            fields = {
                "initializationType": "on-demand",
                "phase": "init",
                "runtimeVersion": record.version,
                "runtimeVersionArn": record.version_arn,
            }
            return _line("platform.initStart", fields, now_s)
        case InitReported():
            fields = {
                "initializationType": "on-demand",
                "phase": record.phase,
                **_status(record.status),
                "metrics": {"durationMs": _milliseconds(record.duration_s)},
            }
            return _line("platform.initReport", fields, now_s)
        case Started():
            fields = {"requestId": record.request_id, "version": "$LATEST"}
            return _line("platform.start", fields, now_s)
        case TimeLimitReached() | ProcessLost() | Ended():
            return ""
        case Reported():
            return _line("platform.report", _report(record), now_s)
        case _:
            assert_never(record)


def _report(record: Reported) -> dict[str, Any]:
    init_s = record.init_s
    metrics = {
        "durationMs": _milliseconds(record.duration_s),
        "billedDurationMs": record.billed_ms,
        "memorySizeMB": record.memory_mb,
        "maxMemoryUsedMB": record.max_memory_mb,
        **({"initDurationMs": _milliseconds(init_s)} if init_s is not None else {}),
    }
    return {"requestId": record.request_id, "metrics": metrics, **_status(record.status)}


def _status(status: Status) -> dict[str, str]:
    error_type = {"errorType": status.error_type} if status.error_type is not None else {}
    return {"status": status.word, **error_type}


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1e3, 3)


def _line(kind: str, fields: dict[str, Any], now_s: float) -> str:
    record = {"time": utc(now_s), "type": kind, "record": fields}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"
