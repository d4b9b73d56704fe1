"""From a fitted scikit-learn model to an HTTPS endpoint on AWS Lambda.

The flow of the command line, for notebooks: `save`, `compile`, `load`, `build`, `local`, `predict`
and `deploy`, which gives a `Deployment`. `import poner` loads none of scikit-learn, boto3 and
pyarrow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poner.api import Deployment, build, compile, deploy, load, local, predict, save

__all__ = ["save", "compile", "load", "build", "local", "predict", "deploy", "Deployment"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("poner.api"), name)
    raise AttributeError(f"module 'poner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)  # what a notebook completes
