"""Finds what killed processes left behind, and finishes or removes it.

A scratch folder that nobody uses is removed. Where its record says that something was being
replaced, the replacement is brought to an end first:

- `files`: those that are not in place yet are put there, if what they replace is unchanged.
- `folder`: the old folder goes back where there is none, and is removed where there is a new one.

What is removed of a folder that was replaced are files whose bytes the record lists, and nothing
else.
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
    """A folder to work in, gone afterwards; if the process is killed, the next one removes it.

    Args:
        parent: where it is made, and made first if need be; None for temporary files.

    Raises:
        StorageError: there is no place for temporary files.
        OSError: it cannot be made in `parent`.
    """
    scratch = begin(parent) if parent is not None else _begin_temporary()
    try:
        yield scratch.work
    finally:
        scratch.remove()


def begin(parent: Path) -> Scratch:
    """Sweep a folder, and make a scratch folder in it.

    Raises:
        OSError: it cannot be made.
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
    """Finish or remove what ended processes left in a folder; whatever resists stays."""
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
    """Put the files in place that are not yet, as far as what they replace is unchanged."""
    for name in after:
        if _is_plain(name) and fingerprint_of(scratch.folder.parent / name) == before.get(name):
            with contextlib.suppress(OSError):
                put_file(scratch, name, after[name])


def put_file(scratch: Scratch, name: str, digest: str) -> None:
    """Put one file of a replacement in place, or remove the one that is there.

    Raises:
        OSError: the system refuses.
    """
    target = scratch.folder.parent / name
    if digest == ABSENT:
        target.unlink(missing_ok=True)
    elif fingerprint_of(scratch.work / name) == digest:
        (scratch.work / name).replace(target)


def end_folder(scratch: Scratch, name: str, listing: list[Any]) -> None:
    """Put the old folder back where there is none, and remove what is listed of the rest.

    Where anything else is found, the scratch folder stays.
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
            part.chmod(0o700)  # a read-only folder lets nothing in it be removed
        gone.append(discard(part, listed))
    if all(gone):
        scratch.remove()
    else:
        scratch.release()


def _is_plain(name: str) -> bool:
    """Whether a name leads to a place in the same folder."""
    return name not in ("", "..") and Path(name).name == name and "\0" not in name
