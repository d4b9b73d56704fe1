"""Writes whole files: into a scratch folder beside the target first, then renamed to the target."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from poner.errors import StorageError
from poner.storage.leftovers import begin, put_file
from poner.storage.listing import ABSENT, fingerprint_of
from poner.storage.scratch import Scratch

_SMALL_BYTES = 65_536
"""Bytes to read of a file whose size the system does not know, such as one under /proc."""

_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags for opening a file. Without them, a pipe would wait for its writer, and Windows would
change line ends."""

_NO_FOLDERS = frozenset({errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP})
"""Errors of filesystems that cannot flush a folder to the disk."""


def read_file(path: Path, most_bytes: int) -> bytes:
    """The bytes of a regular file; a link is followed, and neither a pipe nor a device is read.

    Raises:
        OSError: it cannot be read, is not a regular file, or has more bytes (EFBIG).
    """
    descriptor = os.open(path, os.O_RDONLY | _WITHOUT_WAITING)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file", str(path))
        content = file.read(max(0, min(most_bytes, max(status.st_size, _SMALL_BYTES))) + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"It has more than {most_bytes:,} bytes", str(path))
    return content


@contextmanager
def writing(path: Path, *, private: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write. It replaces the target at the end of the block; an error removes it.

    A link stays a link: the file behind it is replaced. The new file gets the mode of the old one.

    Args:
        path: the target; its folder is made if it does not exist.
        private: whether only the owner may read the file (mode 0600).
        durable: whether the file must survive a power cut.

    Raises:
        OSError: the file cannot be written, or the target is not a regular file.
    """
    target = Path(os.path.realpath(path))
    _require_file(target)
    scratch = begin(target.parent)
    try:
        beside = scratch.work / "file"
        with beside.open("xb") as file:
            if private:
                beside.chmod(0o600)
            else:
                keep_mode(target, beside)
            yield file
            if durable:
                make_durable(file)
        beside.replace(target)
    finally:
        scratch.remove()


def _require_file(path: Path) -> None:
    """Refuse to replace a folder, a device or a pipe."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(errno.EEXIST, "Something that is not a file is there", str(path))


def write_file(path: Path, content: bytes, *, private: bool = False, durable: bool = True) -> None:
    """Write a file, whole or not at all; see `writing`."""
    with writing(path, private=private, durable=durable) as file:
        file.write(content)


def copy_file(source: Path, path: Path) -> None:
    """Put a copy of a file at a place, replacing what is there; see `writing`."""
    with writing(path) as file, source.open("rb") as content:
        shutil.copyfileobj(content, file)


def place_new_file(source: Path, path: Path) -> None:
    """Move a file to a free place on the same disk.

    Raises:
        FileExistsError: the place is taken; its file stays.
        OSError: the system refuses.
    """
    try:
        os.link(source, path)  # unlike a rename, this never replaces
    except FileExistsError:
        raise
    except OSError:  # some filesystems have no links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        source.rename(path)
        return
    source.unlink()


def fingerprint(folder: Path, name: str) -> str:
    """For `replace_files`: SHA-256 of the file of a name in a folder, ABSENT, or another word."""
    return fingerprint_of(folder / name)


def replace_files(
    folder: Path, files: Mapping[str, bytes | Path | None], before: Mapping[str, str]
) -> None:
    """Replace files that belong together, in their order.

    If the process is killed between two files, the next command in this folder replaces the rest,
    unless they have changed in the meantime. Until then, the first file must show readers that the
    others do not match it.

    Args:
        folder: the folder; made if it does not exist.
        files: by name: the content, a file to copy, or None to remove the present file.
        before: `fingerprint` of each name when the caller decided that it may be replaced.

    Raises:
        StorageError: another program has changed a file.
        OSError: the system refuses.
    """
    scratch = begin(folder)
    try:
        after = {name: _write_beside(scratch, name, content) for name, content in files.items()}
        scratch.write_record({"kind": "files", "before": dict(before), "after": after})
        for name, digest in after.items():
            if fingerprint_of(folder / name) != before[name]:
                raise StorageError(
                    f"{folder / name} was changed by another program just now.",
                    "Look at what is there, then try again.",
                )
            put_file(scratch, name, digest)
        make_folder_durable(folder)
    finally:
        scratch.remove()


def _write_beside(scratch: Scratch, name: str, content: bytes | Path | None) -> str:
    """Write one of the new files, and return its fingerprint."""
    if content is None:
        return ABSENT
    path = scratch.work / name
    write_new(path, content)
    keep_mode(scratch.folder.parent / name, path)
    return fingerprint_of(path)


def write_new(path: Path, content: bytes | Path) -> None:
    """Write or copy a new file, and wait until it is on the disk."""
    if isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        path.write_bytes(content)
    with path.open("rb+") as file:  # Windows flushes only files that are open for writing
        os.fsync(file.fileno())


def keep_mode(target: Path, beside: Path) -> None:
    """Give a new file or folder the mode of the one it replaces, if there is one."""
    with contextlib.suppress(OSError):  # some filesystems know no modes
        beside.chmod(stat.S_IMODE(target.stat().st_mode))


def make_durable(file: BinaryIO) -> None:
    """Wait until a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def make_folder_durable(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where folders can be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDERS:
            raise
    finally:
        os.close(descriptor)
