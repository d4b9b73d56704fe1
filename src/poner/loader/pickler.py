"""Pickles the user's own estimator for `poner.save`."""

from __future__ import annotations

import io
import pickle
import types
from typing import Any, BinaryIO

from poner.errors import ModelRefusedError

PICKLE_PROTOCOL = 4
"""The default of Python 3.8 to 3.13; fixed here so that equal models give equal bytes."""


class _Pickler(pickle.Pickler):
    """Refuses classes and functions of `__main__`.

    pickle would store their names only, and no other program could load them.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, PICKLE_PROTOCOL)
        self.modules: set[str] = set()
        """Top-level modules of the classes and functions met."""

    def reducer_override(self, value: object) -> Any:  # the return type of the base class
        named = value if isinstance(value, type | types.FunctionType) else type(value)
        self.modules.add(named.__module__.partition(".")[0])
        if named is value and value.__module__ == "__main__":
            raise ModelRefusedError(
                f"The model uses {named.__qualname__}, which is defined in the script or "
                "notebook itself and cannot be loaded anywhere else.",
                "Move it to a module of its own, import it from there, and list the file in "
                "`include = [...]` under [build] in poner.toml.",
                (f"__main__.{named.__qualname__}",),
            )
        return NotImplemented


def pickle_model(estimator: object) -> tuple[bytes, set[str]]:
    """The bytes of the model file, and the top-level modules of its classes and functions."""
    content = io.BytesIO()
    pickler = _Pickler(content)
    try:
        pickler.dump(estimator)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ModelRefusedError(
            f"The model cannot be saved: {error}.",
            "Remove lambdas, open files and the like from the model, then fit and save it again.",
        ) from error
    return content.getvalue(), pickler.modules
