"""Waiting that can be cut short without cancelling anything."""

from __future__ import annotations

import asyncio
import contextlib


async def set_within(event: asyncio.Event, limit_s: float) -> bool:
    """Wait for an event, so long at most; whether it is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), limit_s)
    return event.is_set()
