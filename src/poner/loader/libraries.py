"""Finds the packages of an environment by their metadata; imports none of them."""

from __future__ import annotations

import importlib.metadata
import inspect
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

SKLEARN = "scikit-learn"

BOOSTERS = {"lightgbm": "LightGBM", "xgboost": "XGBoost"}
"""Packages besides scikit-learn whose estimators poner reads, with their usual names."""

OTHER_NAMES = {"xgboost": "xgboost-cpu"}
"""Distributions that provide the same package under a second name, without support for GPUs."""

FULL_NAMES = {other: name for name, other in OTHER_NAMES.items()}

Places = Sequence[str]
"""Folders that hold packages, such as `sys.path`."""


def find_distribution(name: str, places: Places) -> Distribution | None:
    """The installed distribution of a package; None if the package is not installed."""
    for spelling in (name, OTHER_NAMES.get(name)):
        if spelling is not None:
            for found in importlib.metadata.distributions(name=spelling, path=list(places)):
                return found
    return None


def versions_of(names: Iterable[str], places: Places) -> dict[str, str]:
    """The versions of those packages that are installed, as PEP 440 normalises them."""
    found = {}
    for name in names:
        distribution = find_distribution(name, places)
        if distribution is not None:
            try:
                found[name] = str(Version(distribution.version))
            except InvalidVersion:  # a version from before PEP 440: no requirement can name it
                continue
    return found


def sklearn_libraries(places: Places) -> tuple[str, ...]:
    """Names of scikit-learn and of the packages that it requires."""
    distribution = find_distribution(SKLEARN, places)
    required = map(Requirement, (distribution.requires if distribution else None) or ())
    wanted = (own for own in required if own.marker is None or own.marker.evaluate({"extra": ""}))
    return (SKLEARN, *sorted(canonicalize_name(own.name) for own in wanted))


def providers_of(modules: Iterable[str], places: Places) -> set[str]:
    """The packages that provide these top-level modules."""
    wanted = set(modules)
    if not wanted:
        return set()
    return {
        FULL_NAMES.get(name, name)
        for distribution in importlib.metadata.distributions(path=list(places))
        if (name := canonicalize_name(distribution.name)) and wanted & set(_modules(distribution))
    }


def _modules(distribution: Distribution) -> Iterator[str]:
    """Names of a distribution's top-level modules."""
    declared = distribution.read_text("top_level.txt")
    if declared:
        yield from declared.split()
        return
    for file in distribution.files or ():
        name = file.parts[0] if len(file.parts) > 1 else inspect.getmodulename(file.name)
        if name is not None and name.isidentifier():
            yield name
