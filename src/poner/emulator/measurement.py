"""Times cold starts and warm invocations at the Runtime API, without the HTTP servers."""

from __future__ import annotations

import gc
import time

from poner.aws_lambda.quotas import INIT_TIMEOUT_S
from poner.emulator.function import Measurement
from poner.emulator.protocol.identities import function_trace_id, new_request_id
from poner.emulator.protocol.outcomes import Invocation
from poner.emulator.sandbox.launch import Launch
from poner.emulator.sandbox.process import Report, RuntimeProcess
from poner.emulator.sandbox.runtime_api import Answered, Failed, InitFailed, Ready
from poner.emulator.sandbox.sandbox import Sandbox
from poner.errors import EmulatorError


async def measured(launch: Launch, event: bytes, cold_starts: int, warm: int) -> Measurement:
    """Start the function `cold_starts` times, then invoke the last process `warm` times more.

    poner's own garbage collector is off meanwhile, as in timeit.

    Raises:
        EmulatorError: the function did not answer, or answered with an error.
    """
    cold, init, laps = [], [], []
    answer = b""
    collecting = gc.isenabled()
    gc.disable()
    try:
        for number in range(cold_starts):
            temporary_folder = launch.scratch_folder / f"tmp-{number}"
            temporary_folder.mkdir()
            process, sandbox = RuntimeProcess(_discard), Sandbox(launch, temporary_folder)
            try:
                ready = await process.initialise(sandbox, INIT_TIMEOUT_S)
                if not isinstance(ready, Ready):
                    raise _did_not_answer(ready)
                first = await _invoke(process, launch, event)
                init.append(ready.at_s - process.started_s)
                cold.append(first.at_s - process.started_s)
                for _ in range(warm if number == cold_starts - 1 else 0):
                    await process.polled()
                    begin_s = time.monotonic()
                    answered = await _invoke(process, launch, event)
                    laps.append(answered.at_s - begin_s)
                    answer = answered.payload
                answer = answer or first.payload
            finally:
                await process.stop()
                sandbox.close()
    finally:
        if collecting:
            gc.enable()
    return Measurement(tuple(cold), tuple(init), tuple(laps), answer)


async def _invoke(process: RuntimeProcess, launch: Launch, event: bytes) -> Answered:
    arn, trace_id = launch.function.arn, function_trace_id("", time.time())
    invocation = Invocation(new_request_id(), event, arn, trace_id)
    report = await process.invoke(invocation, launch.function.timeout_s)
    if not isinstance(report, Answered):
        raise _did_not_answer(report)
    return report


def _did_not_answer(report: Report) -> EmulatorError:
    match report:
        case InitFailed() | Failed():
            cause = report.payload.decode("utf-8", "replace")
        case _:
            cause = type(report).__name__
    return EmulatorError(
        f"The function did not answer the event: {cause}.",
        "Run the function with `poner local`, which shows its log.",
    )


def _discard(event: str) -> None:
    """Ignore a log event."""
