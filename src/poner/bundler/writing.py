"""Puts a Bundle's files where they belong: all of the new ones, or still all of the old."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from poner.bundle import is_bundle
from poner.errors import BundleError


def check_replaceable(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a Bundle.

    Raises:
        BundleError: it is a file, or a folder with other things in it.
    """
    if not folder.exists() or is_bundle(folder):
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise BundleError(
            f"{folder} exists and is not a bundle, so it is not replaced.",
            "Give another folder with --out.",
        )


def write_folder(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write the files into a folder of that name, replacing the Bundle that was there.

    Args:
        folder: made, or replaced.
        files: by path within the folder: their content, or a file to copy.

    Raises:
        BundleError: the disk is full or the place cannot be written; the old Bundle is untouched.
    """
    check_replaceable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    new, old = scratch / "new", scratch / "old"
    try:
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, path)
            else:
                path.write_bytes(content)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        if old.exists() and not folder.exists():  # also where it was interrupted in between
            old.rename(folder)
        shutil.rmtree(scratch, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> BundleError:
    return BundleError(
        f"The bundle could not be written to {folder}: {error.strerror}.",
        "Free some space or give another folder with --out; what was there is untouched.",
    )
