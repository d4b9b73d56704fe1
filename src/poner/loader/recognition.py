"""Identifies the model in a file without loading it."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from poner.loader import graphs, mlflow_folders, model_files, part_files
from poner.loader.libraries import SKLEARN
from poner.loader.model_packages import boosters_of
from poner.loader.parts import ALONE, Parts
from poner.loader.user_modules import read_modules
from poner.loader.versions import sklearn_version_of
from poner.signature import Signature

KNOWN_SKLEARN = ((0, 19), (1, 9))
"""The first and the last version of scikit-learn that the allow-list was made with."""


@dataclass(frozen=True)
class ModelIdentity:
    """Facts about a model file that poner accepts, known before it is loaded."""

    file: Path
    """The model file."""
    sha256: str
    """SHA-256 of the file, in hexadecimal; with keys or steps before the model, one over all of
    them."""
    sklearn_version: str | None
    """Version of the scikit-learn that fitted the model; the installed version if none is
    recorded; None for an ONNX graph."""
    installed_version: str
    """Version of the scikit-learn that is installed beside poner."""
    has_signature: bool
    """Whether a signature.json lies beside the file."""

    @property
    def is_known_version(self) -> bool:
        """Whether the allow-list was made with the scikit-learn that fitted the model."""
        if self.sklearn_version is None:
            return False
        first, last = KNOWN_SKLEARN
        return first <= Version(self.sklearn_version).release[:2] <= last


def identify_model(
    path: Path,
    *,
    parts: Parts = ALONE,
    include: Sequence[Path] = (),
    allow: Sequence[str] = (),
    requirements: Sequence[str] = (),
) -> ModelIdentity:
    """Identify the model in a file without loading it; checks the file as `open_model` does.

    Args:
        path: a model file, or a folder with clf.sav or a single model file.
        parts: as for `open_model`.
        include: as for `open_model`.
        allow: as for `open_model`.
        requirements: as for `open_model`.

    Raises:
        UsageError: an included module is missing or has a library's name, or a requirement cannot
            be parsed.
        ModelRefusedError: the file names a global outside the allow-list.
        ModelUnreadableError: the file is missing or damaged, or needs a package that is not
            installed.
        SignatureError: the signature beside the file is damaged, or belongs to another model.
    """
    modules = read_modules(include, allow)
    file = model_files.find_model_file(path)
    if graphs.is_graph(file):
        content = model_files.read_model_file(file)
        signature = model_files.read_signature(file, content)
        return _identity(file, hashlib.sha256(content).hexdigest(), None, signature)
    files = part_files.list_files(file, parts, modules.names)
    listed = part_files.merged(files)
    signature = part_files.read_signature(files, parts)
    recorded = signature.libraries if signature is not None else {}
    mlflow = mlflow_folders.read_beside(file)
    if mlflow is not None and not recorded:
        recorded = mlflow.versions
    version = sklearn_version_of(listed, file.name, recorded, lambda line: None)
    boosters_of(listed, file.name, recorded, requirements)
    return _identity(file, part_files.hash_of(files, parts), version, signature)


def _identity(
    file: Path, sha256: str, sklearn_version: str | None, signature: Signature | None
) -> ModelIdentity:
    return ModelIdentity(
        file=file,
        sha256=sha256,
        sklearn_version=sklearn_version,
        installed_version=importlib.metadata.version(SKLEARN),
        has_signature=signature is not None,
    )
