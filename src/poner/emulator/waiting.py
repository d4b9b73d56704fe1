"""Waiting with a time limit, without cancelling a task."""

from __future__ import annotations

import asyncio
import contextlib


async def set_within(event: asyncio.Event, limit_s: float) -> bool:
    """Wait for an event for at most `limit_s` seconds; returns whether it is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), limit_s)
    return event.is_set()
