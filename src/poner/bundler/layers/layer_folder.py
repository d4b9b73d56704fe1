"""Writes the folder of `poner layer`: zips, and layers.json, which lists the zips poner wrote.

An existing zip is replaced only if layers.json lists its hash; all other files are the user's.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path

from poner.bundler.layers.request import LayerSet
from poner.errors import StorageError
from poner.storage import ABSENT, disk_faults, fingerprint, name_some, replace_files

LIST_NAME = "layers.json"
_FORMAT = 1


def write_layers(made: LayerSet, folder: Path) -> dict[str, Path]:
    """Write the layers' zips into a folder; returns their files by their paths in a Bundle.

    Args:
        made: the result of `make_layers`.
        folder: the folder, made if it is missing; zips that poner wrote before may be replaced.

    Raises:
        StorageError: the folder cannot be written, or a file of the user has a zip's name.
    """
    zips = {Path(layer.zip.path).name: layer.zip for layer in made.layers}
    remedy = "Free some space, or give another folder with --out."
    with disk_faults(folder, remedy):
        names = (LIST_NAME, *zips)
        before = {name: fingerprint(folder, name) for name in names}
        listed = _read_list(folder / LIST_NAME) if before[LIST_NAME] != ABSENT else {}
        others = [] if listed is not None else [LIST_NAME]
        for name, record in zips.items():
            if before[name] not in (ABSENT, record.sha256, (listed or {}).get(name)):
                others.append(name)
        if others:
            raise StorageError(
                f"{folder} holds files that `poner layer` did not write, so they are not replaced: "
                f"{name_some(others)}.",
                "Move these files elsewhere, or give another folder with --out.",
            )
        text = _list_text({**(listed or {}), **{name: zips[name].sha256 for name in zips}})
        files = {name: made.files[record.path] for name, record in zips.items()}
        replace_files(folder, {LIST_NAME: text, **files}, before)
    return {record.path: folder / name for name, record in zips.items()}


def _list_text(zips: Mapping[str, str]) -> bytes:
    version = importlib.metadata.version("poner")
    listed = {"format": _FORMAT, "poner_version": version, "zips": dict(sorted(zips.items()))}
    return (json.dumps(listed, indent=2) + "\n").encode()


def _read_list(path: Path) -> dict[str, str] | None:
    """SHA-256 by zip; None if poner did not write the file."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    match found:
        case {"format": int(), "poner_version": str(), "zips": dict() as zips}:
            return {str(name): str(digest) for name, digest in zips.items()}
        case _:
            return None
