"""Takes the function's output apart: plain lines and the runtime's framed log events.

standard output, standard error and the telemetry descriptor are one and the same pipe, so that
what the function printed and what it logged stay in order.
"""

from __future__ import annotations

import re

FRAME_MAGIC = b"\xa5\x5a\x00"
"""First bytes of a frame; they do not begin any UTF-8 text."""

FRAME_HEADER = re.compile(rb"\xa5\x5a\x00[\x02-\x1b](.{4})\x00[\x05-\x08].{6}", re.DOTALL)
"""4 bytes of type, 4 of length, 8 of time in microseconds, to the year 2042 (L47)."""

FRAME_HEADER_BYTES = 16
"""Length of a frame's header."""

EVENT_BYTES = 1024 * 1024
"""Longest line: CloudWatch's largest event (AWS's documentation, 2026-11)."""


class LogStream:
    """Bytes in, log events out: each a line with its newline, or a whole framed message."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[str]:
        """The events that are complete now."""
        buffer = self._buffer + data
        events: list[bytes] = []
        begin = 0
        while begin < len(buffer):
            frame = buffer.find(FRAME_MAGIC, begin)
            if frame == begin:
                end = _end_of_frame(buffer, begin)
                if end is not None:
                    if end > len(buffer):
                        break
                    events.append(buffer[begin + FRAME_HEADER_BYTES : end])
                    begin = end
                    continue
                frame = buffer.find(FRAME_MAGIC, begin + 1)  # it was text after all
            stop = frame if frame >= 0 else len(buffer)
            *lines, rest = buffer[begin:stop].split(b"\n")
            events.extend(line + b"\n" for line in lines)
            begin = stop - len(rest)
            if frame < 0:
                if len(rest) >= EVENT_BYTES:
                    events.append(_whole_characters(rest[:EVENT_BYTES]))
                    begin += len(events[-1])
                break
            events.append(rest)
            begin = stop
        self._buffer = buffer[begin:]
        return [event.decode("utf-8", "replace") for event in events if event]

    def flush(self) -> list[str]:
        """What is left: text without a newline, which Lambda takes as an event of its own."""
        rest, self._buffer = self._buffer, b""
        return [rest.decode("utf-8", "replace")] if rest else []


def _whole_characters(text: bytes) -> bytes:
    """UTF-8 without its last character, unless that is ASCII: it may not be complete."""
    for size in (1, 2, 3):
        if text[-size] >= 0b1100_0000:
            return text[:-size]
        if text[-size] < 0b1000_0000:
            break
    return text


def _end_of_frame(buffer: bytes, begin: int) -> int | None:
    """Where the frame that seems to begin there ends, beyond the buffer if it is not complete.

    None if it is no frame but text.
    """
    header = FRAME_HEADER.match(buffer, begin)
    if header is not None:
        return begin + FRAME_HEADER_BYTES + int.from_bytes(header[1], "big")
    return None if len(buffer) - begin >= FRAME_HEADER_BYTES else begin + FRAME_HEADER_BYTES
