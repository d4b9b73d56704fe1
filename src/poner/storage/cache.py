"""Lists the entries of the cache with their sizes, and removes old entries.

An entry is a folder or a file of one of the kinds below. A process that uses an entry holds it
(`hold`), so that no other process removes it meanwhile; the time of its last use is the time of
its folder. Windows has no such locks: there only the time protects an entry.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from poner.storage import locks
from poner.storage.leftovers import scratch_folder
from poner.storage.places import cache_folder

KINDS = {
    "environments": re.compile(r"python3\.\d+-[0-9a-f]{16}"),
    "libraries": re.compile(r".+-[0-9a-f]{32}"),
    "layers": re.compile(r"[0-9a-f]{32}"),
    "resolutions": re.compile(r"[0-9a-f]{32}\.json"),
    "proofs": re.compile(r"[0-9a-f]{32}\.json"),
    "faults": re.compile(r"\d{8}T\d{12}Z\.txt"),
}
"""The kinds of entries: each has a folder of the cache, and names that poner gives its entries."""

_DAY_S = 86_400
_held: dict[Path, int] = {}
"""Descriptors that hold entries until this process ends, by the entry's path."""


@dataclass(frozen=True)
class Entry:
    """One entry of the cache."""

    kind: str
    """One of KINDS."""
    path: Path
    """Its folder or file."""
    size_bytes: int
    """Sum of the sizes of its files; a file that has several names counts once in the cache."""
    unused_days: float
    """Days since it was used last; files count from when they were written."""


def hold(path: Path) -> bool:
    """Mark an entry as used now, and keep it from being removed while this process lives.

    Returns:
        Whether there is such an entry.
    """
    if path not in _held:
        flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            return False
        except OSError:  # Windows opens no folders
            return path.exists()
        if not locks.share(descriptor, path):
            os.close(descriptor)
            return False
        _held[path] = descriptor
    with contextlib.suppress(OSError):  # another user's cache, which this user may only read
        os.utime(path)
    return path.exists()


def list_entries() -> tuple[Entry, ...]:
    """The entries of the cache by kind, the longest unused first."""
    now = time.time()
    seen: set[tuple[int, int]] = set()
    entries = []
    for kind, pattern in KINDS.items():
        for path in _children(cache_folder() / kind):
            if pattern.fullmatch(path.name) and not path.is_symlink():
                with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                    days = max(0.0, now - path.stat().st_mtime) / _DAY_S
                    entries.append(Entry(kind, path, _size(path, seen), days))
    return tuple(sorted(entries, key=lambda entry: (entry.kind, -entry.unused_days)))


def prune(unused_days: float) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Remove entries that nobody has used for so many days.

    Returns:
        The entries that were removed, and those that stay because a process uses them.

    Raises:
        OSError: the cache cannot be written.
    """
    removed: list[Entry] = []
    used: list[Entry] = []
    for entry in list_entries():
        if entry.unused_days >= unused_days:
            (removed if _remove(entry.path) else used).append(entry)
    return tuple(removed), tuple(used)


def _remove(path: Path) -> bool:
    """Remove an entry, unless a process holds it."""
    with contextlib.ExitStack() as stack:
        if os.name != "nt":
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            if not locks.take(descriptor):
                return False
        scratch = stack.enter_context(scratch_folder(path.parent))
        path.rename(scratch / path.name)
    return True


def _children(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        yield from sorted(folder.iterdir())


def _size(path: Path, seen: set[tuple[int, int]]) -> int:
    """The sum of the sizes of files that are not `seen` yet; links are not followed."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    folders = [os.fspath(path)]
    while folders:
        with contextlib.suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
                if status.st_nlink > 1 and (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                total += status.st_size
    return total
