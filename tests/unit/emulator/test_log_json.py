"""The platform's log lines in the JSON format: L77."""

import json
from typing import Any

from poner.emulator.protocol.log_json import json_line
from poner.emulator.protocol.platform_records import (
    SUCCESS,
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

NOW_S = 1_783_711_146.789  # 10 July 2026, 19:19:06 UTC


def record_of(record: PlatformRecord) -> dict[str, Any]:
    """What is logged, once its time has been looked at."""
    line = json_line(record, NOW_S)
    assert line.endswith("}\n")
    made = json.loads(line)
    assert list(made) == ["time", "type", "record"]
    assert made.pop("time") == "2026-07-10T19:19:06.789Z"
    return made


def test_init_start():
    """L77: platform.initStart."""
    made = record_of(InitStarted("python:3.13.v0", "us-east-1"))
    assert made["type"] == "platform.initStart"
    assert made["record"]["runtimeVersion"] == "python:3.13.v0"


def test_start():
    """L77: platform.start."""
    assert record_of(Started("id-1")) == {
        "type": "platform.start",
        "record": {"requestId": "id-1", "version": "$LATEST"},
    }


def test_report():
    """L77: platform.report with its metrics and status."""
    assert record_of(Reported("id-1", 0.00301, 0.1101, 128, 36, SUCCESS)) == {
        "type": "platform.report",
        "record": {
            "requestId": "id-1",
            "metrics": {
                "durationMs": 3.01,
                "billedDurationMs": 114,
                "memorySizeMB": 128,
                "maxMemoryUsedMB": 36,
                "initDurationMs": 110.1,
            },
            "status": "success",
        },
    }


def test_report_of_a_warm_failure():
    """L77: no initDurationMs, and the error's type."""
    error = Status("error", "ValueError", in_text=False)
    made = record_of(Reported("id-1", 0.00301, None, 128, 36, error))["record"]
    assert (made["status"], made["errorType"]) == ("error", "ValueError")
    assert "initDurationMs" not in made["metrics"]


def test_init_report():
    """L77: a failed init phase is a platform.initReport."""
    made = record_of(InitReported(9.99947, "init", Status("timeout")))
    assert made["type"] == "platform.initReport"
    assert made["record"]["phase"] == "init"
    assert made["record"]["status"] == "timeout"
    assert made["record"]["metrics"] == {"durationMs": 9999.47}


def test_what_the_report_s_status_says_already():
    """L77: there is no record for the end, a timeout or a crash."""
    for record in (Ended("id-1"), TimeLimitReached("id-1", 3), ProcessLost("x", "y")):
        assert json_line(record, NOW_S) == ""
