"""System calls and flags of Linux that Python's standard library lacks."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

LIBC: Any = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
CLONE_NEWNET = 0x40000000
"""Flags of unshare(2)."""

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
"""Options of prctl(2)."""

CAPSET = {"x86_64": 126, "aarch64": 91}
"""Number of capset(2) by architecture."""

CAPABILITY_VERSION_3 = 0x20080522


def call(name: str, *arguments: bytes | int | None) -> None:
    """Call a function of the C library.

    Raises:
        OSError: the call failed; the text names the call.
    """
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        texts = [os.fsdecode(part) for part in arguments if isinstance(part, bytes) and part]
        raise OSError(number, os.strerror(number), " ".join([name, *texts]))


def set_process_option(option: int, value: int) -> None:
    """Set an option of this process (prctl(2)).

    Raises:
        OSError: the kernel lacks the option.
    """
    call("prctl", option, value, 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability, including root's.

    Raises:
        OSError: the call's number is unknown for this architecture, or the call failed.
    """
    number = CAPSET.get(os.uname().machine)
    if number is None:
        raise OSError(f"capset is not known on {os.uname().machine}")
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    if LIBC.syscall(number, header, none) != 0:
        raise OSError(ctypes.get_errno(), "capset failed")
