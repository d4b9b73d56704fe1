"""The optional dependencies, in pip's extras: `pip install 'poner[deploy]'`.

poner alone compiles, loads and asks models. Commands that need more check first that their packages
are installed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Literal

from poner.errors import MissingPackageError

Extra = Literal["local", "deploy"]

PACKAGES: Mapping[Extra, Mapping[str, str]] = {
    "local": {
        "deflate": "deflate",
        "elftools": "pyelftools",
        "sklearn": "scikit-learn",
        "yaml": "pyyaml",
    },
    "deploy": {"boto3": "boto3", "yaml": "pyyaml"},
}
"""The packages of each extra: name for import, and name for pip."""


def check_extra(extra: Extra, purpose: str) -> None:
    """Check that the packages of an extra are installed, without importing them.

    Args:
        extra: the group of packages.
        purpose: what needs them; the error begins with it.

    Raises:
        MissingPackageError: packages are missing; names them, and the line that installs them.
    """
    missing = [
        name for module, name in PACKAGES[extra].items() if importlib.util.find_spec(module) is None
    ]
    if missing:
        raise MissingPackageError(
            f"{purpose} needs packages that are not installed: {', '.join(missing)}.",
            f"Install them: pip install 'poner[{extra}]'.",
        )
