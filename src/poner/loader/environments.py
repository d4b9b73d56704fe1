"""The environment of the scikit-learn version that fitted a model, with what else it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from poner.environments import bounds_of_sklearn, make_environment, read_requirement
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
        ModelUnreadableError: none could be made; names the Python versions tried and the last
            reason.
        UsageError: a requirement is none.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    texts = (f"{libraries.SKLEARN}=={sklearn_version}", *more)
    needed = [read_requirement(text, UsageError) for text in texts]
    if all(map(_is_installed, needed)):
        return Environment(Path(sys.executable), own, is_own=True)
    wanted = [f"{libraries.SKLEARN}=={sklearn_version}", *bounds_of_sklearn(sklearn_version), *more]
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
        f"{reason.hint.rstrip('.')}; or fit the model again with another {libraries.SKLEARN}.",
    ) from reason


def _is_installed(requirement: Requirement) -> bool:
    """Whether poner's own environment meets a requirement, if it is one for this Python."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    found = libraries.versions_of([requirement.name], sys.path)
    return all(requirement.specifier.contains(own, True) for own in found.values()) and bool(found)
