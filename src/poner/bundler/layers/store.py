"""What is kept in poner's cache: files that are whole or not there, and records that say so.

A file is written beside its place and renamed. A record carries its own hash, so that a damaged
one counts as none, and whatever it was about is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from poner.errors import BundleError


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes its place when all is written and is gone otherwise.

    Raises:
        BundleError: the disk is full or the folder cannot be written.
    """
    with disk_faults(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


def copy_file(source: Path, path: Path) -> None:
    """Put a copy of a file at a place, replacing what is there."""
    with writing(path) as file, source.open("rb") as content:
        shutil.copyfileobj(content, file)


def write_record(path: Path, value: Any) -> None:
    """Keep a value as JSON."""
    text = json.dumps(value, separators=(",", ":")).encode()
    with writing(path) as file:
        file.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)


def read_record(path: Path) -> Any | None:
    """The value that was kept; None where there is none, or it is damaged."""
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest.decode("ascii", "replace") != hashlib.sha256(text).hexdigest():
        return None
    return json.loads(text)


def hash_file(path: Path) -> str | None:
    """SHA-256 of a file, in hexadecimal; None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def make_key(*parts: Any) -> str:
    """A name for what these values decide, the same on every machine."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@contextmanager
def scratch_folder(cache: Path) -> Iterator[Path]:
    """A folder to work in, on the same disk as the cache, gone afterwards."""
    with disk_faults(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="scratch-", dir=cache) as name:
            yield Path(name)


@contextmanager
def disk_faults(folder: Path) -> Iterator[None]:
    """What the disk refuses, in two sentences.

    Raises:
        BundleError: for every OSError.
    """
    try:
        yield
    except OSError as error:
        raise BundleError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Free some space, or choose another folder: with --out, or for what poner keeps with "
            "PONER_CACHE_DIR.",
        ) from error
