"""Builds a separate root folder for a process, with only selected files, all of them read-only.

mount(2), mount_setattr(2), pivot_root(2), mount_namespaces(7). Confined processes and the
emulator's sandboxes use such a root.
"""

from __future__ import annotations

import ctypes
import os
import struct

from .linux import LIBC, call

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Iterable

    Binds = Iterable[tuple[str, str]]

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2

MOUNT_SETATTR = 442
"""Number of mount_setattr(2), the same on every architecture; Linux 5.12 and later."""
AT_EMPTY_PATH, AT_RECURSIVE = 0x1000, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2

SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "nix/store", "gnu/store")
"""Folders or links below / that hold the libraries of an interpreter, if they exist."""


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system or a folder (mount(2)).

    Raises:
        OSError: this machine does not permit the mount.
    """
    call("mount", os.fsencode(source), os.fsencode(target), kind.encode(), flags, options.encode())


def make_root(root: str) -> None:
    """Mount an empty file system at a folder, invisible to other namespaces.

    Raises:
        OSError: this machine does not permit the mount.
    """
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")


def fill_root(root: str, binds: Binds, links: Binds) -> None:
    """Show files and folders of this machine below the root, read-only, and make links.

    Args:
        root: the folder given to `make_root`.
        binds: source and path below the root; outer folders come before inner ones.
        links: path below the root and target.

    Raises:
        OSError: this machine does not permit the mounts.
    """
    for source, path in binds:
        bind(source, f"{root}/{path}")
    for path, destination in links:
        os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
        os.symlink(destination, f"{root}/{path}")


def mount_temporary(target: str, size_bytes: int, mode: str = "1777") -> None:
    """Mount an empty, writable file system of limited size in memory.

    Raises:
        OSError: this machine does not permit the mount.
    """
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode},size={size_bytes}")


def enter_root(root: str) -> None:
    """Make the folder the root of this process's files, read-only.

    Raises:
        OSError: this machine does not permit the change.
    """
    os.chdir(root)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)
    mount("none", "/", "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def bind(source: str, target: str) -> None:
    """Show a file or folder read-only at another path; devices still work.

    Raises:
        OSError: this machine does not permit the mount.
    """
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w"):
            pass
    mount(source, target, "", MS_BIND | MS_REC)
    _make_read_only(target)


def _make_read_only(target: str) -> None:
    """Make a mount and all mounts below it read-only; before Linux 5.12, only the mount itself.

    Raises:
        OSError: this machine does not permit the change.
    """
    attributes = struct.pack("=QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    at_nothing = ctypes.c_int(-100)
    done = LIBC.syscall(
        MOUNT_SETATTR, at_nothing, os.fsencode(target), AT_RECURSIVE, attributes, len(attributes)
    )
    if done != 0:
        locked = os.statvfs(target).f_flag & (MS_NODEV | MS_NOEXEC)
        mount("none", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | locked)


def system_folders() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Binds of the system's programs and libraries, and links among them, for `fill_root`."""
    binds, links = [], []
    for name in SYSTEM:
        path = "/" + name
        if os.path.islink(path):
            links.append((name, os.readlink(path)))
        elif os.path.exists(path):
            binds.append((path, name))
    return binds, links
