"""A program in a sandbox, with its pipes: start, output, peak memory, kill, ending."""

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
"""Most bytes read from the output at a time: the capacity of a pipe."""

PEAK_MEMORY = re.compile(rb"VmHWM:\s+(\d+) kB")
"""Peak resident memory in /proc/PID/status (proc(5))."""


@dataclass(frozen=True)
class Ending:
    """How a program ended, together with the processes that it started."""

    returncode: int
    """Exit code, negative for a signal."""
    out_of_memory: bool
    """Whether the program was killed for exceeding its memory limit."""


class Child:
    """A program in its own session; standard output, standard error and telemetry share a pipe."""

    def __init__(
        self, control: socket.socket, command: Sequence[str], variables: Mapping[str, str]
    ) -> None:
        """Let a sandbox start the program.

        Raises:
            OSError: the system could not start it, or the sandbox has ended.
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
        """The new output; empty at the end of the pipe, None if there is none yet."""
        try:
            return os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return None

    def peak_memory_mb(self) -> int:
        """Peak resident memory so far, rounded up; the last known value after the end."""
        try:
            found = PEAK_MEMORY.search(os.pread(self._status, 4096, 0))
        except ProcessLookupError:
            found = None
        if found is not None:
            self._peak_memory_bytes = max(self._peak_memory_bytes, int(found[1]) * 1024)
        return -(-self._peak_memory_bytes // 1024**2)

    def kill(self) -> None:
        """Kill the program and every process that it started, without a signal first (L59)."""
        with contextlib.suppress(OSError):  # the sandbox and its processes have ended
            self._control.send(b"kill")

    def ending(self) -> Ending:
        """Wait for the program's end, and return how it ended; call when `exit` is readable."""
        report = os.read(self.exit, READ_BYTES)
        if not report:  # the sandbox was killed
            return Ending(-signal.SIGKILL, out_of_memory=False)
        ended = json.loads(report)
        self._peak_memory_bytes = max(self._peak_memory_bytes, ended["peak_bytes"])
        return Ending(ended["returncode"], ended["out_of_memory"])

    def close(self) -> None:
        """Close every descriptor; call once, after the program has ended."""
        for descriptor in (self.output, self.exit, self._status):
            os.close(descriptor)


def _pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe; `undo` closes both ends."""
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    return reading, writing
