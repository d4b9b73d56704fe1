"""The environment of the scikit-learn version that fitted a model, with its other requirements."""

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
"""Python versions to try after poner's own, in this order: 3.11 comes first, since wheels of
scikit-learn 1.1 to 1.8 exist for it."""

MakeEnvironment = Callable[[str, Sequence[str]], Path]


@dataclass(frozen=True)
class Environment:
    """A Python environment with one version of scikit-learn."""

    interpreter: Path
    """Path of the interpreter."""
    python_version: str
    """Python version of the interpreter, such as `3.11`."""
    is_own: bool
    """Whether this is the environment that poner runs in."""

    @property
    def places(self) -> list[str]:
        """The folders that hold the environment's packages."""
        if self.is_own:
            return [place for place in sys.path if place]
        root = self.interpreter.parent.parent
        return [str(root / "lib" / f"python{self.python_version}" / "site-packages")]


def environment_of(
    sklearn_version: str,
    make: MakeEnvironment = make_environment,
    more: Sequence[str] = (),
) -> Environment:
    """The environment of poner if it meets all requirements; else one that is made and cached.

    Args:
        sklearn_version: version of the scikit-learn that fitted the model.
        make: makes an environment from a Python version and requirements.
        more: further requirements, such as `lightgbm==4.7.0`; hashes may follow.

    Raises:
        ModelUnreadableError: no environment could be made; the message names the Python versions
            tried and the last reason.
        UsageError: a requirement cannot be parsed.
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
    """Whether poner's own environment meets a requirement; true if it is for another Python."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    found = libraries.versions_of([requirement.name], sys.path)
    return all(requirement.specifier.contains(own, True) for own in found.values()) and bool(found)
