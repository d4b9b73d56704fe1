"""The user's own modules that a model needs: found by name, read once, and never run here.

What is read here is what the confined child imports, from copies in its scratch folder, and what
an engine ships.
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

INCLUDE = "Name Python files, or folders of packages, in `include = [...]` under [build]."

LEFT_OUT = (".pyc", ".pyo")
"""Bytecode: made again from the source where it is needed."""

ALSO_TAKEN = {"__main__", "narwhals", "pandas", "scipy", "threadpoolctl"}
ALSO_TAKEN |= {"onnx", "onnxruntime", "skl2onnx", "poner", "poner_loader", "poner_runtime"}
"""Modules beside the allow-list's and Python's own that stand beside a model."""


def is_taken(module: str) -> bool:
    """Whether a top-level module is Python's, a library's or poner's, so never the user's own."""
    return (
        module in sys.stdlib_module_names
        or module in ALSO_TAKEN
        or any(module == allowed.partition(".")[0] for allowed, _ in allowed_roles())
    )


@dataclass(frozen=True)
class UserModules:
    """The files of the user's own modules."""

    names: frozenset[str] = frozenset()
    """The modules by which they are imported, such as `features`."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Their content by path, such as `features.py` or `churn/columns.py`."""

    @property
    def imports(self) -> set[str]:
        """The top-level modules that they import, without their own and Python's."""
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
    except (SyntaxError, ValueError):  # importing it says so; a file that nothing imports may stay
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def read_modules(include: Sequence[Path]) -> UserModules:
    """Read the files and folders that the user names.

    Raises:
        UsageError: one is missing, is no Python module, has the name of another library's or of
            another one's, leads out of its folder, or is too large for AWS Lambda.
    """
    names: set[str] = set()
    files: dict[str, bytes] = {}
    size = 0
    for path in include:
        name = _module_name(path)
        if name in names:
            raise UsageError(f"Two of the included modules are called {name}.", INCLUDE)
        names.add(name)
        for place, relative in _files_of(path):
            files[relative] = _read(place)
            size += len(files[relative])
            if size > UNZIPPED_BYTES:
                raise UsageError(
                    f"{path} holds more than AWS Lambda takes.", "Include less than 250 MB."
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
            f"{path} cannot be included: {name} is also a module of Python or of a library that "
            "the model needs.",
            "Give it another name, import it by that, and save the model again.",
        )
    return name


def _files_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Each file with its path as it is imported; without bytecode and hidden files."""
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
                    f"{place} is a link, and `include` takes files alone.",
                    "Put the file itself there.",
                )
            if name not in subfolders:
                yield place, place.relative_to(root.parent).as_posix()


def _is_left_out(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".") or name.endswith(LEFT_OUT)


def _read(place: Path) -> bytes:
    if not place.is_file():  # a pipe would wait for its writer
        raise UsageError(f"{place} is not a file, but `include` names its folder.", INCLUDE)
    try:
        return place.read_bytes()
    except OSError as error:
        _unreadable(error)


def _unreadable(error: OSError) -> NoReturn:
    raise UsageError(f"{error.filename} cannot be read: {error.strerror}.", INCLUDE) from error
