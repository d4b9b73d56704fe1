"""Names the packages that a model file needs, in the versions that fitted the model."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence

from packaging.utils import canonicalize_name

from poner.environments import package_of
from poner.errors import ModelUnreadableError
from poner.loader.environments import Environment
from poner.loader.libraries import (
    BOOSTERS,
    FULL_NAMES,
    OTHER_NAMES,
    find_distribution,
    providers_of,
    sklearn_libraries,
    versions_of,
)
from poner.loader.listing import FileListing


def boosters_of(
    listed: FileListing, file_name: str, recorded: Mapping[str, str], requirements: Sequence[str]
) -> list[str]:
    """Requirements for LightGBM and XGBoost where the file names them but `requirements` does not.

    Raises:
        ModelUnreadableError: the library is not installed beside poner.
    """
    required = set(map(package_of, requirements))
    wanted = []
    for package in sorted(listed.modules & BOOSTERS.keys()):
        if required & {package, OTHER_NAMES.get(package)}:
            continue
        installed = find_distribution(package, sys.path)
        if installed is None:
            raise ModelUnreadableError(
                f"{file_name} holds a model of {BOOSTERS[package]}, which is not installed beside "
                "poner.",
                f"Install {BOOSTERS[package]} beside poner: `pip install {package}`.",
            )
        wanted.append(f"{installed.name}=={recorded.get(package, installed.version)}")
    return wanted


def packages_of(
    modules: Collection[str], recorded: Mapping[str, str], requirements: Sequence[str]
) -> list[str]:
    """Requirements for the packages that the user allows, apart from those in `requirements`.

    Raises:
        ModelUnreadableError: a package's version is neither given, nor recorded, nor that of a
            package beside poner.
    """
    required = set(map(package_of, requirements))
    wanted = []
    for module in sorted(modules):
        names = {canonicalize_name(module), *providers_of([module], sys.path)}
        if required & names:
            continue
        found = {**versions_of(names, sys.path), **{n: recorded[n] for n in names if n in recorded}}
        if not found:
            raise ModelUnreadableError(
                f"{module} is allowed, but no version of it is known: it is not installed beside "
                "poner.",
                f"Name the version that fitted the model: --require "
                f"{canonicalize_name(module)}==VERSION.",
            )
        wanted += [f"{name}=={version}" for name, version in sorted(found.items())]
    return wanted


def libraries_of(
    modules: Collection[str],
    wanted: Sequence[str],
    environment: Environment,
    recorded: Mapping[str, str],
) -> dict[str, str]:
    """Versions of the packages that the model needs: as recorded, else those of the environment.

    Args:
        modules: top-level modules that the user's own modules, or the model's rows, need.
        wanted: requirements besides scikit-learn.
        environment: the environment that the model was read in.
        recorded: versions by package, as signature.json has them.

    Neither a file beside the model nor the child decides which packages these are.
    """
    places = environment.places
    names = [
        *sklearn_libraries(places),
        *sorted(FULL_NAMES.get(name, name) for name in map(package_of, wanted)),
        *sorted(providers_of(modules, places)),
    ]
    found = versions_of(names, places)
    return {name: recorded.get(name, found[name]) for name in found}
