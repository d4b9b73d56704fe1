"""Asynchronous invocations: accepted at once, run in the background, retried when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from poner.emulator.pool import Pool
from poner.emulator.protocol.outcomes import Invocation
from poner.emulator.waiting import set_within

RETRY_DELAYS_S = (60.0, 120.0)
"""Waits before the second and the third attempt (AWS's documentation, 2026-11; L28)."""

THROTTLED_DELAYS_S = (1.0, 300.0)
"""First and longest wait while every environment is busy; each wait doubles the one before (AWS's
documentation, 2026-11)."""


class EventQueue:
    """Runs invocations whose callers do not wait for the result."""

    def __init__(
        self,
        pool: Pool,
        notify: Callable[[str], None],
        *,
        retry_delays_s: Sequence[float],
        throttled_delays_s: tuple[float, float],
    ) -> None:
        self._pool = pool
        self._notify = notify
        self._retry_delays_s = retry_delays_s
        self._throttled_delays_s = throttled_delays_s
        self._pending: dict[asyncio.Task[None], str] = {}
        self._stopping = asyncio.Event()

    def put(self, invocation: Invocation) -> None:
        """Run an event as soon as an environment is free."""
        task = asyncio.create_task(self._run(invocation))
        self._pending[task] = invocation.request_id
        task.add_done_callback(self._pending.pop)

    def stop(self) -> None:
        """Give up the events that have not ended, and report them; call before closing the pool."""
        self._stopping.set()
        if self._pending:
            ids = ", ".join(self._pending.values())
            self._notify(f"Asynchronous events that had not ended are lost: {ids}.")

    async def ended(self) -> None:
        """Wait for the invocations that ran when the pool was closed; call after closing it."""
        await asyncio.gather(*self._pending)

    async def _run(self, invocation: Invocation) -> None:
        """Run an event and its retries, all with the same request id (L28)."""
        for delay_s in (0.0, *self._retry_delays_s):
            if await set_within(self._stopping, delay_s) or await self._succeeds(invocation):
                return
        if not self._stopping.is_set():
            self._notify(
                f"The asynchronous event {invocation.request_id} is dropped: "
                f"it failed {1 + len(self._retry_delays_s)} times."
            )

    async def _succeeds(self, invocation: Invocation) -> bool:
        """Try once, when an environment is free; returns whether the function succeeded."""
        wait_s, longest_s = self._throttled_delays_s
        while (outcome := await self._pool.invoke(invocation)) is None:
            if await set_within(self._stopping, wait_s):
                return False
            wait_s = min(2 * wait_s, longest_s)
        return not outcome.failed
