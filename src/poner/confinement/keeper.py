"""The process between poner and the worker: it ends the worker, and says how that ended.

poner may be killed at any moment; then the pipe from it is closed, and the keeper kills the worker.
If the keeper is killed, the kernel kills the worker. What the worker holds is looked at, since not
everything counts against its limits.
"""

from __future__ import annotations

import os
import select
import sys

from .processes import SIGKILL, read, resident_bytes

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

LOOK_S = 0.1
"""Between two looks at the worker's memory."""


def keep(worker: int, alive: int, ended: int, status: int, memory_bytes: int) -> NoReturn:
    """Wait for the worker's end, or end it; then say how it ended, and exit.

    Args:
        worker: its process.
        alive: a pipe that is closed when poner ends, or wants the worker to end.
        ended: a pipe that is closed when the worker ends.
        status: a pipe to poner.
        memory_bytes: what the worker may hold.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):  # the worker's alone: their ends are seen when it ends
        os.dup2(nothing, number)
    ready = select.poll()
    for descriptor in (alive, ended):
        ready.register(descriptor, select.POLLIN)
    over = False
    while not over and not ready.poll(LOOK_S * 1000):
        over = resident_bytes(read(f"/proc/{worker}/status")) > memory_bytes
    os.kill(worker, SIGKILL)  # it is not reaped yet, so this is no other process
    _, how = os.waitpid(worker, 0)
    code = -os.WTERMSIG(how) if os.WIFSIGNALED(how) else os.WEXITSTATUS(how)
    _say(status, [str(code), "out-of-memory" if over else "ended"])
    os._exit(0)


def outlive_nobody(keeper: int) -> None:
    """In the worker: end with the keeper.

    Raises:
        SystemExit: it has ended already.
    """
    if sys.platform == "linux":
        from .linux import PR_SET_PDEATHSIG, set_process_option

        set_process_option(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != keeper:
        sys.exit(1)


def die_first() -> None:
    """Where memory runs out, the kernel is to end the worker before anything of the user's."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return


def say_in_force(status: int, in_force: Sequence[str]) -> None:
    """Tell poner what the worker gave up, and close the pipe: the program cannot say otherwise."""
    _say(status, in_force)
    os.close(status)


def _say(status: int, words: Sequence[str]) -> None:
    try:
        os.write(status, " ".join(words).encode() + b"\n")
    except OSError:
        return  # poner has gone
