"""poner's end of the supervisor: the process that sandboxes are forked from."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

START = Path(__file__).with_name("supervisor") / "start.py"

KEPT = ("LD_LIBRARY_PATH",)
"""What poner's own interpreter may need of the environment."""

MESSAGE_BYTES = 64 * 1024
"""More than an answer takes."""

ANSWER_S = 10.0
"""The supervisor answers in milliseconds; this is for a machine that is stuck."""


class Supervisor:
    """A process of poner's that has only the standard library; it ends when poner ends."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            OSError: the system would not start it.
        """
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(START)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                start_new_session=True,
            )

    def fork(self, plan: Mapping[str, Any]) -> socket.socket:
        """Fork a sandbox; the socket it is spoken to through. Any thread may call this.

        Raises:
            OSError: it could not become what the plan says.
        """
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.settimeout(ANSWER_S)
        try:
            with theirs:
                socket.send_fds(self._control, [json.dumps(plan).encode()], [theirs.fileno()])
            receive_answer(control)
        except OSError:
            control.close()
            raise
        return control

    def close(self) -> None:
        """End it, and whatever still runs in its sandboxes."""
        self._control.close()
        self._process.wait()


def ask(control: socket.socket, message: Mapping[str, Any], given: Sequence[int]) -> list[int]:
    """Give an order, with descriptors; those that come with the answer.

    Raises:
        OSError: it could not be done, or nobody is there.
    """
    socket.send_fds(control, [json.dumps(message).encode()], given)
    return receive_answer(control)


def receive_answer(control: socket.socket) -> list[int]:
    """The descriptors of an answer.

    Raises:
        OSError: it is an error, or nobody is there.
    """
    answer, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 1)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    if not answer:
        raise ConnectionResetError("its sandbox has ended")
    error = json.loads(answer).get("error")
    if error is not None:
        raise OSError(error)
    return descriptors
