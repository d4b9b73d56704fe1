"""Error payloads of the Invoke API: L29 to L34."""

import json
import signal

import pytest

from poner.emulator.protocol import outcomes


@pytest.mark.parametrize(
    ("returncode", "cause"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (127, "Runtime exited with error: exit status 127"),
        (-signal.SIGKILL, "Runtime exited with error: signal: killed"),
        (-signal.SIGSEGV, "Runtime exited with error: signal: segmentation fault"),
        (-signal.SIGABRT, "Runtime exited with error: signal: aborted"),
    ],
)
def test_exits(returncode, cause):
    """L30: sys.exit(0), an exit code, a signal; type first, as recorded."""
    assert (
        outcomes.exit_error("id-1", returncode)
        == (
            f'{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: {cause}"}}'
        ).encode()
    )


def test_timeouts():
    """L31: two decimals of the configured timeout."""
    assert json.loads(outcomes.timeout_error("id-1", 30)) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id-1 Error: Task timed out after 30.00 seconds",
    }


def test_oversize_results():
    """L32: message first, as recorded."""
    assert outcomes.too_large_error() == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
        b'(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
    )


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (b'{"errorType":"Runtime.ImportModuleError"}', "Runtime.ImportModuleError"),
        (b'{"errorType":""}', "Runtime.Unknown"),
        (b"[]", "Runtime.Unknown"),
        (b"\xff", "Runtime.Unknown"),
        (b"[" * 100_000, "Runtime.Unknown"),
        (b'{"errorType":' + b"[" * 100_000, "Runtime.Unknown"),
    ],
)
def test_error_types(payload, named):
    """L42: an error that names no type counts as Runtime.Unknown."""
    assert outcomes.error_type(payload) == named
