"""Landlock: Linux lets a process give up the file system and the network for good.

Numbers and structures: linux/landlock.h and the kernel's Documentation/userspace-api/landlock.rst
(6.18); the system calls have the same numbers on every architecture.
"""

from __future__ import annotations

import ctypes
import os
import struct

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READ = READ_FILE | READ_DIR
FILE_RIGHTS = (1 << 13) - 1
"""ABI 1: execute, read, write, and everything that makes or removes a name."""
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
"""ABI 2, 3 and 5."""
NETWORK_RIGHTS = 0b11
"""ABI 4: bind and connect of TCP."""
SCOPES = 0b11
"""ABI 6: abstract sockets and signals of other processes."""


def abi_version(libc: Any) -> int:
    """The kernel's Landlock version, 0 where there is none."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)))


def restrict(libc: Any, readable: Iterable[str], writable: str) -> int | None:
    """Deny reading outside some places, writing outside one folder, executing, and TCP.

    Returns:
        The Landlock version in force, None if the kernel would not.
    """
    abi = abi_version(libc)
    if abi == 0:
        return None
    handled = FILE_RIGHTS
    handled |= (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0)
    handled |= IOCTL_DEVICE if abi >= 5 else 0
    attributes = struct.pack(
        "=QQQ", handled, NETWORK_RIGHTS if abi >= 4 else 0, SCOPES if abi >= 6 else 0
    )[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return None
    try:
        for path in readable:
            _allow(libc, ruleset, path, READ | (WRITE_FILE if path == "/dev/null" else 0))
        _allow(libc, ruleset, writable, handled & ~EXECUTE)
        return abi if libc.syscall(RESTRICT_SELF, ruleset, 0) == 0 else None
    finally:
        os.close(ruleset)


def _allow(libc: Any, ruleset: int, path: str, rights: int) -> None:
    """Give rights beneath a path; one that is not there needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= READ_FILE | WRITE_FILE | EXECUTE | TRUNCATE
        rule = struct.pack("=Qi", rights, place)
        libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)
