"""One execution environment: a sandbox with a private /tmp, and the process that runs in it.

The lifecycle is Lambda's (L56 to L59): the process survives an exception of the handler. After an
exit or a timeout the next invocation starts another process in the same sandbox; that start counts
towards the invocation's time limit.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, assert_never

from poner.aws_lambda.quotas import INIT_TIMEOUT_S
from poner.emulator.function import REGION
from poner.emulator.protocol import outcomes
from poner.emulator.protocol.log_json import json_line
from poner.emulator.protocol.log_text import text_line
from poner.emulator.protocol.outcomes import LOG_TAIL_BYTES, Invocation, Outcome, start_error
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
from poner.emulator.sandbox.launch import Launch
from poner.emulator.sandbox.process import Exited, Report, RuntimeProcess, TimedOut
from poner.emulator.sandbox.runtime_api import Answered, Failed, InitFailed, Ready, TooLarge
from poner.emulator.sandbox.sandbox import Sandbox


class Environment:
    """Runs the function's events one after another."""

    def __init__(self, launch: Launch, folder: Path, log: Callable[[str], None]) -> None:
        self._launch = launch
        self._folder = folder
        self._sandbox: Sandbox | None = None
        self._timeout_s = launch.function.timeout_s
        self._line = json_line if launch.function.log_format == "json" else text_line
        self._write = log
        self._tail = ""
        self._process: RuntimeProcess | None = None
        self._used = False
        self._closed = False
        self._init_s: float | None = None
        self._peak_memory_mb = 0

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one event; wait for the result before the next call."""
        lives = self._process is not None and self._process.alive
        if not self._used:
            self._used = True
            self._note(InitStarted(self._launch.function.host.version_label, REGION))
            await self._initialise(INIT_TIMEOUT_S, "init")
        begin_s = time.monotonic()
        report: Report = Ready(begin_s)
        if self._process is None or not self._process.alive:
            report = await self._initialise(self._timeout_s, "invoke")
        self._tail = ""
        self._note(Started(invocation.request_id))
        if isinstance(report, Ready):
            assert self._process is not None
            left_s = self._timeout_s - (time.monotonic() - begin_s)
            report = await self._process.invoke(invocation, left_s)
        await self._conclude(invocation.request_id, report, report.at_s - begin_s)
        payload, failed = self._payload(invocation.request_id, report)
        return Outcome(payload, failed, self._tail, "warm" if lives else "cold")

    async def close(self) -> None:
        """End the process; an invocation under way ends as if the process had been killed."""
        self._closed = True
        await self._stop()
        self._close_sandbox()

    async def _initialise(self, limit_s: float, phase: Literal["init", "invoke"]) -> Report:
        """Start a process; unless the report is Ready, the process is ended again."""
        await self._stop()
        if self._closed:
            return Exited(-signal.SIGKILL, time.monotonic())
        self._process = process = RuntimeProcess(self._log)
        report = await self._start(process, limit_s)
        process.drain_log()
        duration_s = report.at_s - process.started_s
        if isinstance(report, Ready):
            self._init_s = duration_s if phase == "init" else None
            self._measure_memory()
            return report
        self._note(InitReported(duration_s, phase, _status(report)))
        await self._stop()
        return report

    async def _start(self, process: RuntimeProcess, limit_s: float) -> Report:
        """Start a process in the sandbox; make the sandbox first if there is none."""
        try:
            if self._sandbox is None or self._sandbox.ended:
                self._close_sandbox()
                self._folder.mkdir(exist_ok=True)
                self._sandbox = await asyncio.to_thread(Sandbox, self._launch, self._folder)
        except OSError as error:
            return InitFailed(start_error(str(error)), time.monotonic())
        if self._closed:  # by `close`, while the sandbox was made
            self._close_sandbox()
            return Exited(-signal.SIGKILL, time.monotonic())
        return await process.initialise(self._sandbox, limit_s)

    def _close_sandbox(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()

    async def _conclude(self, request_id: str, report: Report, duration_s: float) -> None:
        """Write the invocation's last log lines; end the process after a failure of the process."""
        if isinstance(report, Exited | TimedOut | InitFailed):
            await self._stop()
        elif self._process is not None:
            self._process.drain_log()
        if isinstance(report, TimedOut):
            self._note(TimeLimitReached(request_id, self._timeout_s))
        elif isinstance(report, Exited):
            self._note(ProcessLost(*outcomes.exit_fault(request_id, report.returncode)))
        self._note(Ended(request_id))
        self._note(
            Reported(
                request_id,
                duration_s,
                self._init_s,
                self._launch.function.memory_mb,
                self._measure_memory(),
                _status(report),
            )
        )
        self._init_s = None

    def _payload(self, request_id: str, report: Report) -> tuple[bytes, bool]:
        match report:
            case TooLarge():
                return outcomes.too_large_error(), True
            case Answered():
                return report.payload, False
            case Failed() | InitFailed():
                return report.payload, True
            case Exited():
                return outcomes.exit_error(request_id, report.returncode), True
            case TimedOut():
                return outcomes.timeout_error(request_id, self._timeout_s), True
            case Ready():
                raise AssertionError("an invocation does not end with the process being ready")
            case _:
                assert_never(report)

    def _measure_memory(self) -> int:
        if self._process is not None:
            self._peak_memory_mb = self._process.peak_memory_mb()
        return self._peak_memory_mb

    async def _stop(self) -> None:
        process = self._process
        if process is not None:
            self._measure_memory()
            await process.stop()
            if self._process is process:
                self._process = None

    def _note(self, record: PlatformRecord) -> None:
        if line := self._line(record, time.time()):
            self._log(line)

    def _log(self, event: str) -> None:
        self._tail = (self._tail + event)[-LOG_TAIL_BYTES:]
        self._write(event.removesuffix("\n"))


def _status(report: Report) -> Status:
    """How REPORT and INIT_REPORT say that it ended (L73)."""
    match report:
        case TimedOut():
            return Status("timeout")
        case Exited(out_of_memory=True):
            return Status("error", "Runtime.OutOfMemory")
        case Exited():
            return Status("error", "Runtime.ExitError")
        case InitFailed():
            return Status("error", outcomes.error_type(report.payload))
        case Failed():
            return Status("error", outcomes.error_type(report.payload), in_text=False)
        case TooLarge():
            return Status("error", "Function.ResponseSizeTooLarge", in_text=False)
        case Ready() | Answered():
            return SUCCESS
        case _:
            assert_never(report)
