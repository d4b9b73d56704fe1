"""The platform's log lines in the text format: L71 to L76."""

from typing import Any

from poner.emulator.protocol.log_text import text_line
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


def line(record: PlatformRecord) -> str:
    """A record's line."""
    return text_line(record, NOW_S)


def report(**changes: Any) -> str:
    """The recorded REPORT line, with changes."""
    values = {
        "request_id": "id-1",
        "duration_s": 0.00301,
        "init_s": None,
        "memory_mb": 128,
        "max_memory_mb": 36,
        "status": SUCCESS,
    }
    return line(Reported(**{**values, **changes}))


def test_init_start():
    """L71: runtime version and an ARN of AWS's form; the local build is v0 of each runtime."""
    version, arn = line(InitStarted("python:3.13.v0", "us-east-1")).split("\t")
    assert version == "INIT_START Runtime Version: python:3.13.v0"
    prefix = "Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:"
    assert arn.startswith(prefix)
    assert len(arn.removeprefix(prefix)) == 64 + len("\n")


def test_start_and_end():
    """L71: the lines around an invocation."""
    assert line(Started("id-1")) == "START RequestId: id-1 Version: $LATEST\n"
    assert line(Ended("id-1")) == "END RequestId: id-1\n"


def test_report_ends_with_a_tab():
    """L71, L72: the figures of a warm invocation; billed duration rounded up."""
    assert report() == (
        "REPORT RequestId: id-1\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 36 MB\t\n"
    )


def test_report_of_a_cold_start_bills_the_init():
    """L60, L72: Init Duration on a cold start only, billed since August 2025."""
    made = report(init_s=0.1101)
    assert "\tBilled Duration: 114 ms\t" in made
    assert made.endswith("\tInit Duration: 110.10 ms\t\n")


def test_report_with_a_status():
    """L73: `Status: timeout`, or `Status: error` and the error's type, comes last."""
    assert report(status=Status("timeout")).endswith("\tStatus: timeout\t\n")
    assert report(status=Status("error", "Runtime.OutOfMemory")).endswith(
        "\tStatus: error\tError Type: Runtime.OutOfMemory\t\n"
    )


def test_what_the_runtime_survived_is_no_status():
    """L73: the recorded REPORT of a handler's exception has no status."""
    assert report(status=Status("error", "ValueError", in_text=False)) == report()


def test_init_report():
    """L74: a failed init phase is logged with its phase."""
    assert line(InitReported(9.99947, "init", Status("timeout"))) == (
        "INIT_REPORT Init Duration: 9999.47 ms\tPhase: init\tStatus: timeout\n"
    )
    error = Status("error", "Runtime.ImportModuleError")
    assert line(InitReported(0.1, "invoke", error)) == (
        "INIT_REPORT Init Duration: 100.00 ms\tPhase: invoke\t"
        "Status: error\tError Type: Runtime.ImportModuleError\n"
    )


def test_timed_out():
    """L75: `<ISO>Z <uuid> Task timed out after 3.00 seconds`."""
    assert line(TimeLimitReached("id-1", 3)) == (
        "2026-07-10T19:19:06.789Z id-1 Task timed out after 3.00 seconds\n"
    )


def test_crash():
    """L75: the error's message and, on a line of its own, its type."""
    message = "RequestId: id-1 Error: Runtime exited with error: signal: killed"
    assert line(ProcessLost(message, "Runtime.ExitError")) == f"{message}\nRuntime.ExitError\n"
