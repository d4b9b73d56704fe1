"""Splits the function's output into plain lines and the runtime's framed log events.

Standard output, standard error and the telemetry descriptor are one pipe, so that printed and
logged lines keep their order.
"""

from __future__ import annotations

import re

FRAME_MAGIC = b"\xa5\x5a\x00"
"""First bytes of a frame; no UTF-8 text contains them."""

FRAME_HEADER = re.compile(rb"\xa5\x5a\x00[\x02-\x1b](.{4})\x00[\x05-\x08].{6}", re.DOTALL)
"""Type (4 bytes), length (4), time in microseconds (8, up to the year 2042) (L47)."""

FRAME_HEADER_BYTES = 16
"""Length of a frame's header."""

EVENT_BYTES = 1024 * 1024
"""Longest line: CloudWatch's largest event (AWS's documentation, 2026-11)."""


class LogStream:
    """Turns bytes into log events: a line with its newline, or a whole framed message."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[str]:
        """Add output; returns the events that are complete."""
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
                frame = buffer.find(FRAME_MAGIC, begin + 1)  # not a frame but text
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
        """The rest, a line without a newline, as an event of its own, as on Lambda."""
        rest, self._buffer = self._buffer, b""
        return [rest.decode("utf-8", "replace")] if rest else []


def _whole_characters(text: bytes) -> bytes:
    """UTF-8 text without its last character, which may be cut, unless that is ASCII."""
    for size in (1, 2, 3):
        if text[-size] >= 0b1100_0000:
            return text[:-size]
        if text[-size] < 0b1000_0000:
            break
    return text


def _end_of_frame(buffer: bytes, begin: int) -> int | None:
    """End of the frame at `begin`, beyond the buffer if the frame is incomplete; None for text."""
    header = FRAME_HEADER.match(buffer, begin)
    if header is not None:
        return begin + FRAME_HEADER_BYTES + int.from_bytes(header[1], "big")
    return None if len(buffer) - begin >= FRAME_HEADER_BYTES else begin + FRAME_HEADER_BYTES
