"""Timestamps in the format of AWS's logs."""

from __future__ import annotations

import time


def utc(now_s: float) -> str:
    """A time in seconds since the epoch as text, such as `2026-07-10T19:19:06.789Z`."""
    whole_s, milliseconds = divmod(int(now_s * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole_s))}.{milliseconds:03d}Z"
