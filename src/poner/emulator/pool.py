"""The environments of one function: started on demand, the newest idle one used first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from poner.emulator.environment import Environment
from poner.emulator.launch import Launch
from poner.emulator.outcomes import Invocation, Outcome


class Pool:
    """Up to `concurrency` environments, one invocation at a time in each, and no queue."""

    def __init__(self, launch: Launch, log: Callable[[str], None]) -> None:
        self._launch = launch
        self._log = log
        self._idle: list[Environment] = []
        self._environments: list[Environment] = []
        self._closed = False

    async def invoke(self, invocation: Invocation) -> Outcome | None:
        """Run one event; None if it is throttled, since every environment is busy."""
        environment = self._take()
        if environment is None:
            return None
        try:
            return await environment.invoke(invocation)
        finally:
            self._idle.append(environment)

    async def close(self) -> None:
        """End every process; what runs ends as if it had been killed."""
        self._closed = True
        await asyncio.gather(*(environment.close() for environment in self._environments))

    def _take(self) -> Environment | None:
        if self._closed:
            return None
        if self._idle:
            return self._idle.pop()
        number = len(self._environments)
        if number >= self._launch.function.concurrency:
            return None
        temporary_folder = self._launch.scratch_folder / f"tmp-{number}"
        temporary_folder.mkdir()
        environment = Environment(self._launch, temporary_folder, self._log)
        self._environments.append(environment)
        return environment
