"""Reads the folder of an MLflow model: which file holds the model, its features and its versions.

A folder holds `MLmodel`, a YAML file that lists the model's *flavors*, and requirements.txt, which
pins the packages. All of it is as untrusted as the model file, which is read as any other. No code
that the folder names or holds is run. Format: MLflow 1.0 to 3.17 (`mlflow/models/model.py`, and
`save_model` of each flavor).
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from poner.errors import ModelUnreadableError
from poner.signature import PACKAGE_NAME, is_version
from poner.storage import read_file

MLMODEL = "MLmodel"
"""File that makes a folder an MLflow model."""

REQUIREMENTS = "requirements.txt"

LARGEST_BYTES = 4 << 20
"""Largest size of the two files; the signature of 20,000 columns takes about 1.5 MB."""


@dataclass(frozen=True)
class Flavor:
    """How a flavor names its parts in MLmodel."""

    file: str
    """Key of the model file's path."""
    package: str
    """Package that the model was saved with."""
    version: str
    """Key of the package's version."""


FLAVORS = {
    "sklearn": Flavor("pickled_model", "scikit-learn", "sklearn_version"),
    "lightgbm": Flavor("data", "lightgbm", "lgb_version"),
    "xgboost": Flavor("data", "xgboost", "xgb_version"),
    "catboost": Flavor("data", "catboost", "catboost_version"),
    "onnx": Flavor("data", "onnx", "onnx_version"),
}
"""The flavors whose model file may be one that poner reads."""


@dataclass(frozen=True)
class MlflowModel:
    """What a folder says of its model."""

    file: Path
    """The model file."""
    feature_names: tuple[str, ...] | None = None
    """Names of the columns, from the signature; None if it has none."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions by package that the model was saved with."""


def is_mlflow(folder: Path) -> bool:
    """Whether a folder is an MLflow model."""
    return (folder / MLMODEL).is_file()


def read_folder(folder: Path) -> MlflowModel:
    """What the folder of an MLflow model says.

    Raises:
        ModelUnreadableError: MLmodel is damaged, has no flavor that poner reads, or names a file
            outside of the folder.
    """
    described = _parsed(folder)
    flavors = described.get("flavors")
    name = next((name for name in FLAVORS if isinstance(flavors, dict) and name in flavors), None)
    if name is None or not isinstance(flavors, dict) or not isinstance(flavors[name], dict):
        listed = ", ".join(map(str, flavors)) if isinstance(flavors, dict) else "none"
        raise ModelUnreadableError(
            f"The MLflow model {folder} has no flavor that poner reads; it has {listed[:200]}.",
            f"Log the fitted estimator with one of MLflow's flavors {', '.join(FLAVORS)}. poner "
            "runs no code that a folder brings along, as python_function does.",
        )
    flavor = FLAVORS[name]
    versions = dict(_pinned(folder))
    version = flavors[name].get(flavor.version)
    if isinstance(version, str) and is_version(version):
        versions[flavor.package] = version
    file = _inside(folder, flavors[name].get(flavor.file))
    return MlflowModel(file, _column_names(described.get("signature")), versions)


def read_beside(file: Path) -> MlflowModel | None:
    """What the folder of a model file says of that file; None if it says nothing."""
    if not is_mlflow(file.parent):
        return None
    try:
        found = read_folder(file.parent)
    except ModelUnreadableError:  # a user who names the model file need not mend MLmodel
        return None
    return found if found.file.resolve() == file.resolve() else None


def _parsed(folder: Path) -> Mapping[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
        """Plain data without aliases, whose merged mappings could grow without bound."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("it has an alias")
            return super().compose_node(parent, index)

    try:
        found = yaml.load(_read(folder / MLMODEL), Loader)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        found, reason = None, error
    else:
        reason = None
    if not isinstance(found, dict):
        raise ModelUnreadableError(
            f"{folder / MLMODEL} is not the YAML file of an MLflow model.",
            "Save the model once more with MLflow, or name the model file itself.",
        ) from reason
    return found


def _read(path: Path) -> str:
    try:
        return read_file(path, LARGEST_BYTES).decode()
    except OSError as error:
        why = "is too large" if error.errno == errno.EFBIG else f"cannot be read: {error.strerror}"
        raise ModelUnreadableError(f"{path} {why}.", "Name the model file itself.") from error


def _inside(folder: Path, name: object) -> Path:
    """The model file that MLmodel names.

    Raises:
        ModelUnreadableError: it names none, or one outside of the folder.
    """
    file = folder / name if isinstance(name, str) else folder
    try:
        inside = folder.resolve() in file.resolve().parents
    except (OSError, ValueError):  # a null byte, or a loop of links
        inside = False
    if not inside:
        raise ModelUnreadableError(
            f"{folder / MLMODEL} names no model file inside the folder.",
            "Save the model once more with MLflow, or name the model file itself.",
        )
    return file


def _pinned(folder: Path) -> Iterator[tuple[str, str]]:
    """Packages with the versions that requirements.txt pins; other lines are left out."""
    if not (folder / REQUIREMENTS).is_file():
        return
    for line in _read(folder / REQUIREMENTS).splitlines():
        name, _, version = line.partition("==")
        package, version = canonicalize_name(name.strip()), version.strip()
        if PACKAGE_NAME.fullmatch(package) and is_version(version):
            yield package, version


def _column_names(signature: object) -> tuple[str, ...] | None:
    """Names of the input columns; None for a signature of tensors, or none at all."""
    text = signature.get("inputs") if isinstance(signature, dict) else None
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(columns, list) or not all(isinstance(own, dict) for own in columns):
        return None
    names = [own.get("name") for own in columns]
    tensors = any(own.get("type") == "tensor" for own in columns)
    if tensors or not names or not all(isinstance(name, str) for name in names):
        return None
    return tuple(map(str, names))
