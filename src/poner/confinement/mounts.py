"""A root folder of a process's own, in which it sees what it is shown.

mount(2), mount_setattr(2), pivot_root(2), mount_namespaces(7). What is shown is read-only, however
it is mounted outside. The reading process and the emulator's sandboxes are made with this.
"""

from __future__ import annotations

import ctypes
import os
import struct

from .linux import LIBC, call

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
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
"""Folders or links below / with what an interpreter is linked to, where they exist."""


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount something (mount(2)).

    Raises:
        OSError: it is not allowed here.
    """
    call("mount", os.fsencode(source), os.fsencode(target), kind.encode(), flags, options.encode())


def make_root(root: str) -> None:
    """Mount an empty file system at a folder, where no other namespace sees it.

    Raises:
        OSError: it is not allowed here.
    """
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")


def fill_root(root: str, binds: Binds, links: Binds) -> None:
    """Show files and folders of this machine below the root, read-only, and make links.

    Args:
        root: where `make_root` mounted it.
        binds: what is shown, and where below the root; outer folders come before inner ones.
        links: where below the root, and what they point to.

    Raises:
        OSError: it is not allowed here.
    """
    for source, path in binds:
        bind(source, f"{root}/{path}")
    for path, destination in links:
        os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
        os.symlink(destination, f"{root}/{path}")


def mount_temporary(target: str, size_bytes: int, mode: str = "1777") -> None:
    """Mount an empty file system of limited size, in memory, which can be written to.

    Raises:
        OSError: it is not allowed here.
    """
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode},size={size_bytes}")


def enter_root(root: str) -> None:
    """Leave this machine's files for those below the root, which becomes read-only itself.

    Raises:
        OSError: it is not allowed here.
    """
    os.chdir(root)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)
    mount("none", "/", "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def bind(source: str, target: str) -> None:
    """Show a file or folder at another place, read-only; devices stay what they are.

    Raises:
        OSError: it is not allowed here.
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
    """With everything that is mounted below; before Linux 5.12, the outermost mount alone.

    Raises:
        OSError: it is not allowed here.
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
