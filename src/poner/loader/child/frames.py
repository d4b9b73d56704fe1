"""The frames that parent and child exchange over a pipe: a JSON message, followed by bytes.

One frame::

    4 bytes   b"PNR1"
    8 bytes   length of the message, little-endian
    8 bytes   length of the body
    message   a JSON object, UTF-8
    body      the content of a model file, or the block of arrays that the message describes

Neither side unpickles what the other sent.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

MAGIC = b"PNR1"
PREFIX = struct.Struct("<4sQQ")
LARGEST_MESSAGE_BYTES = 1 << 27
MOST_VALUES = 5_000_000
"""Most values, lists and objects in one message; each takes about 100 bytes of memory."""

LARGEST_BODY_BYTES = 1 << 32


class FrameError(Exception):
    """The other side sent something that is not a frame."""


def pack(message: Mapping[str, Any], body_bytes: int) -> bytes:
    """The bytes of a frame before its body."""
    text = json.dumps(message).encode()
    return PREFIX.pack(MAGIC, len(text), body_bytes) + text


def lengths(prefix: bytes) -> tuple[int, int]:
    """Lengths of message and body, from a frame's first `PREFIX.size` bytes.

    Raises:
        FrameError: the bytes are not a frame, or the frame is larger than any model.
    """
    if len(prefix) != PREFIX.size:
        raise FrameError("a frame that ends too early")
    magic, message_bytes, body_bytes = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise FrameError("not a frame")
    if message_bytes > LARGEST_MESSAGE_BYTES or body_bytes > LARGEST_BODY_BYTES:
        raise FrameError("a frame larger than any model")
    return message_bytes, body_bytes


def parse(message: bytes) -> dict[str, Any]:
    """The message of a frame.

    Raises:
        FrameError: the message is not a JSON object, or has too many values.
    """
    if sum(map(message.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise FrameError("a message with more values than any model has")
    try:
        parsed = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise FrameError("a message that is not JSON") from error
    if type(parsed) is not dict:
        raise FrameError("a message that is not an object")
    return parsed
