"""The optional dependencies, in groups that pip calls extras: `pip install 'poner[deploy]'`.

poner alone compiles, loads and asks models. The other commands check first that their packages are
there.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Literal

from poner.errors import MissingPackageError

Extra = Literal["local", "deploy"]

PACKAGES: Mapping[Extra, Mapping[str, str]] = {
    "local": {"deflate": "deflate", "elftools": "pyelftools", "sklearn": "scikit-learn"},
    "deploy": {"boto3": "boto3", "yaml": "pyyaml"},
}
"""Each extra's packages: the name that is imported, and the name that is installed."""


def check_extra(extra: Extra, purpose: str) -> None:
    """Check that the packages of an extra are installed; none is imported.

    Args:
        extra: the group of packages.
        purpose: what needs them, such as `poner build`; the error begins with it.

    Raises:
        MissingPackageError: a package is missing; names it, and the line that installs it.
    """
    missing = [
        name for module, name in PACKAGES[extra].items() if importlib.util.find_spec(module) is None
    ]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        *others, last = missing
        names = f"{', '.join(others)} and {last}" if others else last
        raise MissingPackageError(
            f"{purpose} needs {names}, which {verb} not installed.",
            f"Install what is missing: pip install 'poner[{extra}]'.",
            tuple(missing),
        )
