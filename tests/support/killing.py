"""Kills a piece of work before each of its steps on the disk, one after the other."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable

STEPS = ("open", "os.", "shutil.", "fcntl.")
"""Prefixes of the audit events that mean a step on the disk (Python's audit events table)."""


def kill_before_each_step(
    prepare: Callable[[], None], work: Callable[[], None], check: Callable[[bool], None]
) -> int:
    """Do work in a process that is killed before its first step, its second step, and so on.

    Args:
        prepare: called before each try.
        work: done in a fork of this process.
        check: called after each try, in this process; told whether the work was finished.

    Returns:
        How many steps there are.
    """
    step = 0
    while True:
        prepare()
        killed = run_forked(work, kill_before=step)
        check(not killed)
        if not killed:
            return step
        step += 1


def run_forked(work: Callable[[], None], kill_before: int | None = None) -> bool:
    """Do work in a fork of this process; whether it was killed before the given step."""
    child = os.fork()
    if child == 0:
        code = 1
        signal.alarm(60)  # so that a hanging fork ends
        try:
            if kill_before is not None:
                sys.addaudithook(_killer(kill_before))
            work()
            code = 0
        except BaseException:  # noqa: BLE001  # a fork must not go on with the test
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed; its traceback is on standard error"
    return False


def _killer(step: int) -> Callable[[str, object], None]:
    left = step

    def count(event: str, arguments: object) -> None:
        nonlocal left
        if event.startswith(STEPS):
            if left == 0:
                signal.raise_signal(signal.SIGKILL)  # os.kill would be an event itself
            left -= 1

    return count


def take_exchange_away() -> None:
    """Let the system refuse to exchange folders in this process, as some filesystems do.

    A seccomp filter (Linux manual, seccomp(2)): renameat2 with flags fails with EINVAL.
    """
    number, architecture = {"x86_64": (316, 0xC000003E), "aarch64": (276, 0xC00000B7)}[
        platform.machine()
    ]
    load, equal, end, allow, refuse = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000 | 22
    program = [
        (load, 0, 0, 4),  # the architecture
        (equal, 0, 5, architecture),
        (load, 0, 0, 0),  # the system call
        (equal, 0, 3, number),
        (load, 0, 0, 16 + 4 * 8),  # its fifth argument
        (equal, 0, 1, 2),
        (end, 0, 0, refuse),
        (end, 0, 0, allow),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    filter_of = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    )
    library = ctypes.CDLL(None, use_errno=True)
    assert library.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert library.prctl(22, 2, filter_of, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
