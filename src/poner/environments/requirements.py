"""Requirements such as `numpy==1.24.1`, from a user, a model file or a list of pins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from poner.errors import PonerError, UsageError

HASH = " --hash="
"""What separates a requirement from its hashes."""

_HASHES = re.compile(rf"(?:{HASH}sha256:[0-9a-f]{{64}})+")
_MOST_SHOWN = 5


def read_requirement(text: str, error: type[PonerError]) -> Requirement:
    """Parse a line of a requirements file: a requirement, with optional hashes.

    Raises:
        PonerError: of the class `error`. The text is malformed, names a file, or holds a line
            break (a marker could hide an installer's option behind one).
    """
    hint = "Write it as NAME==VERSION."
    requirement, _, hashes = text.partition(HASH)
    try:
        if not text.isprintable():
            raise InvalidRequirement("it holds a line break or another unprintable character")
        if hashes and not _HASHES.fullmatch(HASH + hashes):
            raise InvalidRequirement("the text after it is not a list of hashes")
        found = Requirement(requirement)
    except InvalidRequirement as fault:
        reason = str(fault).splitlines()[0]
        raise error(f"{text!r} is not a requirement: {reason}.", hint) from fault
    if found.url is not None:
        raise error(f"{text!r} names a file; packages come from the package index only.", hint)
    return found


def package_of(requirement: str) -> str:
    """The normalised package name of a user's requirement.

    Raises:
        UsageError: the text is not a requirement.
    """
    return canonicalize_name(read_requirement(requirement, UsageError).name)


def bounds_of_sklearn(version: str) -> list[str]:
    """Upper bounds of numpy and scipy for a version of scikit-learn.

    scikit-learn before 1.4.2 was built for numpy 1 (its release notes, April 2024), and before 1.3
    it imports names that scipy 1.12 removed. numpy 1.26 can read pickles of numpy 2.
    """
    release = Version(version)
    bounds = ["numpy<2"] if release < Version("1.4.2") else []
    return [*bounds, "scipy<1.12"] if release < Version("1.3") else bounds


def without_hashes(requirement: str) -> str:
    """A requirement without its hashes."""
    return requirement.partition(HASH)[0]


def describe(requirements: Sequence[str]) -> str:
    """Requirements as an error shows them: the first few, without markers and hashes."""
    shown = [without_hashes(text).partition(" ;")[0] for text in requirements[:_MOST_SHOWN]]
    further = len(requirements) - len(shown)
    return ", ".join(shown) + (f" and {further} more" if further else "")


def are_hashed(requirements: Sequence[str]) -> bool:
    """Whether all of these requirements have hashes."""
    return bool(requirements) and all(HASH in requirement for requirement in requirements)
