"""The environment of the scikit-learn version that fitted a model, with what else it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from poner.environments import describe, parse_requirement
from poner.errors import InstallError, InterpreterNotFoundError, ModelUnreadableError, UsageError
from poner.interpreters import make_environment
from poner.loader import libraries

OTHER_PYTHONS = ("3.11", "3.12", "3.10", "3.9", "3.13")
"""Tried in this order after poner's own: 3.11 has wheels of scikit-learn 1.1 to 1.8."""

MakeEnvironment = Callable[[str, Sequence[str]], Path]


@dataclass(frozen=True)
class Environment:
    """An interpreter beside which one version of scikit-learn is installed."""

    interpreter: Path
    """The interpreter."""
    python_version: str
    """Its Python version, such as `3.11`."""
    is_own: bool
    """Whether it is poner's own."""

    @property
    def places(self) -> list[str]:
        """The folders that hold its packages."""
        if self.is_own:
            return [place for place in sys.path if place]
        root = self.interpreter.parent.parent
        return [str(root / "lib" / f"python{self.python_version}" / "site-packages")]


def environment_of(
    sklearn_version: str,
    make: MakeEnvironment = make_environment,
    more: Sequence[str] = (),
) -> Environment:
    """Poner's own environment if it has the version and all else, else one made for it and kept.

    Args:
        sklearn_version: of the model.
        make: makes the environment of a Python version with requirements.
        more: requirements besides, such as `lightgbm==4.7.0`; hashes may follow.

    Raises:
        ModelUnreadableError: none could be made; names the Python versions tried and the last
            reason.
        UsageError: a requirement is none.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    needed = [_parsed(text) for text in (f"{libraries.SKLEARN}=={sklearn_version}", *more)]
    if all(map(_is_installed, needed)):
        return Environment(Path(sys.executable), own, is_own=True)
    wanted = [*requirements(sklearn_version), *more]
    tried: list[str] = []
    for python_version in dict.fromkeys((own, *OTHER_PYTHONS)):
        try:
            interpreter = make(python_version, wanted)
        except (InterpreterNotFoundError, InstallError) as error:
            tried.append(python_version)
            reason = error
        else:
            return Environment(interpreter, python_version, is_own=False)
    besides = f" and {describe(more)}" if more else ""
    raise ModelUnreadableError(
        f"No environment of scikit-learn {sklearn_version}{besides} could be made with Python "
        f"{', '.join(tried)}: {reason.message}",
        ("Check the versions that are required, or the network" if more else "Check the network")
        + f", or fit the model again with another version of {libraries.SKLEARN}.",
    ) from reason


def _is_installed(requirement: Requirement) -> bool:
    """Whether poner's own environment meets a requirement, if it is one for this Python."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    found = libraries.versions_of([requirement.name], sys.path)
    return all(requirement.specifier.contains(own, True) for own in found.values()) and bool(found)


def _parsed(text: str) -> Requirement:
    """A requirement such as `numpy==1.24.1`.

    Raises:
        UsageError: it is none, or says where to fetch a package from.
    """
    try:
        requirement = parse_requirement(text)
    except InvalidRequirement as error:
        raise _no_requirement(text) from error
    if requirement.url is not None:
        raise _no_requirement(text)
    return requirement


def package_of(requirement: str) -> str:
    """The package that a requirement is for, by its normalised name."""
    return canonicalize_name(_parsed(requirement).name)


def _no_requirement(text: str) -> UsageError:
    return UsageError(f"{text!r} is no requirement.", "Write it as --require NAME==VERSION.")


def requirements(sklearn_version: str) -> list[str]:
    """What to install for a scikit-learn version so that it imports, and reads its own pickles.

    scikit-learn before 1.4.2 was built against numpy 1 (its release notes, April 2024); numpy
    1.26 also reads what numpy 2 wrote. Versions before 1.3 import names that scipy 1.12 removed.
    """
    wanted = [f"scikit-learn=={sklearn_version}"]
    release = tuple(int(part) for part in sklearn_version.split(".")[:3] if part.isdigit())
    if release < (1, 4, 2):
        wanted.append("numpy<2")
    if release < (1, 3):
        wanted.append("scipy<1.12")
    return wanted
