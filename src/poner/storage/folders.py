"""Replaces a folder in one step: at every moment either the old or the new folder is there.

With renameat2 (Linux 3.15 and later, on most filesystems) the two folders change places. Without
it, the old folder is moved aside first; if the process is killed between the two renames, the next
command that reads or writes in that place puts the old folder back (`leftovers.sweep`).
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from poner.storage.files import keep_mode, make_folder_durable, write_new
from poner.storage.leftovers import begin, end_folder, sweep
from poner.storage.listing import hash_file

_AT_CURRENT_FOLDER = -100  # AT_FDCWD, linux/fcntl.h
_EXCHANGE = 2  # RENAME_EXCHANGE, linux/fs.h
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV})

ListingOf = Callable[[Path], Mapping[str, str]]
"""The SHA-256 of each file of a folder, by path; raises if the folder must not be replaced."""


def followed(folder: Path) -> Path:
    """The real path of a folder, with links followed; the folder need not exist.

    Raises:
        OSError: links form a circle, or the folder is the current folder of this process.
    """
    target = Path(os.path.realpath(folder))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
    if target == Path(os.path.realpath(os.curdir)):
        raise OSError(errno.EBUSY, "It is the current folder", str(folder))
    return target


def restore(folder: Path) -> None:
    """Put back a folder that a killed replacement had moved aside."""
    target = Path(os.path.realpath(folder))
    if not os.path.lexists(target):
        sweep(target.parent)


def exchange_folders(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False if this system cannot.

    Raises:
        OSError: one of them may not be moved.
    """
    rename = _renameat2()
    if rename is None:
        return False
    places = (_AT_CURRENT_FOLDER, os.fsencode(one), _AT_CURRENT_FOLDER, os.fsencode(other))
    if rename(*places, _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


@functools.cache
def _renameat2() -> Callable[..., int] | None:
    """The C library's renameat2; None if it has none."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return None
    place, path = ctypes.c_int, ctypes.c_char_p
    library.renameat2.argtypes = (place, path, place, path, ctypes.c_uint)
    return library.renameat2


def replace_folder(
    folder: Path,
    files: Mapping[str, bytes | Path],
    listing_of: ListingOf,
    *,
    exchange: Callable[[Path, Path], bool] = exchange_folders,
) -> None:
    """Write files into a new folder, which then replaces an existing folder.

    Args:
        folder: the folder to make or replace; a link stays a link, and its target is replaced.
        files: by path within the folder: their content, or a file to copy.
        listing_of: lists the existing folder before the replacement, and once more after it, since
            another program may have added a file meanwhile. Only listed files that still have the
            listed bytes are removed.
        exchange: `exchange_folders`.

    Raises:
        OSError: a file cannot be written, or the folder cannot be moved; the old folder is
            unchanged.
    """
    folder = followed(folder)
    scratch = begin(folder.parent)
    new, old = scratch.work / "new", scratch.work / "old"
    try:
        listing = _write_files(new, files)
        if os.path.lexists(folder):
            listing += map(list, listing_of(folder).items())
            keep_mode(folder, new)
        scratch.write_record({"kind": "folder", "name": folder.name, "listing": listing})
    except BaseException:
        scratch.remove()
        raise
    try:
        if not os.path.lexists(folder):
            new.rename(folder)
        elif exchange(new, folder):
            _check_again(new, listing_of, listing, lambda: exchange(new, folder))
        else:
            _change_in_two_steps(new, folder, old)
            _check_again(old, listing_of, listing, lambda: (folder.rename(new), old.rename(folder)))
        make_folder_durable(folder.parent)
    finally:
        end_folder(scratch, folder.name, listing)


def _check_again(
    old: Path,
    listing_of: ListingOf,
    listing: list[list[str]],
    put_back: Callable[[], object],
) -> None:
    """List the old folder again after the replacement; put it back if it must not be removed."""
    try:
        listing += map(list, listing_of(old).items())
    except BaseException:
        put_back()
        raise


def _change_in_two_steps(new: Path, folder: Path, old: Path) -> None:
    """Move the old folder aside and the new one in; on failure move the old one back."""
    folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if not os.path.lexists(folder):
            old.rename(folder)
        raise


def _write_files(folder: Path, files: Mapping[str, bytes | Path]) -> list[list[str]]:
    """Write the files, and list them: path and SHA-256."""
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, content)
    for place in {folder, *((folder / name).parent for name in files)}:
        make_folder_durable(place)
    return [[name, hash_file(folder / name) or ""] for name in files]
