"""Finds the scratch folders of killed processes, and finishes or removes their work.

A scratch folder that no process uses is removed. If its record describes a replacement, that is
finished first:

- `files`: new files that are not in place yet are moved there, if the old files are unchanged.
- `folder`: the old folder is put back if no new folder is in its place; otherwise it is removed.

Of a replaced folder, only files whose bytes the record lists are removed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from poner.storage.faults import no_temporary_folder
from poner.storage.listing import ABSENT, discard, fingerprint_of
from poner.storage.scratch import NAME, Scratch, make_scratch, take_over


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder to work in, removed afterwards; if this process is killed, the next removes it.

    Args:
        parent: folder in which it is made; it need not exist. None for the temporary files.

    Raises:
        StorageError: there is no place for temporary files.
        OSError: the folder cannot be made in `parent`.
    """
    scratch = begin(parent) if parent is not None else _begin_temporary()
    try:
        yield scratch.work
    finally:
        scratch.remove()


def begin(parent: Path) -> Scratch:
    """Sweep a folder, and make a scratch folder in it.

    Raises:
        OSError: the scratch folder cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    return make_scratch(parent)


def _begin_temporary() -> Scratch:
    try:
        sweep(Path(tempfile.gettempdir()))
        return make_scratch(None)
    except OSError as error:
        raise no_temporary_folder(error) from error


def sweep(folder: Path) -> None:
    """Finish or remove the scratch folders of ended processes in a folder, where possible."""
    with contextlib.suppress(OSError):
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if NAME.fullmatch(entry.name)]
        for path in sorted(found):
            with contextlib.suppress(OSError):
                scratch = take_over(path)
                if scratch is not None:
                    _end(scratch)


def _end(scratch: Scratch) -> None:
    match scratch.read_record():
        case {"kind": "files", "before": dict() as before, "after": dict() as after}:
            _finish_files(scratch, before, after)
            scratch.remove()
        case {"kind": "folder", "name": str() as name, "listing": list() as listing}:
            end_folder(scratch, name, listing)
        case _:
            scratch.remove()


def _finish_files(scratch: Scratch, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Put the remaining new files in place if the old files are unchanged."""
    for name in after:
        if _is_plain(name) and fingerprint_of(scratch.folder.parent / name) == before.get(name):
            with contextlib.suppress(OSError):
                put_file(scratch, name, after[name])


def put_file(scratch: Scratch, name: str, digest: str) -> None:
    """Put one new file of a replacement in place, or remove the old file.

    Raises:
        OSError: the system refuses.
    """
    target = scratch.folder.parent / name
    if digest == ABSENT:
        target.unlink(missing_ok=True)
    elif fingerprint_of(scratch.work / name) == digest:
        (scratch.work / name).replace(target)


def end_folder(scratch: Scratch, name: str, listing: list[Any]) -> None:
    """Put the old folder back if its place is empty, and remove the listed files of the rest.

    The scratch folder stays if it holds any other file.
    """
    target, old = scratch.folder.parent / name, scratch.work / "old"
    if _is_plain(name) and old.is_dir() and not os.path.lexists(target):
        with contextlib.suppress(OSError):
            old.rename(target)
    listed: dict[str, set[str]] = {}
    for entry in listing:
        match entry:
            case [str() as path, str() as digest]:
                listed.setdefault(path, set()).add(digest)
    gone = []
    for part in (old, scratch.work / "new"):
        with contextlib.suppress(OSError):
            part.chmod(0o700)  # files in a read-only folder cannot be removed
        gone.append(discard(part, listed))
    if all(gone):
        scratch.remove()
    else:
        scratch.release()


def _is_plain(name: str) -> bool:
    """Whether a name is the name of an entry of the same folder, without a path."""
    return name not in ("", "..") and Path(name).name == name and "\0" not in name
