"""The platform's log lines: section (g) of the reference."""

from poner.emulator import log_text


def report(**changes: object) -> str:
    """The recorded REPORT line, with changes."""
    values = {
        "duration_s": 0.00301,
        "init_s": None,
        "memory_mb": 128,
        "max_memory_mb": 36,
        "status": "",
    }
    return log_text.report("id-1", **{**values, **changes})  # type: ignore[arg-type]


def test_start_and_end():
    """(g): the lines around an invocation."""
    assert log_text.start("id-1") == "START RequestId: id-1 Version: $LATEST\n"
    assert log_text.end("id-1") == "END RequestId: id-1\n"


def test_report_ends_with_a_tab():
    """(g): the figures of a warm invocation; billed duration rounded up."""
    assert report() == (
        "REPORT RequestId: id-1\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 36 MB\t\n"
    )


def test_report_of_a_cold_start_bills_the_init():
    """(g) and (e): Init Duration on a cold start only, billed since August 2025."""
    line = report(init_s=0.1101)
    assert "\tBilled Duration: 114 ms\t" in line
    assert line.endswith("\tInit Duration: 110.10 ms\t\n")


def test_report_with_a_status():
    """(g): `Status: timeout` comes last."""
    assert report(status="Status: timeout").endswith("\tStatus: timeout\t\n")


def test_init_report():
    """(g): init trouble, with its phase."""
    assert log_text.init_report(9.99947, "init", "Status: timeout") == (
        "INIT_REPORT Init Duration: 9999.47 ms\tPhase: init\tStatus: timeout\n"
    )


def test_timed_out():
    """(g): `<ISO>Z <uuid> Task timed out after 3.00 seconds`."""
    assert log_text.timed_out("id-1", 3, 1_783_711_146.789) == (
        "2026-07-10T19:19:06.789Z id-1 Task timed out after 3.00 seconds\n"
    )
