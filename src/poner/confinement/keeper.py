"""The keeper: a process between poner and the worker that ends the worker and reports the ending.

If poner is killed, its pipe to the keeper closes, and the keeper kills the worker. If the keeper is
killed, the kernel kills the worker. The keeper also watches the worker's memory and threads, since
the kernel's limits do not count everything.
"""

from __future__ import annotations

import os
import select
import sys
import time

from .processes import SIGKILL, count_threads, read, resident_bytes

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from .broker import Broker
    from .confine import Room

LOOK_S = 0.1
"""Seconds between two checks of the worker's memory."""

MOST_THREADS = 512
"""Most threads of the worker; the kernel's own limit does not bind root."""


def keep(
    worker: int, room: Room, alive: int, ended: int, status: int, broker: Broker | None
) -> NoReturn:
    """Wait until the worker ends or must be ended, report how it ended, and exit.

    Args:
        worker: id of the worker's process.
        room: the worker's folder and limits; the keeper removes the folder if poner has ended.
        alive: a pipe that closes when poner ends the worker, or ends itself.
        ended: a pipe that closes when the worker ends.
        status: a pipe to poner for the report.
        broker: opens files for the worker; None if mounts or Landlock hide files.
    """
    poner = os.getppid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):  # only the worker holds these pipes, so they close when it ends
        os.dup2(nothing, number)
    over = wait(worker, {alive, ended}, room.memory_bytes, broker)
    os.kill(worker, SIGKILL)  # the worker is not reaped yet, so its id is still its own
    _, how = os.waitpid(worker, 0)
    code = -os.WTERMSIG(how) if os.WIFSIGNALED(how) else os.WEXITSTATUS(how)
    _say(status, [str(code), "out-of-memory" if over else "ended"])
    if os.getppid() != poner:
        import shutil

        shutil.rmtree(room.folder, ignore_errors=True)
    os._exit(0)


def wait(worker: int, ends: set[int], memory_bytes: int, broker: Broker | None) -> bool:
    """Wait until a pipe closes or the worker exceeds a limit; True if that is memory."""
    ready = select.poll()
    for descriptor in ends:
        ready.register(descriptor, select.POLLIN)
    if broker is not None:
        ready.register(broker.descriptor, select.POLLIN)
    look_at_s = 0.0
    while True:
        happened = {descriptor for descriptor, _ in ready.poll(LOOK_S * 1000)}
        if happened & ends:
            return False
        if broker is not None and broker.descriptor in happened:
            ready.unregister(broker.descriptor)
            broker = broker if broker.serve(worker) else None
            if broker is not None:
                ready.register(broker.descriptor, select.POLLIN)
        if time.monotonic() >= look_at_s:
            status = read(f"/proc/{worker}/status")
            if resident_bytes(status) > memory_bytes:
                return True
            if count_threads(status) > MOST_THREADS:
                return False
            look_at_s = time.monotonic() + LOOK_S


def outlive_nobody(keeper: int) -> None:
    """In the worker: let the kernel end this process when the keeper ends.

    Raises:
        SystemExit: the keeper has already ended.
    """
    if sys.platform == "linux":
        from .linux import PR_SET_PDEATHSIG, set_process_option

        set_process_option(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != keeper:
        sys.exit(1)


def die_first() -> None:
    """In the worker: let the kernel end this process first when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return


def say_in_force(status: int, in_force: Sequence[str]) -> None:
    """Tell poner which steps are in force, and close the pipe before the program runs."""
    _say(status, in_force)
    os.close(status)


def _say(status: int, words: Sequence[str]) -> None:
    try:
        os.write(status, " ".join(words).encode() + b"\n")
    except OSError:
        return  # poner has ended
