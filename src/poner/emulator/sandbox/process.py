"""The runtime process on the event loop: a child with its Runtime API and its log."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from poner.emulator.protocol.log_stream import LogStream
from poner.emulator.protocol.outcomes import Invocation, start_error
from poner.emulator.sandbox.child import Child
from poner.emulator.sandbox.runtime_api import Call, Delivery, InitFailed, RuntimeApi
from poner.emulator.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Exited:
    """The process has ended."""

    returncode: int
    """Exit code, negative for a signal."""
    at_s: float
    """Time on the monotonic clock, in seconds."""
    out_of_memory: bool = False
    """Whether the process was killed for exceeding its memory limit."""


@dataclass(frozen=True)
class TimedOut:
    """The time limit was reached."""

    at_s: float
    """Time on the monotonic clock, in seconds."""


Report = Call | Exited | TimedOut
"""Every possible end of the init phase or of an invocation."""


class RuntimeProcess:
    """awslambdaric with the function; handles one event at a time."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._stream = LogStream()
        self._api = RuntimeApi(self._settle)
        self._child: Child | None = None
        self._exited: asyncio.Future[Exited] = asyncio.get_running_loop().create_future()
        self._expected: asyncio.Future[Report] | None = None
        self._stopped = False
        self.started_s = time.monotonic()

    async def initialise(self, sandbox: Sandbox, limit_s: float) -> Report:
        """Start the process and wait until it asks for its first event.

        The init phase begins (`started_s`) when the existing sandbox is told to start the process,
        as on Lambda.
        """
        try:
            address = await self._api.listen()
            if self._stopped:  # by `stop`, while `listen` waited
                return Exited(-signal.SIGKILL, time.monotonic())
            self.started_s = time.monotonic()
            self._child = sandbox.start(address)
        except OSError as error:
            return InitFailed(start_error(str(error)), time.monotonic())
        loop = asyncio.get_running_loop()
        loop.add_reader(self._child.output, self._output_is_there)
        loop.add_reader(self._child.exit, self._has_exited)
        return await self._report(limit_s)

    async def invoke(self, invocation: Invocation, limit_s: float) -> Report:
        """Hand the process an event and wait for the report."""
        self._api.deliver(Delivery(invocation, int((time.time() + limit_s) * 1000)))
        report = await self._report(limit_s)
        self._api.withdraw()
        return report

    async def polled(self) -> None:
        """Wait until the process asks for its next event."""
        await self._api.polled()

    @property
    def alive(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self._child is not None and not self._exited.done()

    def peak_memory_mb(self) -> int:
        """Peak resident memory of the process so far."""
        return self._child.peak_memory_mb() if self._child is not None else 0

    def drain_log(self) -> None:
        """Pass on all output so far, including a line without its newline."""
        while self._child is not None and (data := self._child.read_output()):
            self._pass_on(self._stream.feed(data))
        self._pass_on(self._stream.flush())

    async def stop(self) -> None:
        """Kill the process if it is alive, and close its descriptors and its Runtime API."""
        self._stopped = True
        if self._child is not None and not self._exited.done():
            self._child.kill()
            await asyncio.shield(self._exited)
        child, self._child = self._child, None
        if child is not None:
            child.close()
        await self._api.close()

    async def _report(self, limit_s: float) -> Report:
        """The process's first call, or its end, or TimedOut."""
        if self._exited.done():
            return self._exited.result()
        loop = asyncio.get_running_loop()
        self._expected = loop.create_future()
        timer = loop.call_later(max(limit_s, 0), lambda: self._settle(TimedOut(time.monotonic())))
        try:
            return await self._expected
        finally:
            timer.cancel()
            self._expected = None

    def _settle(self, report: Report) -> None:
        if self._expected is not None and not self._expected.done():
            self._expected.set_result(report)

    def _output_is_there(self) -> None:
        assert self._child is not None
        data = self._child.read_output()
        if data:
            self._pass_on(self._stream.feed(data))
        elif data is not None:  # closed by the process and all that it started
            asyncio.get_running_loop().remove_reader(self._child.output)

    def _has_exited(self) -> None:
        assert self._child is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._child.exit)
        loop.remove_reader(self._child.output)
        self.drain_log()
        ending = self._child.ending()
        exited = Exited(ending.returncode, time.monotonic(), ending.out_of_memory)
        self._exited.set_result(exited)
        self._settle(exited)

    def _pass_on(self, events: list[str]) -> None:
        for event in events:
            self._log(event)
