"""Turns errors of the disk into messages of two sentences."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from poner.errors import PonerError, StorageError

FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Numbers of the system errors for a full disk, an exceeded quota and a too large file."""

_TEMPORARY_REMEDY = "Free some space there, or name another folder for them with TMPDIR."


def explain(error: OSError) -> str:
    """The system's reason, without a path."""
    return error.strerror or str(error)


@contextmanager
def disk_faults(what: object, remedy: str, kind: type[PonerError] = StorageError) -> Iterator[None]:
    """Turn an OSError into an error of poner.

    Args:
        what: the thing that is written, such as a path, as the subject of the message.
        remedy: the hint: what the user can do.
        kind: class of the error.

    Raises:
        StorageError, or `kind`: for every OSError.
    """
    try:
        yield
    except OSError as error:
        raise kind(f"{what} cannot be written: {explain(error)}.", remedy) from error


@contextmanager
def temporary_faults() -> Iterator[None]:
    """Turn a full disk into an error that names TMPDIR; for blocks that write temporary files.

    Raises:
        StorageError: there is no room, or no folder for temporary files.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        raise StorageError(
            f"Temporary files cannot be written to {tempfile.gettempdir()}: {explain(error)}.",
            _TEMPORARY_REMEDY,
        ) from error


def no_temporary_folder(error: OSError) -> StorageError:
    """The error for a system without a usable folder for temporary files."""
    place = tempfile.tempdir or "any of the usual folders"
    return StorageError(
        f"Temporary files cannot be written to {place}: {explain(error)}.", _TEMPORARY_REMEDY
    )
