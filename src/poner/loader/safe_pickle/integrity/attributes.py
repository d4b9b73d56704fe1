"""Refuses attributes that would change what a model calls or writes."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from ..constructors import is_check_array
from ..faults import FileRefusedError
from .parameters import check_parameters


def check_attributes(value: Any) -> None:
    """Refuse an attribute that replaces a method of the object's class."""
    state = getattr(value, "__dict__", None)
    if not isinstance(state, dict):
        return
    kind: Any = type(value)
    for name in state:
        if _is_method(kind, name):
            raise FileRefusedError(
                f"The model file puts data in the place of {kind.__name__}.{name}."
            )
    check_parameters(value)


@functools.lru_cache(maxsize=None)
def _is_method(kind: type, name: str) -> bool:
    """Whether a library's class that the object derives from defines a method of the name."""
    for base in kind.__mro__:
        if name in vars(base) and base.__module__.startswith(LIBRARIES):
            found = vars(base)[name]
            own = inspect.isroutine(found) or isinstance(found, (staticmethod, classmethod))
            return own or type(found).__name__ in DESCRIPTORS
    return False


LIBRARIES = ("sklearn.", "scipy.", "lightgbm.", "xgboost.")
"""Packages whose methods no attribute may replace; classes of the user's own are exempt."""

DESCRIPTORS = ("_AvailableIfDescriptor", "_IffHasAttrDescriptor", "RequestMethod")
"""Descriptors that scikit-learn uses for methods which exist under a condition only."""


def check_options(options: Any) -> None:
    """Refuse options that make a function write its result into an array of the model."""
    import numpy as np

    out = options.get("out")
    given = out if isinstance(out, (tuple, list)) else (out,)
    if any(isinstance(array, np.ndarray) for array in given):
        raise FileRefusedError("The model file tells a function to write into the model (out=).")


def check_partial(partial: Any) -> None:
    """Refuse any partial function but check_array with options."""
    fits = is_check_array(partial.func) and not partial.args and not vars(partial)
    if not fits or not all(map(_is_option, partial.keywords.values())):
        raise FileRefusedError("The model file gives a partial function more than options.")


def _is_option(value: Any) -> bool:
    """Whether a value may be an option of check_array: a plain value, a dtype, or a list."""
    return all(map(_is_plain, value)) if isinstance(value, (list, tuple)) else _is_plain(value)


def _is_plain(value: Any) -> bool:
    import numpy as np

    if isinstance(value, type):
        return issubclass(value, np.generic)
    return value is None or isinstance(value, (bool, int, float, str, np.dtype))


CHECKS = {
    "builtins.object": check_attributes,
    "builtins.dict": check_options,
    "functools.partial": check_partial,
}
"""By class: what is checked of its objects."""
