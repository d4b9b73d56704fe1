"""Lists the members of a zip or folder (the code or a layer) before any of them is written."""

from __future__ import annotations

import calendar
import contextlib
import functools
import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from poner.errors import EmulatorError

DEFAULT_MODE = stat.S_IFREG | 0o644
"""Mode of a file whose zip entry has none (the zip was not made on Unix)."""

DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)
"""What zipfile raises for a damaged zip, or for an unsupported compression."""


@dataclass(frozen=True)
class Member:
    """A file, a folder or a symbolic link."""

    origin: Path
    """The zip or folder that holds it."""
    path: PurePosixPath
    """Path within the zip or folder."""
    size_bytes: int
    """Unpacked size."""
    mode: int
    """Kind and permissions, as in st_mode."""
    modified_s: float
    """Time of the last change, in seconds since 1970; a zip's times are read as UTC."""
    open: Callable[[], IO[bytes]]
    """Opens the file's content, or the link's target as text; not for folders."""


@contextlib.contextmanager
def members_of(origin: Path) -> Iterator[list[Member]]:
    """The members of a zip or folder; they can be opened while the block runs.

    Raises:
        EmulatorError: `origin` is missing or unreadable, or a member's path leads out of it.
    """
    if origin.is_dir():
        yield _members_of_folder(origin)
    elif origin.is_file():
        with unreadable_is_refused(origin):
            archive = zipfile.ZipFile(origin)
        with archive:
            with unreadable_is_refused(origin):
                members = [_member_of_zip(origin, archive, one) for one in archive.infolist()]
            yield members
    else:
        raise EmulatorError(
            f"There is no zip and no folder at {origin}.",
            "Check the path: it names the function's code or one of its layers.",
        )


@contextlib.contextmanager
def unreadable_is_refused(origin: Path) -> Iterator[None]:
    """Turn errors of reading a zip or folder into an EmulatorError that names it."""
    try:
        yield
    except OSError as error:
        raise EmulatorError(
            f"{origin} could not be unpacked: {error}.",
            "Leave out files that cannot be read, and check that the disk has room.",
        ) from error
    except DAMAGE as error:
        raise EmulatorError(
            f"{origin} is not a zip that can be unpacked: {error}.", "Make the zip anew."
        ) from error


def _member_of_zip(origin: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
        raise EmulatorError(
            f"{origin} holds the entry {entry.filename!r}, which leads out of its folder.",
            "Do not run it: make the zip anew from files you trust.",
        )
    if not entry.filename:
        raise ValueError("an entry has no name")
    mode = entry.external_attr >> 16
    if entry.is_dir():
        mode = stat.S_IFDIR
    elif not stat.S_ISLNK(mode):
        mode = stat.S_IFREG | (stat.S_IMODE(mode) or DEFAULT_MODE)
    year, month, *rest = entry.date_time
    month = min(max(month, 1), 12)  # a zip without times has month 0
    modified_s = calendar.timegm((year, month, *rest, 0, 0, 0))
    opener = functools.partial(archive.open, entry)
    path = PurePosixPath(entry.filename)
    return Member(origin, path, entry.file_size, mode, modified_s, opener)


def _members_of_folder(origin: Path) -> list[Member]:
    """Every file and folder below a folder, links followed: the content of a zip of it."""
    members: list[Member] = []
    with unreadable_is_refused(origin):
        for path in _below(origin):
            status = path.stat()
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                raise OSError(f"{path} is neither a file nor a folder")
            size_bytes = status.st_size if stat.S_ISREG(status.st_mode) else 0
            members.append(
                Member(
                    origin,
                    PurePosixPath(path.relative_to(origin)),
                    size_bytes,
                    status.st_mode,
                    status.st_mtime,
                    functools.partial(io.FileIO, path),
                )
            )
    return members


def _below(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield Path(entry.path)
            if entry.is_dir():
                yield from _below(Path(entry.path))
