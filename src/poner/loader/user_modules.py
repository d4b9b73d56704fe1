"""The user's own modules that a model needs: read once, and never run in poner's process.

The confined child imports copies of these modules from its scratch folder, and an engine ships the
same bytes.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
class Included:
    """A file or a package folder that the user names."""

    modules: tuple[str, ...]
    """Names under which it may be imported, the shortest first: `preprocess`, `data.preprocess`,
    `src.data.preprocess` for src/data/preprocess.py."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content of each file by its path beside the file or folder itself."""

    def named_by(self, mentioned: Collection[str]) -> list[str]:
        """The names that are mentioned; the shortest if none is."""
        found = [module for module in self.modules if any(_is_in(own, module) for own in mentioned)]
        return found or [self.modules[0]]

    def files_as(self, module: str) -> dict[str, bytes]:
        """Content of each file by its path, if it is imported under this name."""
        folders = module.split(".")[:-1]
        return {"/".join([*folders, path]): content for path, content in self.files.items()}


def _is_in(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


@dataclass(frozen=True)
class UserModules:
    """The files of the user's own modules."""

    included: tuple[Included, ...] = ()
    """What the user includes."""
    packages: frozenset[str] = frozenset()
    """Top-level modules of installed packages whose classes the user allows."""

    @property
    def names(self) -> frozenset[str]:
        """Names of the top-level modules whose classes a model may hold, such as `features`."""
        own = {module.partition(".")[0] for own in self.included for module in own.modules}
        return self.packages | own

    @property
    def files(self) -> dict[str, bytes]:
        """Content of each file by its path, such as `features.py` or `churn/columns.py`."""
        found: dict[str, bytes] = {}
        for own in self.included:
            for module in own.modules:
                found.update(own.files_as(module))
        return found

    @property
    def imports(self) -> set[str]:
        """Top-level modules that the model needs of packages: imported by the files, or allowed."""
        found = {name.partition(".")[0] for name in self._imported()}
        return (found - self.names - sys.stdlib_module_names) | self.packages

    def _imported(self) -> set[str]:
        return {
            name
            for own in self.included
            for path, content in own.files.items()
            if path.endswith(".py")
            for name in _imports(content)
        }

    def named_by(self, names: Iterable[str]) -> UserModules:
        """The modules under those of their names that a model file or another module mentions.

        Args:
            names: the globals that the model file names, as `module.name`.

        Raises:
            UsageError: two of the modules are imported by the same name.
        """
        mentioned = {*names, *self._imported()}
        kept = [(own, own.named_by(mentioned)) for own in self.included]
        _check_distinct(module for _, modules in kept for module in modules)
        included = (Included(tuple(modules), own.files) for own, modules in kept)
        return UserModules(tuple(included), self.packages)


def _imports(source: bytes) -> Iterator[str]:
    """Names of the modules that a source imports, and of what it imports from them."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # importing the file will report the error
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _check_distinct(modules: Iterable[str]) -> None:
    seen: set[str] = set()
    for module in modules:
        if module in seen:
            raise UsageError(
                f"Two included modules have the name {module}.", "Rename or remove one of them."
            )
        seen.add(module)


def read_modules(include: Sequence[Path], allow: Sequence[str] = ()) -> UserModules:
    """Read the files and folders that the user includes.

    A path inside the current folder may be imported from there or from any folder on the way.

    Args:
        include: the files and folders.
        allow: packages whose classes the user allows, by module or distribution.

    Raises:
        UsageError: a file is missing, is not a Python module, has the name of a library's module
            or of another included one, is a link, or is too large for AWS Lambda; or a package
            may not be allowed.
    """
    included = []
    size = 0
    for path in include:
        modules = _module_names(path)
        files: dict[str, bytes] = {}
        for place, relative in _files_of(path):
            files[relative] = _read(place)
            size += len(files[relative])
            if size > UNZIPPED_BYTES:
                raise UsageError(
                    "The included modules are larger than a function on AWS Lambda may be.",
                    "Include less than 250 MB.",
                )
        included.append(Included(modules, files))
    _check_distinct(own.modules[0] for own in included if len(own.modules) == 1)
    return UserModules(tuple(included), frozenset(map(_package_module, allow)))


def _package_module(name: str) -> str:
    """The top-level module of a package that the user allows."""
    module = name.strip().replace("-", "_")
    if not module.isidentifier():
        raise UsageError(
            f"{name!r} is not the name of a package to allow.",
            "Name the module that the model's classes come from, such as category_encoders.",
        )
    if is_taken(module):
        raise UsageError(
            f"{module} cannot be allowed: it belongs to Python, to poner or to the libraries of "
            "which poner knows each class that a model may hold.",
            "Allow packages beside these, such as category_encoders.",
        )
    return module


def _module_names(path: Path) -> tuple[str, ...]:
    """The names under which a file or folder may be imported, the shortest first."""
    path = path.absolute()
    if not path.exists():
        raise UsageError(f"{path} does not exist, but `include` names it.", INCLUDE)
    name = path.name if path.is_dir() else path.stem
    if not (path.is_dir() or path.suffix == ".py") or not name.isidentifier():
        raise UsageError(f"{path} is not a Python module, but `include` names it.", INCLUDE)
    names = [name]
    here = Path.cwd()
    for folder in path.parents:
        if folder == here or here not in folder.parents or not folder.name.isidentifier():
            break
        names.append(f"{folder.name}.{names[-1]}")
    free = tuple(own for own in names if not is_taken(own.partition(".")[0]))
    if not free:
        raise UsageError(
            f"{path} cannot be included: {name} is also the name of a module of Python, of poner "
            "or of a library that the model needs.",
            "Rename the module, import it under its new name, and save the model again.",
        )
    return free


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
