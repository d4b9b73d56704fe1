"""poner's side of the supervisor, the process that forks sandboxes."""

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
"""Environment variables that poner's own interpreter may need."""

MESSAGE_BYTES = 64 * 1024
"""Buffer size; every answer is shorter."""

ANSWER_S = 10.0
"""Time limit of an answer, for an overloaded machine; answers usually take milliseconds."""


class Supervisor:
    """The supervisor process; it uses only the standard library and ends when poner ends."""

    def __init__(self) -> None:
        """Start the process.

        Raises:
            OSError: the system could not start it.
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
        """Fork a sandbox; returns the socket that controls it. Any thread may call this.

        Raises:
            OSError: the sandbox could not be made as planned.
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
        """End the supervisor and all processes in its sandboxes."""
        self._control.close()
        self._process.wait()


def ask(control: socket.socket, message: Mapping[str, Any], given: Sequence[int]) -> list[int]:
    """Send an order with descriptors; returns the descriptors of the answer.

    Raises:
        OSError: the order failed, or the sandbox has ended.
    """
    socket.send_fds(control, [json.dumps(message).encode()], given)
    return receive_answer(control)


def receive_answer(control: socket.socket) -> list[int]:
    """Wait for an answer; returns its descriptors.

    Raises:
        OSError: the answer is an error, or the sandbox has ended.
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
