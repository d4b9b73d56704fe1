"""Values kept in the cache; each record holds its own hash, so a damaged one is ignored."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from poner.storage.files import write_file


def write_record(path: Path, value: Any, *, private: bool = False) -> None:
    """Keep a value as JSON.

    Args:
        path: the file for the record.
        value: a value that JSON can express.
        private: whether only the owner may read the file.

    Raises:
        OSError: the record cannot be written.
    """
    text = json.dumps(value, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest().encode()
    write_file(path, digest + b"\n" + text, private=private, durable=False)


def read_record(path: Path) -> Any | None:
    """The value of a record; None if the record is missing or damaged."""
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest.decode("ascii", "replace") != hashlib.sha256(text).hexdigest():
        return None
    return json.loads(text)


def make_key(*parts: Any) -> str:
    """A name for a record that depends on these values only; the same on every machine."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
