"""The environment of the scikit-learn version that fitted a model."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from poner.errors import InstallError, InterpreterNotFoundError, ModelUnreadableError
from poner.interpreters import make_environment

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


def environment_of(sklearn_version: str, make: MakeEnvironment = make_environment) -> Environment:
    """Poner's own environment if it has the version, else one made for it and kept.

    Raises:
        ModelUnreadableError: none could be made; names the Python versions tried and the last
            reason.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sklearn_version == importlib.metadata.version("scikit-learn"):
        return Environment(Path(sys.executable), own, is_own=True)
    wanted = requirements(sklearn_version)
    tried: list[str] = []
    for python_version in dict.fromkeys((own, *OTHER_PYTHONS)):
        try:
            interpreter = make(python_version, wanted)
        except (InterpreterNotFoundError, InstallError) as error:
            tried.append(python_version)
            reason = error
        else:
            return Environment(interpreter, python_version, is_own=False)
    raise ModelUnreadableError(
        f"No environment of scikit-learn {sklearn_version} could be made with Python "
        f"{', '.join(tried)}: {reason.message}",
        "Check the network, or fit the model again with scikit-learn "
        f"{importlib.metadata.version('scikit-learn')}.",
    ) from reason


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
