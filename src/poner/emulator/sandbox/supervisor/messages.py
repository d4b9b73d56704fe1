"""Messages to and from poner: JSON, with descriptors, over a socket of whole packets."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from typing import Any

MESSAGE_BYTES = 128 * 1024
"""More than a message takes: a command and an environment's variables (L49)."""


def receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """A message with its descriptors, none of which a program inherits; empty at the end."""
    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
    for descriptor in descriptors:  # recv_fds has no flag for it (CPython 3.11 to 3.14)
        os.set_inheritable(descriptor, False)
    return message, descriptors


def send(control: socket.socket, answer: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Answer; that poner has ended is seen when the next message is read."""
    try:
        socket.send_fds(control, [json.dumps(answer).encode()], descriptors)
    except OSError:
        return
