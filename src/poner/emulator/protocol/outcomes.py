"""Results of invocations, with AWS's error types and messages (L29 to L34)."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import Literal

from poner.aws_lambda.quotas import RESPONSE_BYTES
from poner.foreign_json import read_json

LOG_TAIL_BYTES = 4_096
"""Most bytes of the log in X-Amz-Log-Result (L35)."""


@dataclass(frozen=True)
class Invocation:
    """One event for the function."""

    request_id: str
    """UUID in the context, the answer's header and the log."""
    event: bytes
    """The event as JSON."""
    function_arn: str
    """ARN as invoked, with the qualifier if there was one."""
    trace_id: str
    """Value of _X_AMZN_TRACE_ID."""
    client_context: str | None = None
    """JSON of the mobile client's context, in ASCII and without newlines."""


@dataclass(frozen=True)
class Outcome:
    """Result of an invocation."""

    payload: bytes
    """The function's result as its runtime posted it, or the error as JSON."""
    failed: bool
    """Whether the payload is an error."""
    log: str
    """The log from START to REPORT, or at least its last LOG_TAIL_BYTES."""
    start: Literal["cold", "warm"]
    """`cold` if a process was started for the invocation."""


def exit_error(request_id: str, returncode: int) -> bytes:
    """Payload for a process that ended; `returncode` is negative for a signal, as in subprocess."""
    message, error_type = exit_fault(request_id, returncode)
    return _error(error_type, message)


def exit_fault(request_id: str, returncode: int) -> tuple[str, str]:
    """Error message and error type, for the payload and the log, of a process that ended."""
    match returncode:
        case 0:
            cause = "Runtime exited without providing a reason"
        case code if code > 0:
            cause = f"Runtime exited with error: exit status {code}"
        case code:
            cause = f"Runtime exited with error: signal: {_signal_name(-code)}"
    return f"RequestId: {request_id} Error: {cause}", "Runtime.ExitError"


def _signal_name(number: int) -> str:
    """The signal's name in Go, which AWS uses: `killed`, `segmentation fault`."""
    return (signal.strsignal(number) or f"signal {number}").lower()


def start_error(cause: str) -> bytes:
    """Payload for a process that could not be started; AWS calls it an invalid entry point."""
    return _error("Runtime.InvalidEntrypoint", f"The process could not be started: {cause}")


def timeout_error(request_id: str, timeout_s: float) -> bytes:
    """Payload for an invocation that exceeded its time limit."""
    return _error(
        "Sandbox.Timedout",
        f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds",
    )


def too_large_error() -> bytes:
    """Payload for a result over the limit; in this error AWS puts the message first."""
    message = (
        f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
    )
    error = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return json.dumps(error, separators=(",", ":")).encode()


def _error(error_type: str, message: str) -> bytes:
    error = {"errorType": error_type, "errorMessage": message}
    return json.dumps(error, separators=(",", ":")).encode()


def error_type(payload: bytes) -> str:
    """The `errorType` of a runtime's error; Runtime.Unknown if the error has none."""
    try:
        error = read_json(payload)
    except ValueError:
        return "Runtime.Unknown"
    named = error.get("errorType") if isinstance(error, dict) else None
    return named if isinstance(named, str) and named else "Runtime.Unknown"
