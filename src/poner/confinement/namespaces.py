"""Namespaces: separate users, files, processes and network for a process (namespaces(7))."""

from __future__ import annotations

import os

from .linux import CLONE_NEWUSER, call


def enter_namespaces(flags: int, user_id: int, group_id: int) -> None:
    """Enter a new user namespace, which needs no privilege, and further new namespaces.

    Args:
        flags: flags of unshare(2), besides CLONE_NEWUSER.
        user_id: user of this process in the namespace.
        group_id: group of this process in the namespace.

    Raises:
        OSError: this machine does not permit the namespaces.
    """
    outer_user_id, outer_group_id = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | flags)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{group_id} {outer_group_id} 1")
    _write("/proc/self/uid_map", f"{user_id} {outer_user_id} 1")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
