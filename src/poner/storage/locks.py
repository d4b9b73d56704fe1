"""Locks that end with their process, however that ends.

They are flock's: they belong to an open file, so a child that a process forks holds them, too, and
programs that it starts do not (Linux manual, flock(2)). No process number is kept anywhere, so one
that is used again does no harm. Windows has no such locks: there two processes may do the same
work, and nothing is swept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take(descriptor: int, *, wait: bool = False) -> bool:
    """Lock an open file; False where another process holds it, or locks are not to be had."""
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

    A process that has `take`n it is about to remove it.
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
    """Wait until no other process is in this block for the same lock file.

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
