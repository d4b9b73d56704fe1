"""The init process of a sandbox: runs one program at a time, and ends all that it started."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any

from poner.confinement.processes import all_others, descendants, held_bytes, kill

from .messages import receive, send

GROWTH_BYTES_PER_S = 5e9
"""Fastest growth of memory in use; determines the wait before the next look."""

LONGEST_WAIT_S = 0.25
"""Longest wait between two looks at the memory in use."""

LOOKING_SHARE, SEARCHING_SHARE = 1 / 20, 1 / 100
"""Most of a core's time spent on reading memory in use, and on listing the processes."""

TELEMETRY = 3
"""Descriptor of the framed log channel (L47)."""


class Init:
    """Runs one program at a time; processes that the program started end with it."""

    def __init__(self, control: socket.socket, limit_bytes: int, *, isolated: bool) -> None:
        self._control = control
        self._isolated = isolated
        self._limit_bytes = limit_bytes
        self._look_at_s = self._search_at_s = 0.0
        self._watched: list[int] = []
        self._program: int | None = None
        self._exit_end = -1
        self._peak_bytes = 0
        self._out_of_memory = False

    def serve(self) -> None:
        """Carry out poner's orders until poner closes its end of the socket."""
        waking, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        ready = select.poll()
        ready.register(waking, select.POLLIN)
        ready.register(self._control, select.POLLIN)
        while True:
            events = dict(ready.poll(self._wait_ms()))
            if waking in events:
                os.read(waking, 4096)
                self._reap()
            if self._control.fileno() in events and not self._obey():
                break
            if self._wait_ms() == 0:
                self._watch()
        self._end()

    def _wait_ms(self) -> float | None:
        """Milliseconds until the next look at the memory; None without a program."""
        if self._program is None:
            return None
        return max((self._look_at_s - time.monotonic()) * 1e3, 0)

    def _obey(self) -> bool:
        """Carry out the next order; False if poner has closed the socket."""
        message, descriptors = receive(self._control)
        if message == b"kill":
            self._end()
        elif message:
            self._start(json.loads(message), *descriptors)
        return bool(message)

    def _start(self, order: dict[str, Any], output: int, exit_end: int) -> None:
        """Start the program; it writes to `output`, and its ending is reported on `exit_end`."""
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            *((os.POSIX_SPAWN_DUP2, output, number) for number in (1, 2, TELEMETRY)),
        ]
        try:
            self._program = os.posix_spawn(
                order["command"][0],
                order["command"],
                {**order["variables"], "_LAMBDA_TELEMETRY_LOG_FD": str(TELEMETRY)},
                file_actions=actions,
                setsid=True,
                setsigdef=signal.valid_signals(),
            )
        except OSError as error:
            os.close(exit_end)
            send(self._control, {"error": str(error)})
        else:
            self._exit_end, self._out_of_memory, self._peak_bytes = exit_end, False, 0
            self._search_at_s = 0.0
            self._look_at_s = time.monotonic() + self._limit_bytes / GROWTH_BYTES_PER_S
            with Path(f"/proc/{self._program}/status").open("rb") as status:
                send(self._control, {}, [status.fileno()])
        os.close(output)

    def _reap(self) -> None:
        """Reap processes that have ended; after the program's end, end all others."""
        while self._program is not None:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid == self._program:
                self._end(status)

    def _end(self, status: int = signal.SIGKILL) -> None:
        """Kill all processes, wait for their end, and report how the program ended."""
        while True:
            kill([-1] if self._isolated else descendants())
            try:
                pid, ended = os.waitpid(-1, 0)
            except ChildProcessError:
                break
            status = ended if pid == self._program else status
        if self._program is not None:
            report = {
                "returncode": os.waitstatus_to_exitcode(status),
                "out_of_memory": self._out_of_memory,
                "peak_bytes": self._peak_bytes,
            }
            os.write(self._exit_end, json.dumps(report).encode())
            os.close(self._exit_end)
            self._program = None

    def _watch(self) -> None:
        """End all processes if they exceed the memory limit; otherwise set the next look."""
        begin_s = time.monotonic()
        if begin_s >= self._search_at_s:
            self._watched = all_others() if self._isolated else descendants()
            searched_s = time.monotonic() - begin_s
            self._search_at_s = begin_s + searched_s / SEARCHING_SHARE
        held = held_bytes(self._watched, self._limit_bytes)
        self._peak_bytes = max(self._peak_bytes, held)
        if held > self._limit_bytes:
            self._out_of_memory = True
            self._end()
        reached_s = (self._limit_bytes - held) / GROWTH_BYTES_PER_S
        least_s = (time.monotonic() - begin_s) / LOOKING_SHARE
        self._look_at_s = begin_s + max(least_s, min(reached_s, LONGEST_WAIT_S))
