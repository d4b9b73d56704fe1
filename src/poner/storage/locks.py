"""Locks that end with their process, whichever way the process ends.

These are locks of flock(2). They belong to an open file: a forked child holds them too, but a
program that the process starts does not (Linux manual). No process id is stored, so the reuse of
ids does no harm. Windows has no such locks: two processes may do the same work, and leftovers stay.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take(descriptor: int, *, wait: bool = False) -> bool:
    """Lock an open file; False if another process holds the lock or the system has no locks."""
    if sys.platform == "win32":
        return wait
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # some network filesystems have no locks
        return False
    return True


def share(descriptor: int, path: Path) -> bool:
    """Lock an open file or folder together with others; False if it is no longer at `path`.

    A process that holds the lock of `take` is about to remove the file.
    """
    if sys.platform == "win32":
        return path.exists()
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits until a removal is done
    except OSError:  # some network filesystems have no locks
        return path.exists()
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Run a block while no other process runs a block with the same lock file.

    Raises:
        OSError: the lock file cannot be made.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        take(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)
