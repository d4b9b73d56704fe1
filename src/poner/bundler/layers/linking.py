"""Checks that shared objects in the layers can be loaded on Lambda, and adds OpenMP if needed.

Every shared object must be built for the target's machine, and the libraries it needs must be in
the layers or in Lambda's system. A package none of whose shared objects can be loaded is an error.
If only some cannot, such as numba's module for another thread pool, a line says so.
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
"""The library that is added to a layer's `lib`, a folder on Lambda's LD_LIBRARY_PATH."""
_OPENMP_LENT = re.compile(r"scikit_learn\.libs/libgomp-.*\.so")


@dataclass(frozen=True)
class PlacedFile:
    """One file in a layer."""

    path: str
    """Path in the layer's zip."""
    data: Path
    """The packed library's data file, which holds the content."""
    member: Member
    """The file in the packed library."""


def place_files(
    libraries: Sequence[PackedLibrary], request: LayerRequest, notify: Callable[[str], None]
) -> dict[str, tuple[PlacedFile, ...]]:
    """All files of each library, by its name, with their paths in a layer.

    Raises:
        InstallError: a shared object is for another machine, or none of a library's can be loaded.
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
        return  # a wheel for any machine may hold shared objects for several
    for path, shared in library.shared_objects.items():
        if not is_for(shared, request.architecture):
            raise InstallError(
                f"{library.library.wheel} cannot run in {request.target}: {path} is built for "
                f"{shared.machine}.",
                f"Take another version of {library.library.name}, and report it to its makers.",
            )


def _loadable(library: PackedLibrary, request: LayerRequest) -> Iterator[tuple[str, SharedObject]]:
    """The shared objects for the target that no slimming rule leaves out."""
    kept = {member.path for member in library.members if member.rule is None}
    for path, shared in library.shared_objects.items():
        if path in kept and is_for(shared, request.architecture):
            yield path, shared


def _find_missing(
    library: PackedLibrary, present: set[str], request: LayerRequest
) -> dict[str, set[str]]:
    """For each shared object the needed libraries that neither the layers nor Lambda have."""
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
            "Add scikit-learn, whose wheel holds this library."
            if names == {OPENMP}
            else f"Add the package that holds it, or take another version of {named.name}.",
        )
    more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
    notify(f"{named.name} {named.version}: {path}{more} {lack}; its other modules work.")
