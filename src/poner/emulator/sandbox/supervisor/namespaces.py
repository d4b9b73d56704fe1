"""Namespaces and mounts that give the sandbox its own user, processes and files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from poner.confinement import landlock, mounts
from poner.confinement.linux import (
    CLONE_NEWIPC,
    CLONE_NEWNS,
    CLONE_NEWPID,
    LIBC,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_NO_NEW_PRIVS,
    set_process_option,
)
from poner.confinement.namespaces import enter_namespaces

USER_ID, GROUP_ID = 993, 990
"""User and group of the function. Recorded for AWS is only that the user is not root (L51)."""

MACHINE = ("bus", "irq", "sys", "sysrq-trigger")
"""Entries of /proc that control the whole machine, and that root could write even here."""


def become_subreaper() -> None:
    """Adopt descendants whose parent has ended (prctl(2)).

    Raises:
        OSError: Linux is older than 3.4.
    """
    set_process_option(PR_SET_CHILD_SUBREAPER, 1)


def enter_processes() -> None:
    """Continue as process 1 of new namespaces, and as the function's user.

    Raises:
        OSError: this machine does not permit the namespaces.
    """
    enter_namespaces(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC, USER_ID, GROUP_ID)
    if os.fork() != 0:
        os._exit(0)  # only a child process is in the new PID namespace


def leave_abstract_sockets() -> None:
    """Block abstract UNIX sockets of this machine, such as D-Bus, if Landlock can.

    Abstract sockets belong to the network namespace, which the sandbox shares with this machine.

    Raises:
        OSError: Linux is older than 3.5.
    """
    set_process_option(PR_SET_NO_NEW_PRIVS, 1)
    landlock.keep_from_abstract_sockets(LIBC)


def enter_files(files: dict[str, Any], tmp_bytes: int) -> None:
    """Replace this machine's files by those of the plan; only /tmp is writable.

    Raises:
        OSError: this machine does not permit the mounts.
    """
    root = Path(files["root"])
    mounts.make_root(str(root))
    for folder in ("proc", "tmp", "dev"):
        (root / folder).mkdir()
    for path, content in files["written"]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    mounts.fill_root(str(root), files["binds"], files["links"])
    no_programs = mounts.MS_NOSUID | mounts.MS_NODEV | mounts.MS_NOEXEC
    mounts.mount("proc", str(root / "proc"), "proc", no_programs)
    for path in (root / "proc" / name for name in MACHINE):
        if path.exists():
            mounts.bind(str(path), str(path))
    mounts.mount_temporary(str(root / "tmp"), tmp_bytes)
    mounts.enter_root(str(root))
