"""Scratch folders, in which poner prepares files before it puts them in place.

    .poner-scratch-k3v9x_2a/     beside the target; without the dot among temporary files
        .lock                    held by the process that made the folder, until the process ends
        record.json              the replacement, once all its files are ready; see leftovers.py
        work/                    the files that are being made

A process takes the lock before it puts anything else into the folder. If another process can take
the lock, nobody uses the folder.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poner.storage import locks

NAME = re.compile(r"\.?poner-scratch-[a-z0-9_]{8}")
MARK = b"A scratch folder of poner's, which removes it once no process uses it.\n"
_LOCK, _RECORD, _WORK = ".lock", "record.json", "work"
_ATTEMPTS = 100
_OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_OPEN |= getattr(os, "O_NONBLOCK", 0)  # a pipe in the lock's place would wait for its writer


@dataclass(frozen=True)
class Scratch:
    """A scratch folder whose lock this process holds."""

    folder: Path
    """Its path."""
    lock: int
    """Descriptor of its lock file."""
    process: int
    """The process that holds the lock: a child that it forks must not remove the folder."""

    @property
    def work(self) -> Path:
        """The folder to work in."""
        return self.folder / _WORK

    def write_record(self, record: Any) -> None:
        """Write down what is being replaced, for the process that may have to finish it.

        Raises:
            OSError: the record cannot be written.
        """
        beside = self.folder / f"{_RECORD}.new"
        with beside.open("w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.folder / _RECORD)

    def read_record(self) -> Any | None:
        """The record of what was being replaced; None if there is none yet."""
        try:
            return json.loads((self.folder / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None

    def remove(self) -> None:
        """Remove the folder. If a part cannot be removed, the lock stays for the next sweep."""
        if self.process != os.getpid():
            return
        if os.name == "nt":  # Windows cannot remove an open file, and has no sweeps
            self.release()
        try:
            with contextlib.suppress(OSError):  # the next sweep tries again
                self._empty()
        finally:
            if os.name != "nt":
                self.release()

    def _empty(self) -> None:
        remove_tree(self.work)
        rest = {path.name for path in self.folder.iterdir()} - {_LOCK}
        if rest <= {_RECORD, f"{_RECORD}.new"}:
            for name in sorted(rest):
                (self.folder / name).unlink()
            (self.folder / _LOCK).unlink()
            self.folder.rmdir()

    def release(self) -> None:
        """Unlock the folder, so that the next sweep can remove it."""
        os.close(self.lock)


def make_scratch(parent: Path | None) -> Scratch:
    """Make a scratch folder in a folder that exists; None stands for the folder of temporary files.

    Raises:
        OSError: the scratch folder cannot be made.
    """
    prefix = "poner-scratch-" if parent is None else ".poner-scratch-"
    for _ in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = _make_lock(folder)
        except FileNotFoundError:
            continue  # swept in the moment before its lock was taken
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if lock is None:
            continue
        scratch = Scratch(folder, lock, os.getpid())
        try:
            scratch.work.mkdir()
        except BaseException:
            scratch.remove()
            raise
        return scratch
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(parent))


def _make_lock(folder: Path) -> int | None:
    """The lock of a new folder; None if another process is removing the folder."""
    path = folder / _LOCK
    lock = os.open(path, _OPEN | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        locks.take(lock)  # may fail where there are no locks: then nobody can sweep, either
        os.write(lock, MARK)
        if _is_at(lock, path):
            return lock
    except BaseException:
        os.close(lock)
        raise
    os.close(lock)
    return None


def take_over(folder: Path) -> Scratch | None:
    """The scratch folder of a process that has ended; None for any other folder.

    Raises:
        OSError: the folder cannot be read.
    """
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or not _is_own(status):
        return None
    try:
        lock = os.open(folder / _LOCK, _OPEN)
    except FileNotFoundError:
        if stat.S_IMODE(status.st_mode) == 0o700:  # as it was made
            folder.rmdir()  # refused unless it is empty
        return None
    if _is_free(lock, folder):
        return Scratch(folder, lock, os.getpid())
    os.close(lock)
    return None


def _is_free(lock: int, folder: Path) -> bool:
    """Take a lock file; false unless poner made it and no other process holds it."""
    status = os.fstat(lock)
    if not stat.S_ISREG(status.st_mode) or not _is_own(status):
        return False
    if not locks.take(lock) or not _is_at(lock, folder / _LOCK):
        return False
    said = os.read(lock, len(MARK) + 1)
    return said == MARK or (
        MARK.startswith(said) and [path.name for path in folder.iterdir()] == [_LOCK]
    )


def _is_own(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def remove_tree(folder: Path) -> None:
    """Remove one of poner's own folders with all its content, including read-only folders.

    Links are removed, but not followed. A folder that a process still writes to may stay.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    for root, names, _ in os.walk(folder):
        for path in (Path(root, name) for name in names):
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
