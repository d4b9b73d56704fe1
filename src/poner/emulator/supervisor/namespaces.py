"""Namespaces and mounts: a user, processes and files of the sandbox's own.

namespaces(7), mount(2), pivot_root(2).
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

USER_ID, GROUP_ID = 993, 990
"""Who the function is; only that it is not root is recorded (section e)."""

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36

MACHINE = ("bus", "irq", "sys", "sysrq-trigger")
"""What of /proc is the machine's, which root could write to even here."""

LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: bytes | int | None) -> None:
    """Call a function of the C library.

    Raises:
        OSError: it failed; the text names it.
    """
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        texts = [os.fsdecode(part) for part in arguments if isinstance(part, bytes) and part]
        raise OSError(number, os.strerror(number), " ".join([name, *texts]))


def mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    """Mount something (mount(2)).

    Raises:
        OSError: it is not allowed here.
    """
    call("mount", source.encode(), bytes(target), kind.encode(), flags, options.encode())


def become_subreaper() -> None:
    """Be the parent of whatever loses its own among what is started from here (prctl(2)).

    Raises:
        OSError: never on Linux 3.4 and later.
    """
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def enter_namespaces() -> None:
    """Go on as process 1 of new namespaces, and as the user the function is to be.

    Raises:
        OSError: they are not to be had here.
    """
    user_id, group_id = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{GROUP_ID} {group_id} 1")
    Path("/proc/self/uid_map").write_text(f"{USER_ID} {user_id} 1")
    if os.fork() != 0:
        os._exit(0)  # what is unshared is where the next child lives


def enter_files(files: dict[str, Any], tmp_bytes: int) -> None:
    """Leave this machine's files for those of the plan, read-only but for /tmp.

    Raises:
        OSError: it is not allowed here.
    """
    root = Path(files["root"])
    mount("none", Path("/"), "", MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    for folder in ("proc", "tmp", "dev"):
        (root / folder).mkdir()
    for source, path in files["binds"]:
        bind(Path(source), root / path)
    for path, content in files["written"]:
        (root / path).write_text(content)
    for path, destination in files["links"]:
        (root / path).symlink_to(destination)
    mount("proc", root / "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in (root / "proc" / name for name in MACHINE):
        if path.exists():
            bind(path, path)
    size = f"mode=1777,size={tmp_bytes}"
    mount("tmpfs", root / "tmp", "tmpfs", MS_NOSUID | MS_NODEV, size)
    os.chdir(root)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)
    mount("none", Path("/"), "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def bind(source: Path, target: Path) -> None:
    """Show a file or folder at another place, read-only; devices stay what they are.

    Raises:
        OSError: it is not allowed here.
    """
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(str(source), target, "", MS_BIND | MS_REC)
    locked = os.statvfs(target).f_flag & (MS_NODEV | MS_NOEXEC)
    mount("none", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | locked)
