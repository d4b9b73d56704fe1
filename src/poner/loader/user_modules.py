"""The user's own modules that a model needs: read once, and never run in poner's process.

The confined child imports copies of these modules from its scratch folder, and an engine ships the
same bytes.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from poner.aws_lambda.quotas import UNZIPPED_BYTES
from poner.errors import UsageError
from poner.loader.safe_pickle.allowed import allowed_roles

INCLUDE = "List Python files, or folders of packages, in `include = [...]` under [build]."

LEFT_OUT = (".pyc", ".pyo")
"""Suffixes of bytecode, which Python makes again from the source."""

ALSO_TAKEN = {"__main__", "narwhals", "pandas", "scipy", "threadpoolctl"}
ALSO_TAKEN |= {"onnx", "onnxruntime", "skl2onnx", "poner", "poner_loader", "poner_runtime"}
"""Further names that the user's own modules cannot have, since a model's process imports them."""


def is_taken(module: str) -> bool:
    """Whether the name of a top-level module belongs to Python, a library or poner."""
    return (
        module in sys.stdlib_module_names
        or module in ALSO_TAKEN
        or any(module == allowed.partition(".")[0] for allowed, _ in allowed_roles())
    )


@dataclass(frozen=True)
class UserModules:
    """The files of the user's own modules."""

    names: frozenset[str] = frozenset()
    """Names of the top-level modules, such as `features`."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content of each file by its path, such as `features.py` or `churn/columns.py`."""

    @property
    def imports(self) -> set[str]:
        """Top-level modules that these files import, apart from each other and Python's own."""
        found = {
            name
            for path, content in self.files.items()
            if path.endswith(".py")
            for name in _imports(content)
        }
        return found - self.names - sys.stdlib_module_names


def _imports(source: bytes) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # importing the file will report the error
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def read_modules(include: Sequence[Path]) -> UserModules:
    """Read the files and folders that the user names.

    Raises:
        UsageError: a file is missing, is not a Python module, has the name of a library's module
            or of another included one, is a link, or is too large for AWS Lambda.
    """
    names: set[str] = set()
    files: dict[str, bytes] = {}
    size = 0
    for path in include:
        name = _module_name(path)
        if name in names:
            raise UsageError(
                f"Two included modules have the name {name}.", "Rename or remove one of them."
            )
        names.add(name)
        for place, relative in _files_of(path):
            files[relative] = _read(place)
            size += len(files[relative])
            if size > UNZIPPED_BYTES:
                raise UsageError(
                    "The included modules are larger than a function on AWS Lambda may be.",
                    "Include less than 250 MB.",
                )
    return UserModules(frozenset(names), files)


def _module_name(path: Path) -> str:
    """The name under which a file or folder is imported."""
    path = path.absolute()
    if not path.exists():
        raise UsageError(f"{path} does not exist, but `include` names it.", INCLUDE)
    name = path.name if path.is_dir() else path.stem
    if not (path.is_dir() or path.suffix == ".py") or not name.isidentifier():
        raise UsageError(f"{path} is not a Python module, but `include` names it.", INCLUDE)
    if is_taken(name):
        raise UsageError(
            f"{path} cannot be included: {name} is also the name of a module of Python, of poner "
            "or of a library that the model needs.",
            "Rename the module, import it under its new name, and save the model again.",
        )
    return name


def _files_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Each file with its path as it is imported, apart from bytecode and hidden files."""
    if not path.is_dir():
        yield path, path.name
        return
    root = path.absolute()
    for folder, subfolders, names in os.walk(root, onerror=_unreadable):
        subfolders[:] = sorted(own for own in subfolders if not _is_left_out(own))
        for name in [*subfolders, *sorted(own for own in names if not _is_left_out(own))]:
            place = Path(folder, name)
            if place.is_symlink():
                raise UsageError(
                    f"{place} is a symbolic link, but `include` accepts regular files only.",
                    "Replace the link by the file or folder itself.",
                )
            if name not in subfolders:
                yield place, place.relative_to(root.parent).as_posix()


def _is_left_out(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".") or name.endswith(LEFT_OUT)


def _read(place: Path) -> bytes:
    if not place.is_file():  # reading a pipe would wait for its writer
        raise UsageError(
            f"{place} is not a regular file, but `include` names it or its folder.",
            "Replace it by a regular file, or move it out of the folder.",
        )
    try:
        return place.read_bytes()
    except OSError as error:
        _unreadable(error)


def _unreadable(error: OSError) -> NoReturn:
    raise UsageError(f"{error.filename} cannot be read: {error.strerror}.", INCLUDE) from error
