"""Writes a Bundle's folder as a whole: afterwards it holds all new files, or still all old ones.

A folder is replaced only if `poner build` wrote everything in it: its manifest.json lists these
files with their hashes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poner.bundle import FUNCTION_ZIP, MANIFEST_NAME, MOST_MANIFEST_BYTES
from poner.errors import BundleError
from poner.storage import disk_faults, followed, name_some, others_in, replace_folder

_REMEDY = "Give another folder with --out, or free some space; nothing was replaced."
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LAYER = re.compile(r"layers/[A-Za-z0-9_-]{1,200}\.zip")
_PARTS = ("settings", "signature", "provenance", "parity", "verification")
"""Objects in the manifest of every version of poner."""


def check_replaceable(folder: Path) -> None:
    """Check that a folder is absent, empty, or an unchanged Bundle of `poner build`.

    Raises:
        BundleError: it is a file, or a folder with other files; names them.
    """
    with disk_faults(folder, _REMEDY, BundleError):
        place = followed(folder)
        if os.path.lexists(place):
            list_bundle(place, folder)


def write_folder(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write files as a folder, replacing an earlier Bundle there.

    Args:
        folder: the folder to make or replace; a link stands for the folder that it points to.
        files: by path within the folder: the content, or a file to copy.

    Raises:
        BundleError: the disk is full, the folder cannot be written, or it holds files other than
            a Bundle; the folder is untouched.
    """
    with disk_faults(folder, _REMEDY, BundleError):
        replace_folder(folder, files, lambda place: list_bundle(place, folder))


def list_bundle(place: Path, folder: Path) -> dict[str, str]:
    """SHA-256 by path of the files of a Bundle of any version; empty for an empty folder.

    Args:
        place: the folder, with links followed.
        folder: the folder as the user names it, for messages.

    Raises:
        BundleError: `place` is not a Bundle, or holds further files.
        OSError: `place` cannot be read.
    """
    if not place.is_dir():
        raise BundleError(
            f"{folder} exists and is not a bundle, so it is not replaced.",
            "Give another folder with --out.",
        )
    content = _read_manifest(place / MANIFEST_NAME)
    listed = None if content is None else files_of_manifest(content)
    others = others_in(place, listed or {})
    if not others:
        return listed or {}
    what = "is not a bundle" if listed is None else "is a bundle with files of others"
    raise BundleError(
        f"{folder} {what}, so it is not replaced: `poner build` did not write {name_some(others)}.",
        "Move these files elsewhere, or give another folder with --out.",
    )


def files_of_manifest(content: bytes) -> dict[str, str] | None:
    """SHA-256 by path of the files that a manifest of any version describes, itself included.

    None if poner did not write the manifest: other programs have files named manifest.json, too.
    """
    try:
        text = content.decode()
        manifest = json.loads(text)
        if json.dumps(manifest, indent=2, ensure_ascii=False) + "\n" != text:
            return None  # poner writes its manifests this way
    except (ValueError, RecursionError):
        return None
    match manifest:
        case {"poner_version": str(), "format": int(), "function": dict() as function}:
            records = [function, *_layer_zips(manifest.get("layers"))]
        case _:
            return None
    if not all(isinstance(manifest.get(part), dict) for part in _PARTS):
        return None
    listed = {MANIFEST_NAME: hashlib.sha256(content).hexdigest()}
    for record in records:
        path, digest = str(record.get("path")), str(record.get("sha256"))
        known = path == FUNCTION_ZIP if record is function else _LAYER.fullmatch(path)
        if not known or not _SHA256.fullmatch(digest):
            return None
        listed[path] = digest
    return listed


def _layer_zips(layers: Any) -> list[dict[str, Any]]:
    """The records of the layers' zips; an invalid record becomes an empty one.

    The first version of poner listed the records without the surrounding Layer object.
    """
    if not isinstance(layers, list):
        return [{}]
    records = [layer.get("zip", layer) if isinstance(layer, dict) else {} for layer in layers]
    return [record if isinstance(record, dict) else {} for record in records]


def _read_manifest(path: Path) -> bytes | None:
    """The content of a regular file of a manifest's size; None for any other file."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_MANIFEST_BYTES:
            return None
        return path.read_bytes()
    except FileNotFoundError:
        return None
