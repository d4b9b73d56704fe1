"""Events of asynchronous invocations: answered at once, run in the background, tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from poner.emulator.pool import Pool
from poner.emulator.protocol.outcomes import Invocation
from poner.emulator.waiting import set_within

RETRY_DELAYS_S = (60.0, 120.0)
"""AWS waits a minute before the second attempt and two before the third (its documentation,
2026-11); there are as many delays as retries (L28)."""

THROTTLED_DELAYS_S = (1.0, 300.0)
"""While every environment is busy: the first wait, doubled each time up to the second (AWS's
documentation, 2026-11)."""


class EventQueue:
    """Invocations that nobody waits for."""

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
        """Run an event as soon as may be."""
        task = asyncio.create_task(self._run(invocation))
        self._pending[task] = invocation.request_id
        task.add_done_callback(self._pending.pop)

    def stop(self) -> None:
        """Give up what has not ended, and say so; call it before the pool is closed."""
        self._stopping.set()
        if self._pending:
            ids = ", ".join(self._pending.values())
            self._notify(f"Asynchronous events that had not ended are lost: {ids}.")

    async def ended(self) -> None:
        """Wait for what ran when the pool was closed; call it after that."""
        await asyncio.gather(*self._pending)

    async def _run(self, invocation: Invocation) -> None:
        """Every attempt has the same request id (L28)."""
        for delay_s in (0.0, *self._retry_delays_s):
            if await set_within(self._stopping, delay_s) or await self._succeeds(invocation):
                return
        if not self._stopping.is_set():
            self._notify(
                f"The asynchronous event {invocation.request_id} is dropped: "
                f"it failed {1 + len(self._retry_delays_s)} times."
            )

    async def _succeeds(self, invocation: Invocation) -> bool:
        """Whether an attempt went well; it is put off while every environment is busy."""
        wait_s, longest_s = self._throttled_delays_s
        while (outcome := await self._pool.invoke(invocation)) is None:
            if await set_within(self._stopping, wait_s):
                return False
            wait_s = min(2 * wait_s, longest_s)
        return not outcome.failed
