"""Reload: when the function's files change, new events go to environments of the new code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from poner.emulator.function import LocalFunction, Watching
from poner.emulator.pool import Generation, Pool
from poner.emulator.sandbox.launch import Launch
from poner.emulator.waiting import set_within
from poner.errors import PonerError

POLL_S = 0.5
"""Time between two looks at the files. A change is taken once two looks in a row agree."""

Prints = dict[str, tuple[int, int, int]]
"""By path: time of the last change in nanoseconds, size in bytes and inode."""


class Watcher:
    """Watches files from its creation on, and replaces the pool's code when they change."""

    def __init__(
        self,
        watching: Watching,
        unpacked: ExitStack,
        prepare: Callable[[LocalFunction], AbstractContextManager[Launch]],
        notify: Callable[[str], None],
    ) -> None:
        """Record the present state of the files.

        Args:
            watching: the files, and how to remake the function.
            unpacked: removes the present function's unpacked files.
            prepare: unpacks a function; the end of its context removes the unpacked files.
            notify: called with a line about every reload.
        """
        self._watching = watching
        self._prepare = prepare
        self._notify = notify
        self._served = prints(watching.paths)
        self._unpacked = unpacked
        self._draining: set[asyncio.Task[None]] = set()

    async def watch(self, pool: Pool, stop: asyncio.Event) -> None:
        """Look at the files every POLL_S seconds until `stop` is set."""
        seen = self._served
        while not await set_within(stop, POLL_S):
            now = await asyncio.to_thread(prints, self._watching.paths)
            settled, seen = now == seen, now
            if settled and now != self._served:
                self._served = now
                await self._reload(pool)

    async def close(self) -> None:
        """Remove the unpacked files; call after the pool is closed."""
        await asyncio.gather(*self._draining)
        await asyncio.to_thread(self._unpacked.close)

    async def _reload(self, pool: Pool) -> None:
        stack = ExitStack()
        try:
            launch = await asyncio.to_thread(self._launch, stack)
        except (PonerError, OSError) as error:
            self._notify(f"Not reloaded; the former code goes on answering. {error}")
            return
        generation = pool.replace(launch)
        self._notify("Reloaded: new requests are answered by the new code.")
        former, self._unpacked = self._unpacked, stack
        task = asyncio.create_task(_drain(pool, generation, former))
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    def _launch(self, stack: ExitStack) -> Launch:
        return stack.enter_context(self._prepare(self._watching.make()))


async def _drain(pool: Pool, generation: Generation, unpacked: ExitStack) -> None:
    """Remove the former files after their last process has ended."""
    await pool.drain(generation)
    await asyncio.to_thread(unpacked.close)


def prints(paths: tuple[Path, ...]) -> Prints:
    """Time, size and inode of every file below the paths; missing files are left out."""
    found: Prints = {}
    seen: set[tuple[int, int]] = set()
    folders = [str(path) for path in paths]
    while folders:
        path = folders.pop()
        try:
            status = os.stat(path)  # noqa: PTH116 # of thousands of files, twice a second
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
            if (status.st_dev, status.st_ino) not in seen:  # a link may lead back up
                seen.add((status.st_dev, status.st_ino))
                with os.scandir(path) as entries:
                    folders.extend(entry.path for entry in entries)
        except OSError:  # scandir of a file, or of a path that was removed meanwhile
            continue
    return found
