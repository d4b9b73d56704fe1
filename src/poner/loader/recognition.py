"""Identifies the model in a file without loading it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from poner.loader import model_files, part_files
from poner.loader.file_models import boosters_of, sklearn_version_of
from poner.loader.libraries import SKLEARN
from poner.loader.parts import ALONE, Parts
from poner.loader.user_modules import read_modules

KNOWN_SKLEARN = ((1, 1), (1, 9))
"""The first and the last version of scikit-learn that the allow-list was made with."""


@dataclass(frozen=True)
class ModelIdentity:
    """Facts about a model file that poner accepts, known before it is loaded."""

    file: Path
    """The model file."""
    sha256: str
    """SHA-256 of the file, in hexadecimal; with keys or steps before the model, one over all of
    them."""
    sklearn_version: str
    """Version of the scikit-learn that fitted the model; the installed version if none is
    recorded."""
    installed_version: str
    """Version of the scikit-learn that is installed beside poner."""
    has_signature: bool
    """Whether a signature.json lies beside the file."""

    @property
    def is_known_version(self) -> bool:
        """Whether the allow-list was made with the scikit-learn that fitted the model."""
        first, last = KNOWN_SKLEARN
        return first <= Version(self.sklearn_version).release[:2] <= last


def identify_model(
    path: Path,
    *,
    parts: Parts = ALONE,
    include: Sequence[Path] = (),
    requirements: Sequence[str] = (),
) -> ModelIdentity:
    """Identify the model in a file without loading it; checks the file as `open_model` does.

    Args:
        path: a model file, or a folder with clf.sav or a single model file.
        parts: as for `open_model`.
        include: as for `open_model`.
        requirements: as for `open_model`.

    Raises:
        UsageError: an included module is missing or has a library's name, or a requirement cannot
            be parsed.
        ModelRefusedError: the file names a global outside the allow-list.
        ModelUnreadableError: the file is missing or damaged, or needs a package that is not
            installed.
        SignatureError: the signature beside the file is damaged, or belongs to another model.
    """
    modules = read_modules(include)
    file = model_files.find_model_file(path)
    files = part_files.list_files(file, parts, modules.names)
    listed = part_files.merged(files)
    signature = part_files.read_signature(files, parts)
    recorded = signature.libraries if signature is not None else {}
    version = sklearn_version_of(listed, file.name, recorded, lambda line: None)
    boosters_of(listed, file.name, recorded, requirements)
    return ModelIdentity(
        file=file,
        sha256=part_files.hash_of(files, parts),
        sklearn_version=version,
        installed_version=importlib.metadata.version(SKLEARN),
        has_signature=signature is not None,
    )
