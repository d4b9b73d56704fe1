"""The environment of the scikit-learn version that fitted a model, with what else it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from poner.environments import (
    installable_sklearn,
    make_environment,
    needs_of_sklearn,
    read_requirement,
)
from poner.environments.requirements import describe
from poner.errors import InstallError, InterpreterNotFoundError, ModelUnreadableError, UsageError
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
        ModelUnreadableError: none could be made; names the Python versions tried and the reason.
        UsageError: a requirement is none.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    pin = f"{libraries.SKLEARN}=={installable_sklearn(sklearn_version)}"
    needed = [read_requirement(text, UsageError) for text in (pin, *more)]
    if all(map(_is_installed, needed)):
        return Environment(Path(sys.executable), own, is_own=True)
    needs = needs_of_sklearn(sklearn_version)
    reasons: dict[str, InterpreterNotFoundError | InstallError] = {}
    for python_version in needs.python_versions or dict.fromkeys((own, *OTHER_PYTHONS)):
        try:
            interpreter = make(python_version, [pin, *needs.bounds, *more])
        except (InterpreterNotFoundError, InstallError) as error:
            reasons[python_version] = error
        else:
            return Environment(interpreter, python_version, is_own=False)
    besides = f" and {describe(more)}" if more else ""
    raise _none_made(f"scikit-learn {sklearn_version}{besides}", reasons)


def _none_made(
    what: str, reasons: Mapping[str, InterpreterNotFoundError | InstallError]
) -> ModelUnreadableError:
    """The error where no environment could be made, with the reason of each Python tried."""
    found = [error for error in reasons.values() if isinstance(error, InstallError)]
    reason = found[-1] if found else next(iter(reasons.values()))
    refit = f"where the model was fitted, fit it again with a newer {libraries.SKLEARN}"
    if found:
        message = f"could be made with Python {', '.join(reasons)}: {reason.message}"
        hint = f"{reason.hint.rstrip('.')}; or, {refit}."
    else:
        message = (
            f"could be made: it needs Python {' or '.join(reasons)}, which is not on this machine "
            "and could not be fetched."
        )
        first = next(iter(reasons))
        hint = (
            f"Install Python {first} (`uv python install {first}`, pyenv or your system's "
            f"packages); or, {refit}."
        )
    error = ModelUnreadableError(f"No environment of {what} {message}", hint)
    error.__cause__ = reason
    return error


def _is_installed(requirement: Requirement) -> bool:
    """Whether poner's own environment meets a requirement, if it is one for this Python."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    found = libraries.versions_of([requirement.name], sys.path)
    return all(requirement.specifier.contains(own, True) for own in found.values()) and bool(found)
