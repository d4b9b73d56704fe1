"""Messages to and from poner: JSON with descriptors, over a socket that keeps packets whole."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from typing import Any

MESSAGE_BYTES = 128 * 1024
"""Buffer size; a message, a command with its environment variables (L49), is shorter."""


def receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """A message with its descriptors; empty if the socket is closed. Programs inherit none."""
    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
    for descriptor in descriptors:  # recv_fds cannot do this (CPython 3.11 to 3.14)
        os.set_inheritable(descriptor, False)
    return message, descriptors


def send(control: socket.socket, answer: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send an answer; if poner has ended, the next `receive` shows it."""
    try:
        socket.send_fds(control, [json.dumps(answer).encode()], descriptors)
    except OSError:
        return
