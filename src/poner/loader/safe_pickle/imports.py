"""Imports the class or function behind a name that the allow-list or the user permits."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from .faults import FileRefusedError, FileUnreadableError

OTHER_SPELLING = {"numpy.core": "numpy._core", "numpy._core": "numpy.core"}
"""numpy 2 renamed this package. Old pickles have one name and new pickles the other."""

MODULE_HOMES = {"_loss": "sklearn._loss._loss"}
"""Full names of extension modules whose classes record a module without its package."""


def resolve(module: str, name: str, own_modules: frozenset[str] = frozenset()) -> Any:
    """The class or function behind a global that the allow-list or `own_modules` permit.

    Raises:
        FileUnreadableError: this environment does not have the global.
        FileRefusedError: a module of the user's own imports it from elsewhere, such as os.system.
    """
    if module.partition(".")[0] in own_modules:
        return _resolve_own(module, name, own_modules)
    for place in _places(module):
        try:
            importlib.import_module(place)
        except ImportError:
            continue
        found = getattr(sys.modules.get(module, sys.modules[place]), name, None)
        if found is None:
            found = getattr(sys.modules[place], name, None)
        if found is not None:
            return found
    raise FileUnreadableError(
        f"The model needs {module}.{name}, which the installed packages do not have.",
        f"Name the version that saved the model with --require "
        f"{module.partition('.')[0]}==VERSION, or save the model again with the installed version.",
    )


def _resolve_own(module: str, name: str, own_modules: frozenset[str]) -> Any:
    """Import a module of the user's own, and return its class or function."""
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        raise FileUnreadableError(
            f"The included module {module} imports {error.name}, which is not installed where "
            "the model is read.",
            f"Add it with --require {str(error.name).partition('.')[0]}==VERSION; or if it is your "
            "own module, add it to include.",
        ) from error
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise FileUnreadableError(
            f"Importing the included module {module} raised {type(error).__name__}: {lines[-1]}",
            "Correct the module so that it can be imported alone, then run the command again.",
        ) from error
    if found is None:
        raise FileUnreadableError(
            f"The model needs {module}.{name}, which the included module does not have.",
            "Include the module that the model was saved with.",
        )
    home = str(getattr(found, "__module__", None)).partition(".")[0]
    if not isinstance(found, (type, types.FunctionType)) or home not in own_modules:
        raise refused(module, name, "name")
    return found


def _places(module: str) -> list[str]:
    places = [MODULE_HOMES.get(module, module)]
    for spelling, other in OTHER_SPELLING.items():
        if module == spelling or module.startswith(spelling + "."):
            places.append(other + module[len(spelling) :])
    return places


def refused(module: str, name: str, what: str) -> FileRefusedError:
    """The error that refuses a global."""
    return FileRefusedError(f"The model file would {what} {module}.{name}.", [f"{module}.{name}"])
