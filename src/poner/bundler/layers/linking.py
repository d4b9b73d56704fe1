"""Checks that what the layers hold can be loaded on Lambda, and lends it the one library it may.

Every shared object must be of the target's machine, and what it needs must be in the layers or in
Lambda's system. A library of which nothing could be loaded is an error; where it is only a part of
it, such as numba's module for another thread pool, that part is named and the rest is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from poner.bundler.layers.libraries import Member, PackedLibrary
from poner.bundler.layers.request import LayerRequest
from poner.bundler.layers.shared_objects import SharedObject, is_for, is_of_system
from poner.errors import InstallError
from poner.hosts import HOSTS, MODULES_FOLDER

OPENMP = "libgomp.so.1"
"""The library that is lent, in `lib` of a layer, which is on Lambda's LD_LIBRARY_PATH."""
_OPENMP_LENT = re.compile(r"scikit_learn\.libs/libgomp-.*\.so")


@dataclass(frozen=True)
class PlacedFile:
    """One file in a layer."""

    path: str
    """Its path in the zip."""
    data: Path
    """The packed library's data that holds its content."""
    member: Member
    """What it is."""


def place_files(
    libraries: Sequence[PackedLibrary], request: LayerRequest, notify: Callable[[str], None]
) -> dict[str, tuple[PlacedFile, ...]]:
    """The files of each library, by its name, as they lie in a layer, none left out yet.

    Raises:
        InstallError: a shared object is of another machine, or a library cannot be loaded at all.
    """
    lent = _find_openmp(libraries)
    present = {
        PurePosixPath(path).name for library in libraries for path, _ in _loadable(library, request)
    }
    placed = {}
    for library in libraries:
        _check_machine(library, request)
        files = [
            PlacedFile(f"{MODULES_FOLDER}/{member.path}", library.data, member)
            for member in library.members
        ]
        missing = _find_missing(library, present, request)
        if lent is not None and any(OPENMP in names for names in missing.values()):
            files.append(PlacedFile(f"lib/{OPENMP}", *lent))
            missing = {path: names - {OPENMP} for path, names in missing.items()}
        _report(missing, library, notify)
        placed[library.library.name] = tuple(files)
    return placed


def _find_openmp(libraries: Sequence[PackedLibrary]) -> tuple[Path, Member] | None:
    for library in libraries:
        for member in library.members:
            if _OPENMP_LENT.match(member.path):
                return library.data, member
    return None


def _check_machine(library: PackedLibrary, request: LayerRequest) -> None:
    if library.library.wheel.endswith("-any.whl"):
        return  # it runs anywhere, so what it holds for some machine is of its own choosing
    for path, shared in library.shared_objects.items():
        if not is_for(shared, request.architecture):
            raise InstallError(
                f"{library.library.wheel} is no wheel for {request.target}: {path} is for "
                f"{shared.machine}.",
                f"Take another version of {library.library.name}, and tell its makers.",
            )


def _loadable(library: PackedLibrary, request: LayerRequest) -> Iterator[tuple[str, SharedObject]]:
    """The shared objects that are always kept and made for the target."""
    kept = {member.path for member in library.members if member.rule is None}
    for path, shared in library.shared_objects.items():
        if path in kept and is_for(shared, request.architecture):
            yield path, shared


def _find_missing(
    library: PackedLibrary, present: set[str], request: LayerRequest
) -> dict[str, set[str]]:
    """What each shared object needs and neither the layers nor Lambda have."""
    lent = HOSTS[request.runtime.name].libraries
    return {
        path: {
            name
            for name in shared.needed
            if name not in present and name not in lent and not is_of_system(name)
        }
        for path, shared in _loadable(library, request)
    }


def _report(
    missing: Mapping[str, set[str]], library: PackedLibrary, notify: Callable[[str], None]
) -> None:
    lacking = {path: names for path, names in missing.items() if names}
    if not lacking:
        return
    named = library.library
    path, names = next(iter(lacking.items()))
    lack = f"needs {', '.join(sorted(names))}, which neither the layers nor Lambda have"
    if len(lacking) == len(missing):
        raise InstallError(
            f"{named.name} {named.version} cannot start on Lambda: {path} {lack}.",
            "Add scikit-learn, whose wheel has it."
            if names == {OPENMP}
            else "Add the package that has it, or take another version.",
        )
    more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
    notify(f"{named.name} {named.version}: {path}{more} {lack}; the rest of it can be used.")
