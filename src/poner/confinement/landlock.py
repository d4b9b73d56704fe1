"""Landlock: a process permanently gives up access to files and the network (Linux).

Numbers and structures: linux/landlock.h and the kernel's Documentation/userspace-api/landlock.rst
(6.18); the system calls have the same numbers on every architecture.
"""

from __future__ import annotations

import ctypes
import os
import struct

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READ = READ_FILE | READ_DIR
FILE_RIGHTS = (1 << 13) - 1
"""ABI 1: execute, read, write, and make or remove names."""
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
"""ABI 2, 3 and 5."""
NETWORK_RIGHTS = 0b11
"""ABI 4: bind and connect of TCP."""
ABSTRACT_SOCKETS, SIGNALS = 1, 2
SCOPES = ABSTRACT_SOCKETS | SIGNALS
"""ABI 6: abstract sockets of other processes, and signals to them."""


def abi_version(libc: Any) -> int:
    """The kernel's Landlock version; 0 if it has none."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)))


def restrict(libc: Any, readable: Iterable[str], writable: str) -> int | None:
    """Deny executing, TCP, reading outside of some paths, and writing outside of one folder.

    Returns:
        The Landlock version in force; None if the kernel refused.
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


def keep_from_abstract_sockets(libc: Any) -> bool:
    """Deny only connections to abstract UNIX sockets of other processes.

    Returns:
        Whether this is in force; requires ABI 6 and no-new-privileges.
    """
    if abi_version(libc) < 6:
        return False
    attributes = struct.pack("=QQQ", 0, 0, ABSTRACT_SOCKETS)
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: Any, ruleset: int, path: str, rights: int) -> None:
    """Grant rights beneath a path; a missing path is skipped."""
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
