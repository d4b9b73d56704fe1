"""Asynchronous invocations: L28 and L67, with a fake pool."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from poner.emulator.event_queue import EventQueue
from poner.emulator.pool import Pool
from poner.emulator.protocol.outcomes import Invocation, Outcome

INVOCATION = Invocation("id-1", b"{}", "arn", "trace")
GOOD = Outcome(b"null", False, "", "warm")
BAD = Outcome(b"{}", True, "", "warm")


class FakePool:
    """A pool that returns given outcomes and then repeats the last; None means throttled."""

    def __init__(self, *outcomes: Outcome | None, slow: bool = False) -> None:
        self._outcomes = list(outcomes)
        self._slow = slow
        self._closed = asyncio.Event()
        self.ids: list[str] = []

    async def close(self) -> None:
        """End what runs."""
        self._closed.set()

    async def invoke(self, invocation: Invocation) -> Outcome | None:
        """One attempt."""
        self.ids.append(invocation.request_id)
        if self._slow:
            await self._closed.wait()
        return self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]


def run(pool: FakePool, talk: Callable[[EventQueue], Awaitable[None]], **delays: Any) -> list[str]:
    """What is said while events are put into a queue; its delays are short."""
    said: list[str] = []

    async def conversation() -> None:
        values = {"retry_delays_s": (0.01, 0.02), "throttled_delays_s": (0.005, 0.01), **delays}
        queue = EventQueue(cast(Pool, pool), said.append, **values)
        await talk(queue)
        queue.stop()
        await pool.close()
        await queue.ended()

    asyncio.run(conversation())
    return said


async def put_and_wait(queue: EventQueue) -> None:
    """One event with all its attempts."""
    queue.put(INVOCATION)
    await queue.ended()


def test_success_needs_one_attempt():
    """L28: an event that succeeds is done."""
    pool = FakePool(GOOD)
    assert run(pool, put_and_wait) == []
    assert pool.ids == ["id-1"]


def test_errors_are_retried_twice_with_the_same_request_id():
    """L28: three attempts, one request id; then the event is dropped."""
    pool = FakePool(BAD)
    (said,) = run(pool, put_and_wait)
    assert pool.ids == ["id-1"] * 3
    assert said == "The asynchronous event id-1 is dropped: it failed 3 times."


def test_a_retry_may_succeed():
    """L28: there is no further attempt after a success."""
    pool = FakePool(BAD, GOOD)
    assert run(pool, put_and_wait) == []
    assert len(pool.ids) == 2


def test_throttled_attempts_do_not_count():
    """Busy environments delay an event without using up its attempts."""
    pool = FakePool(None, None, None, None, GOOD)
    assert run(pool, put_and_wait) == []
    assert len(pool.ids) == 5


def test_events_lost_at_the_end_are_named():
    """Events that wait or run when the emulator ends are reported as lost."""

    async def put(queue: EventQueue) -> None:
        queue.put(INVOCATION)
        await asyncio.sleep(0.05)

    lost = ["Asynchronous events that had not ended are lost: id-1."]
    assert run(FakePool(BAD), put, retry_delays_s=(60, 120)) == lost
    assert run(FakePool(BAD, slow=True), put) == lost
    assert run(FakePool(None), put, throttled_delays_s=(60, 60)) == lost
