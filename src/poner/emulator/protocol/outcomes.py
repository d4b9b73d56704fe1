"""How invocations end: what the Invoke API would answer, in AWS's own words (L29 to L34)."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import Literal

from poner.foreign_json import read_json
from poner.limits import RESPONSE_BYTES

LOG_TAIL_BYTES = 4_096
"""Most bytes of the log that X-Amz-Log-Result holds (L35)."""


@dataclass(frozen=True)
class Invocation:
    """One event on its way to the function."""

    request_id: str
    """UUID; the same in the context, the answer's header and the log."""
    event: bytes
    """JSON."""
    function_arn: str
    """ARN as invoked: with a qualifier where one was given."""
    trace_id: str
    """Value of _X_AMZN_TRACE_ID."""
    client_context: str | None = None
    """JSON of the mobile client's context, in ASCII and without newlines."""


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation."""

    payload: bytes
    """The function's result as its runtime posted it, or the JSON of the error."""
    failed: bool
    """Whether it is an error of the function."""
    log: str
    """End of the log from START to REPORT: at least LOG_TAIL_BYTES of it."""
    start: Literal["cold", "warm"]
    """`cold` where a process had to be started for it."""


def exit_error(request_id: str, returncode: int) -> bytes:
    """Payload for a process that ended: `returncode` as subprocess has it, negative for signals."""
    message, error_type = exit_fault(request_id, returncode)
    return _error(error_type, message)


def exit_fault(request_id: str, returncode: int) -> tuple[str, str]:
    """Message and type of the error for a process that ended, in the payload and the log."""
    match returncode:
        case 0:
            cause = "Runtime exited without providing a reason"
        case code if code > 0:
            cause = f"Runtime exited with error: exit status {code}"
        case code:
            cause = f"Runtime exited with error: signal: {_signal_name(-code)}"
    return f"RequestId: {request_id} Error: {cause}", "Runtime.ExitError"


def _signal_name(number: int) -> str:
    """The signal in Go's words, which AWS's are: `killed`, `segmentation fault`."""
    return (signal.strsignal(number) or f"signal {number}").lower()


def start_error(cause: str) -> bytes:
    """Payload for a process that the system would not start, in AWS's terms an entry point."""
    return _error("Runtime.InvalidEntrypoint", f"The process could not be started: {cause}")


def timeout_error(request_id: str, timeout_s: float) -> bytes:
    """Payload for an invocation that was stopped."""
    return _error(
        "Sandbox.Timedout",
        f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds",
    )


def too_large_error() -> bytes:
    """Payload for a result beyond the limit; here AWS puts the message first."""
    message = (
        f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
    )
    error = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return json.dumps(error, separators=(",", ":")).encode()


def _error(error_type: str, message: str) -> bytes:
    error = {"errorType": error_type, "errorMessage": message}
    return json.dumps(error, separators=(",", ":")).encode()


def error_type(payload: bytes) -> str:
    """The `errorType` of a runtime's error; Runtime.Unknown where it names none."""
    try:
        error = read_json(payload)
    except ValueError:
        return "Runtime.Unknown"
    named = error.get("errorType") if isinstance(error, dict) else None
    return named if isinstance(named, str) and named else "Runtime.Unknown"
