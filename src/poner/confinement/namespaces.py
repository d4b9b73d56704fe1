"""Namespaces: users, files, processes and a network of a process's own (namespaces(7))."""

from __future__ import annotations

import os

from .linux import CLONE_NEWUSER, call


def enter_namespaces(flags: int, user_id: int, group_id: int) -> None:
    """Enter new namespaces as a user of a new user namespace, which any user may make.

    Args:
        flags: of unshare(2), besides CLONE_NEWUSER.
        user_id: who this process is inside.
        group_id: its group inside.

    Raises:
        OSError: they are not to be had here.
    """
    outer_user_id, outer_group_id = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | flags)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{group_id} {outer_group_id} 1")
    _write("/proc/self/uid_map", f"{user_id} {outer_user_id} 1")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
