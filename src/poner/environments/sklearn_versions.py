"""What each version of scikit-learn needs: the Python versions that have its wheels, and bounds.

scikit-learn does not bound numpy and scipy from above. The bounds here keep a version with those
that it imports and predicts with.

Source: the wheels on PyPI, and the release notes of numpy, scipy and scikit-learn, read 2026-12-01.
"""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

FIRST_SKLEARN = "0.19"
"""The first version whose models are read; earlier ones have no wheels for Python 3.7."""


@dataclass(frozen=True)
class SklearnNeeds:
    """What a range of scikit-learn's versions needs."""

    before: Version
    """First version behind the range."""
    python_versions: tuple[str, ...]
    """Python versions that have its wheels, the best first; empty where any recent Python does."""
    bounds: tuple[str, ...]
    """Requirements that bound numpy and scipy from above."""


RANGES = tuple(
    SklearnNeeds(Version(before), python_versions, bounds)
    for before, python_versions, bounds in (
        ("0.21", ("3.7",), ("numpy<1.17", "scipy<1.3")),
        ("0.22", ("3.7",), ("numpy<1.18", "scipy<1.4")),
        ("0.24", ("3.8", "3.7"), ("numpy<1.20", "scipy<1.6")),
        ("1.0", ("3.9", "3.8", "3.7"), ("numpy<1.21", "scipy<1.7")),
        ("1.1", ("3.9", "3.10", "3.8", "3.7"), ("numpy<1.23", "scipy<1.8")),
        ("1.3", (), ("numpy<2", "scipy<1.12")),
        ("1.4.2", (), ("numpy<2",)),
    )
)
"""Oldest first. Names that numpy 1.24 and scipy 1.12 removed bound versions before 1.3, and
versions before 1.4.2 were built for numpy 1. numpy 1.26 also reads what numpy 2 wrote."""


def needs_of_sklearn(version: str) -> SklearnNeeds:
    """What a version of scikit-learn needs, without bounds for the newest."""
    release = Version(version)
    for needs in RANGES:
        if release < needs.before:
            return needs
    return SklearnNeeds(release, (), ())


def installable_sklearn(version: str) -> str:
    """The version of the same minor series that has wheels: 0.19.2 for 0.19.0 and 0.19.1.

    >>> installable_sklearn("0.19.1"), installable_sklearn("0.20.3")
    ('0.19.2', '0.20.3')
    """
    return "0.19.2" if Version("0.19.dev0") <= Version(version) < Version("0.19.2") else version
