"""Reads and lists the files that a model's parts lie in, and names the parts to the child."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poner.artifacts import Table
from poner.errors import ModelUnreadableError, SignatureError
from poner.loader import listing, model_files
from poner.loader.listing import FileListing
from poner.loader.parts import Part, Parts
from poner.signature import SIGNATURE_NAME, Signature

JSON_SUFFIX = ".json"
"""Of a file that lists features or labels; it is no model file, so nothing in it is listed."""

NOTHING_NAMED = FileListing((), (), None, "json", 0, ())
"""The listing of a JSON file."""


@dataclass(frozen=True)
class ListedFile:
    """A file that was read once and listed; it names only what fitted models need."""

    path: Path
    """Where it lies."""
    content: bytes
    """Its bytes."""
    listing: FileListing
    """What it names."""

    @property
    def name(self) -> str:
        """Its name, for messages."""
        return self.path.name


def list_files(
    model_file: Path, parts: Parts, own_modules: frozenset[str] = frozenset()
) -> list[ListedFile]:
    """Read each file of a model once, and list it; the model's own file is the first.

    Raises:
        ModelRefusedError: a file names a global outside the allow-list; none of it was run.
        ModelUnreadableError: a file is missing, or damaged.
    """
    files = []
    for path in parts.files(model_file):
        content = model_files.read_model_file(path)
        listed = NOTHING_NAMED
        if path.suffix != JSON_SUFFIX:
            listed = _list(path.name, content, own_modules)
            listing.check_allowed(listed, path.name, own_modules)
        files.append(ListedFile(path, content, listed))
    return files


def _list(file_name: str, content: bytes, own_modules: frozenset[str]) -> FileListing:
    """List a file; an error begins with the file's name."""
    try:
        return listing.list_content(content, own_modules)
    except ModelUnreadableError as error:
        raise ModelUnreadableError(f"{file_name}: {error.message}", error.hint) from error


def merged(files: Sequence[ListedFile]) -> FileListing:
    """What all files name together; the version is that of the first file that says one."""
    versions = [file.listing.sklearn_version for file in files]
    return FileListing(
        names=tuple(sorted({name for file in files for name in file.listing.names})),
        refused=(),
        sklearn_version=next((version for version in versions if version is not None), None),
        format=files[0].listing.format,
        unpacked_bytes=sum(file.listing.unpacked_bytes for file in files),
        confined=files[0].listing.confined,
    )


def hash_of(files: Sequence[ListedFile], parts: Parts) -> str:
    """The hash of a model: that of its file, or one over the files and keys of steps and model."""
    hashes = {file.path: hashlib.sha256(file.content).hexdigest() for file in files}
    model_file = files[0].path
    steps = parts.steps(model_file)
    if not steps and parts.key is None:
        return hashes[model_file]
    named = [(hashes[part.file], part.key, part.columns) for part in steps]
    text = json.dumps([*named, (hashes[model_file], parts.key, ())])
    return hashlib.sha256(text.encode()).hexdigest()


def describe_versions(files: Sequence[ListedFile], chosen: str) -> list[str]:
    """A sentence for each file that another scikit-learn fitted than the one it is read with."""
    return [
        f"{file.name} was fitted with scikit-learn {version}, but is read with {chosen}, as "
        f"{files[0].name} is. Save both with one version to be sure of the answers."
        for file in files[1:]
        if (version := file.listing.sklearn_version) not in (None, chosen)
    ]


def request_of(
    files: Sequence[ListedFile],
    parts: Parts,
    names: Sequence[str] | None,
    beside: str,
    own_modules: frozenset[str],
) -> tuple[dict[str, Any], bytes]:
    """The request to load the parts, and its body; see child/parts.py."""
    model_file = files[0].path
    places = {file.path: place for place, file in enumerate(files)}

    def named(part: Part | None) -> dict[str, Any] | None:
        if part is None:
            return None
        return {"file": places[part.file], "key": part.key, "columns": list(part.columns)}

    described = [
        {
            "name": file.name,
            "path": str(file.path),
            "bytes": len(file.content),
            "sklearn": file.listing.sklearn_version,
        }
        for file in files
    ]
    request = {
        "do": "load",
        "files": described,
        "model": named(Part(model_file, parts.key)),
        "before": [named(part) for part in parts.steps(model_file)],
        "target_labels": named(parts.target_labels),
        "features": named(parts.features),
        "names": None if names is None else list(names),
        "beside": beside,
        "modules": sorted(own_modules),
    }
    return request, b"".join(file.content for file in files)


def read_signature(files: Sequence[ListedFile], parts: Parts) -> Signature | None:
    """The signature beside the model's file; None if there is none.

    Raises:
        SignatureError: it is damaged, belongs to another model, or describes what the model takes
            behind the steps before it.
    """
    file = files[0]
    signature = model_files.read_signature(file.path, file.content)
    if signature is not None and parts.steps(file.path):
        raise SignatureError(
            f"{SIGNATURE_NAME} beside {file.name} describes the rows behind the steps that stand "
            "before the model, not those of a request.",
            "Save the steps with the model: poner.save([scaler, model], X, y, folder), with the X "
            f"that the first step takes; or move {file.name} to a folder of its own.",
        )
    return signature


def read_training_rows(files: Sequence[ListedFile], parts: Parts, signature: Signature) -> Table:
    """The training rows beside the model's file; none if it takes them behind other steps."""
    if parts.steps(files[0].path):
        return Table.of_numbers(np.empty((0, len(signature.features))))
    return model_files.read_training_rows(files[0].path, signature)
