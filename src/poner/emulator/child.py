"""One operating system process with its pipes: started, watched, measured, killed, reaped."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

READ_BYTES = 64 * 1024
"""Most that is read from the output at a time: what a pipe holds."""

PEAK_MEMORY = re.compile(rb"VmHWM:\s+(\d+) kB")
"""Peak of the resident memory in /proc/PID/status (proc(5))."""


class Child:
    """A process in a session of its own; standard output, error and telemetry are one pipe."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
        """Start it.

        Raises:
            OSError: the system would not start it.
        """
        with contextlib.ExitStack() as undo:
            self.output, output_end = _pipe(undo)
            guarded_end, self._guard = _pipe(undo)
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output_end,
                stderr=output_end,
                env={**variables, "_LAMBDA_TELEMETRY_LOG_FD": str(output_end)},
                cwd=folder,
                start_new_session=True,
                pass_fds=(output_end, guarded_end),
            )
            undo.callback(self._popen.wait)
            undo.callback(self._popen.kill)
            self.pid = self._popen.pid
            _kill_at_hang_up(guarded_end, self.pid)
            os.set_blocking(self.output, False)
            self.exit = os.pidfd_open(self.pid)
            undo.callback(os.close, self.exit)
            self._status = os.open(f"/proc/{self.pid}/status", os.O_RDONLY | os.O_CLOEXEC)
            self._peak_memory_kb = 0
            undo.pop_all()
        os.close(output_end)
        os.close(guarded_end)

    def read_output(self) -> bytes | None:
        """What it wrote since; empty at the end of the pipe, None when there is nothing yet."""
        try:
            return os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return None

    def peak_memory_mb(self) -> int:
        """Most resident memory it has held so far, rounded up; as last seen once it has ended.

        Not from wait4(2): its ru_maxrss counts poner's own memory, which the child is forked from.
        """
        try:
            found = PEAK_MEMORY.search(os.pread(self._status, 4096, 0))
        except ProcessLookupError:
            found = None
        if found is not None:
            self._peak_memory_kb = int(found[1])
        return -(-self._peak_memory_kb // 1024)

    def kill(self) -> None:
        """Kill it and every process it started, without asking: what Lambda does (section e)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> int:
        """Collect it after it has ended; its exit code, negative for a signal.

        Call `kill` before, for what it started: the process group is ours only until then.
        """
        _, status = os.waitpid(self.pid, 0)
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        return self._popen.returncode

    def close(self) -> None:
        """Close every descriptor; call once, after `reap`."""
        for descriptor in (self.output, self._guard, self.exit, self._status):
            os.close(descriptor)


def _pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed if the start fails."""
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    return reading, writing


def _kill_at_hang_up(descriptor: int, group: int) -> None:
    """Have the kernel kill the process group once the pipe's other end is closed.

    The other end is closed when poner ends, however it ends. This costs nothing at the start,
    unlike preexec_fn, and does not depend on the thread that started the process, unlike
    PR_SET_PDEATHSIG (fcntl(2), F_SETOWN and F_SETSIG; tried on Linux 6.18, 2026-11-22).
    """
    import fcntl  # not there on Windows, where poner can do everything but this

    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -group)
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
