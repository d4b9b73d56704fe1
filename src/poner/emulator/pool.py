"""The environments of one function: started on demand; the last to become idle is used first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from poner.emulator.environment import Environment
from poner.emulator.function import LocalFunction
from poner.emulator.protocol.outcomes import Invocation, Outcome
from poner.emulator.sandbox.launch import Launch


class Generation:
    """The environments that run one version of the function's code."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.idle: list[Environment] = []
        self.all: list[Environment] = []
        self.freed = asyncio.Event()

    def take(self, log: Callable[[str], None]) -> Environment:
        """The environment that was freed last, or a new one."""
        if self.idle:
            return self.idle.pop()
        temporary_folder = self.launch.scratch_folder / f"tmp-{len(self.all)}"
        environment = Environment(self.launch, temporary_folder, log)
        self.all.append(environment)
        return environment

    def free(self, environment: Environment) -> None:
        """Take an environment back."""
        self.idle.append(environment)
        self.freed.set()

    async def close(self) -> None:
        """End every process; invocations under way end as if the process had been killed."""
        await asyncio.gather(*(environment.close() for environment in self.all))

    async def drain(self) -> None:
        """End every process after its current invocation; call `take` no more from here on."""
        ended = 0
        while ended < len(self.all):
            self.freed.clear()
            idle, self.idle = self.idle, []
            await asyncio.gather(*(environment.close() for environment in idle))
            ended += len(idle)
            if not self.idle and ended < len(self.all):
                await self.freed.wait()


class Pool:
    """Runs up to `concurrency` invocations at a time, one in each environment, without a queue."""

    def __init__(self, launch: Launch, log: Callable[[str], None]) -> None:
        self._log = log
        self._current = Generation(launch)
        self._draining: list[Generation] = []
        self._busy = 0
        self._closed = False

    @property
    def function(self) -> LocalFunction:
        """The function that runs the next event."""
        return self._current.launch.function

    async def invoke(self, invocation: Invocation) -> Outcome | None:
        """Run one event; None if every environment is busy, so that the event is throttled."""
        if self._closed or self._busy >= self.function.concurrency:
            return None
        generation = self._current
        environment = generation.take(self._log)
        self._busy += 1
        try:
            return await environment.invoke(invocation)
        finally:
            self._busy -= 1
            generation.free(environment)

    def replace(self, launch: Launch) -> Generation:
        """Run new events from another launch; returns the former environments, to be drained."""
        former, self._current = self._current, Generation(launch)
        self._draining.append(former)
        return former

    async def drain(self, former: Generation) -> None:
        """End the former code's processes, each after its current invocation."""
        await former.drain()
        self._draining.remove(former)

    async def close(self) -> None:
        """End every process; invocations under way end as if the process had been killed."""
        self._closed = True
        await asyncio.gather(
            *(generation.close() for generation in (self._current, *self._draining))
        )
