"""Compares the content of a folder with a listing: SHA-256 by path, with / between folders."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

ABSENT = "absent"
"""Stands for the hash of a missing file."""
_NO_FILE = "no file"
_MOST_NAME_LENGTH = 80


def hash_file(path: Path) -> str | None:
    """SHA-256 of a file, in hexadecimal; None if the file is missing or unreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def fingerprint_of(path: Path) -> str:
    """SHA-256 of a regular file, ABSENT for none, or for anything else a word that is no hash.

    Only regular files are opened, and links are not followed.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return ABSENT
    except OSError:
        return _NO_FILE
    return (hash_file(path) if stat.S_ISREG(mode) else None) or _NO_FILE


def name_some(names: Sequence[str], most: int = 5) -> str:
    """A few of many names for a sentence: `a, b and 3 others`."""
    shown = ", ".join(map(_printable, names[:most]))
    more = len(names) - most
    return shown if more <= 0 else f"{shown} and {more:,} other{'s' if more > 1 else ''}"


def _printable(name: str) -> str:
    """A name that fits a line, with unprintable characters escaped."""
    text = "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name
    )
    return text if len(text) <= _MOST_NAME_LENGTH else text[: _MOST_NAME_LENGTH - 3] + "..."


def is_hash(fingerprint: str) -> bool:
    """Whether a fingerprint is a file's hash."""
    return fingerprint not in (ABSENT, _NO_FILE)


def others_in(folder: Path, listing: Mapping[str, str]) -> list[str]:
    """Paths in a folder that a listing lacks, sorted; a folder's path ends with /.

    A file with other bytes than the listed ones counts, as do links, pipes and the like. A folder
    without a listed file counts as a whole, and is not read.

    Raises:
        OSError: a folder cannot be read.
    """
    listed = {path: {digest} for path, digest in listing.items()}
    return sorted(_others(folder, "", listed))


def discard(folder: Path, listed: Mapping[str, Set[str]]) -> bool:
    """Remove the files whose bytes are listed, and empty folders; True if nothing is left.

    All other files stay.
    """
    with contextlib.suppress(OSError):
        _discard(folder, "", listed)
    return not os.path.lexists(folder)


def _others(folder: Path, prefix: str, listed: Mapping[str, Set[str]]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            if not entry.is_dir(follow_symlinks=False):
                if fingerprint_of(Path(entry.path)) not in listed.get(path, ()):
                    yield path
            elif any(name.startswith(f"{path}/") for name in listed):
                yield from _others(Path(entry.path), f"{path}/", listed)
            else:
                yield f"{path}/"


def _discard(folder: Path, prefix: str, listed: Mapping[str, Set[str]]) -> None:
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        path = prefix + entry.name
        if not entry.is_dir(follow_symlinks=False):
            if fingerprint_of(Path(entry.path)) in listed.get(path, ()):
                Path(entry.path).unlink()
        elif any(name.startswith(f"{path}/") for name in listed):
            with contextlib.suppress(OSError):
                _discard(Path(entry.path), f"{path}/", listed)
    folder.rmdir()  # refused unless it is empty
