"""Namespaces and mounts: a user, processes and files of the sandbox's own."""

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
"""Who the function is; only that it is not root is recorded (L51)."""

MACHINE = ("bus", "irq", "sys", "sysrq-trigger")
"""What of /proc is the machine's, which root could write to even here."""


def become_subreaper() -> None:
    """Be the parent of whatever loses its own among what is started from here (prctl(2)).

    Raises:
        OSError: never on Linux 3.4 and later.
    """
    set_process_option(PR_SET_CHILD_SUBREAPER, 1)


def enter_processes() -> None:
    """Go on as process 1 of new namespaces, and as the user the function is to be.

    Raises:
        OSError: they are not to be had here.
    """
    enter_namespaces(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC, USER_ID, GROUP_ID)
    if os.fork() != 0:
        os._exit(0)  # what is unshared is where the next child lives


def leave_abstract_sockets() -> None:
    """Reach no abstract UNIX socket of this machine, such as its D-Bus, where Landlock has that.

    They belong to the network, which is this machine's.

    Raises:
        OSError: never on Linux 3.5 and later.
    """
    set_process_option(PR_SET_NO_NEW_PRIVS, 1)
    landlock.keep_from_abstract_sockets(LIBC)


def enter_files(files: dict[str, Any], tmp_bytes: int) -> None:
    """Leave this machine's files for those of the plan, read-only but for /tmp.

    Raises:
        OSError: it is not allowed here.
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
