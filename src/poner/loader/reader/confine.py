"""What the child gives up before it reads an untrusted file. Each step is tried, none required.

Limits hold everywhere. On Linux come, where the kernel allows them: no new privileges, a user and
network namespace of its own without any interface, no capabilities, and Landlock.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import poner_runtime

from . import landlock

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
"""Flags of unshare(2)."""

PR_SET_NO_NEW_PRIVS = 38
"""Option of prctl(2)."""

CAPSET = {"x86_64": 126, "aarch64": 91}
"""Number of capset(2) by architecture."""

CAPABILITY_VERSION_3 = 0x20080522

LARGEST_FILE_BYTES = 64 << 20
"""Largest file the child may write to its scratch folder or to stderr."""

SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/sys", "/nix/store")
"""Where shared libraries lie, and what numpy and joblib ask about the processor."""

PROCESS_FILES = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/dev/null", "/dev/urandom")
"""Not all of /proc: the environment of other processes is in there."""


def confine(scratch: str, cpu_s: int, memory_bytes: int) -> tuple[str, ...]:
    """Give up what reading a model does not need; must run before any thread is started.

    Args:
        scratch: the one folder that stays writable.
        cpu_s: processor seconds after which the kernel ends the process.
        memory_bytes: largest address space.

    Returns:
        Words for what is in force now, such as `("rlimits", "no-new-privileges", "landlock")`.
    """
    in_force = []
    if _limit(cpu_s, memory_bytes):
        in_force.append("rlimits")
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        in_force += _confine_linux(libc, scratch)
    return tuple(in_force)


def _limit(cpu_s: int, memory_bytes: int) -> bool:
    limits = [
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, LARGEST_FILE_BYTES),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NPROC, 0),
    ]
    done = True
    for kind, value in limits:
        try:
            _, hard = resource.getrlimit(kind)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # macOS knows RLIMIT_AS and does not take it
            done = False
    return done


def _confine_linux(libc: Any, scratch: str) -> list[str]:
    in_force = []
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        in_force.append("no-new-privileges")
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        in_force.append("no-network")
    if _drop_capabilities(libc):
        in_force.append("no-capabilities")
    abi = landlock.restrict(libc, readable_paths(), scratch)
    if abi is not None:
        in_force.append("landlock")
        if abi >= 4:
            in_force.append("no-tcp")
    return in_force


def _drop_capabilities(libc: Any) -> bool:
    """Also root's own, where there was no namespace to leave them behind."""
    number = CAPSET.get(os.uname().machine)
    if number is None:
        return False
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    return bool(libc.syscall(number, header, none) == 0)


def readable_paths() -> Iterable[str]:
    """The interpreter, its packages and the system's libraries: nothing of the user's own."""
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    places += [path for path in sys.path if path]
    places += [str(Path(file).resolve().parent) for file in (__file__, poner_runtime.__file__)]
    return [*places, *SYSTEM_FOLDERS, *PROCESS_FILES]
