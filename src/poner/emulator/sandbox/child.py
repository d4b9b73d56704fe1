"""One program in a sandbox with its pipes: started, watched, measured, killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poner.emulator.sandbox.supervision import ask

READ_BYTES = 64 * 1024
"""Most that is read from the output at a time: what a pipe holds."""

PEAK_MEMORY = re.compile(rb"VmHWM:\s+(\d+) kB")
"""Peak of the resident memory in /proc/PID/status (proc(5))."""


@dataclass(frozen=True)
class Ending:
    """How a program ended, and all it started with it."""

    returncode: int
    """Exit code, negative for a signal."""
    out_of_memory: bool
    """Whether it was killed because it held more memory than it may."""


class Child:
    """A program in a session of its own; standard output, error and telemetry are one pipe."""

    def __init__(
        self, control: socket.socket, command: Sequence[str], variables: Mapping[str, str]
    ) -> None:
        """Have a sandbox start it.

        Raises:
            OSError: the system would not start it, or the sandbox is gone.
        """
        self._control = control
        self._peak_memory_bytes = 0
        with contextlib.ExitStack() as undo:
            self.output, output_end = _pipe(undo)
            self.exit, exit_end = _pipe(undo)
            order = {"command": list(command), "variables": dict(variables)}
            (self._status,) = ask(control, order, (output_end, exit_end))
            os.set_blocking(self.output, False)
            undo.pop_all()
        os.close(output_end)
        os.close(exit_end)

    def read_output(self) -> bytes | None:
        """What it wrote since; empty at the end of the pipe, None when there is nothing yet."""
        try:
            return os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return None

    def peak_memory_mb(self) -> int:
        """Most resident memory it has held so far, rounded up; as last seen once it has ended."""
        try:
            found = PEAK_MEMORY.search(os.pread(self._status, 4096, 0))
        except ProcessLookupError:
            found = None
        if found is not None:
            self._peak_memory_bytes = max(self._peak_memory_bytes, int(found[1]) * 1024)
        return -(-self._peak_memory_bytes // 1024**2)

    def kill(self) -> None:
        """Kill it and every process it started, without asking: what Lambda does (L59)."""
        with contextlib.suppress(OSError):  # the sandbox is gone, and all that was in it
            self._control.send(b"kill")

    def ending(self) -> Ending:
        """How it ended; waits until it has. `exit` is readable from then on."""
        report = os.read(self.exit, READ_BYTES)
        if not report:  # the sandbox was killed
            return Ending(-signal.SIGKILL, out_of_memory=False)
        ended = json.loads(report)
        self._peak_memory_bytes = max(self._peak_memory_bytes, ended["peak_bytes"])
        return Ending(ended["returncode"], ended["out_of_memory"])

    def close(self) -> None:
        """Close every descriptor; call once, after it has ended."""
        for descriptor in (self.output, self.exit, self._status):
            os.close(descriptor)


def _pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed if the start fails."""
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    return reading, writing
