"""The functions that a canonical pickle may call, and their arguments.

These are fewer than a model file may call (constructors.py), since each set, array or bytes object
is written in one way only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..constructors import BY_NAME
from ..faults import FileRefusedError
from ..random_states import BIT_GENERATORS
from .dtypes import DTYPE, holds_objects, is_dtype_call, item_bytes
from .nodes import Global, Items, Made, Pairs

NDARRAY = Global("numpy", "ndarray")
ARRAY = Global("numpy.core.multiarray", "_reconstruct")
SCALAR = Global("numpy.core.multiarray", "scalar")
MASKED_ARRAY = Global("numpy.ma.core", "_mareconstruct")
PARTIAL = Global("functools", "partial")
CHECK_ARRAY = Global("sklearn.utils.validation", "check_array")

FACTORIES = {None, *(Global("builtins", name) for name in ("int", "float", "list", "dict"))}
FACTORIES |= {Global("collections", "OrderedDict"), Global("builtins", "set")}
"""Factories that a defaultdict may have."""

MOST_PARTS = 100
"""Arguments of a call, and parts of each; extension classes take a dozen numbers."""

PLAIN = (type(None), bool, int, float, str, bytes, Global)


def check_arguments(node: Made) -> None:
    """Refuse a call whose arguments no fitted model has.

    Raises:
        FileRefusedError: the arguments are wrong.
    """
    check = CHECKS.get(node.function)
    if check is None:
        # Extension classes of scikit-learn, and Cython's reconstructors; see constructors.py.
        name = f"{node.function}".replace("numpy._core", "numpy.core")
        few = len(node.arguments) <= MOST_PARTS
        good = name not in BY_NAME and few and all(map(_is_plain, node.arguments))
    else:
        good = check(node.arguments)
    if not good:
        raise FileRefusedError(
            f"The rewritten model calls {node.function} with arguments no fitted model has.",
            [str(node.function)],
        )


def _is_plain(argument: Any) -> bool:
    """A plain value, an array or number of numpy's, or a flat tuple or dictionary of these."""
    parts: Sequence[Any] = [argument]
    if isinstance(argument, Items) and argument.kind is tuple:
        parts = argument.items
    elif isinstance(argument, Pairs):
        parts = [value for pair in argument.pairs[: MOST_PARTS + 1] for value in pair]
    return len(parts) <= MOST_PARTS and all(
        isinstance(part, PLAIN)
        or (isinstance(part, Made) and part.is_call and part.function in (ARRAY, SCALAR))
        for part in parts
    )


def _array(arguments: Sequence[Any]) -> bool:
    kind, shape, code = arguments if len(arguments) == 3 else (None, None, None)
    return kind == NDARRAY and _is_empty(shape) and code == b"b"


def _masked_array(arguments: Sequence[Any]) -> bool:
    kind, base, shape, code = arguments if len(arguments) == 4 else (None,) * 4
    names = (Global("numpy.ma.core", "MaskedArray"), Global("numpy.ma", "MaskedArray"))
    return kind in names and base == NDARRAY and _is_empty(shape) and code in ("b", b"b")


def _is_empty(shape: Any) -> bool:
    return isinstance(shape, Items) and shape.kind is tuple and shape.items == [0]


def _scalar(arguments: Sequence[Any]) -> bool:
    dtype, data = arguments if len(arguments) == 2 else (None, None)
    return type(data) is bytes and item_bytes(dtype) == len(data) and not holds_objects(dtype)


def _is_bound(value: Any) -> bool:
    """Whether a slice may begin or end with this value: an index, or a column's name."""
    is_number = isinstance(value, Made) and value.is_call and value.function == SCALAR
    return value is None or type(value) in (bool, int, float, str) or is_number


def _bit_generator(arguments: Sequence[Any]) -> bool:
    return len(arguments) == 1 and arguments[0] in BIT_GENERATORS


def _of(*kinds: type) -> Callable[[Sequence[Any]], bool]:
    """A check for up to `len(kinds)` arguments, each None, an int or of its kind."""

    def check(arguments: Sequence[Any]) -> bool:
        return len(arguments) <= len(kinds) and all(
            argument is None or type(argument) in (kind, int)
            for argument, kind in zip(arguments, kinds)
        )

    return check


CHECKS: dict[Global, Callable[[Sequence[Any]], bool]] = {
    DTYPE: is_dtype_call,
    ARRAY: _array,
    SCALAR: _scalar,
    MASKED_ARRAY: _masked_array,
    PARTIAL: lambda arguments: list(arguments) == [CHECK_ARRAY],
    Global("builtins", "bytearray"): lambda arguments: (
        len(arguments) <= 1 and all(type(argument) is bytes for argument in arguments)
    ),
    Global("builtins", "complex"): _of(float, float),
    Global("builtins", "range"): _of(int, int, int),
    Global("builtins", "slice"): lambda arguments: all(map(_is_bound, arguments)),
    Global("collections", "OrderedDict"): lambda arguments: not arguments,
    Global("collections", "defaultdict"): lambda arguments: (
        len(arguments) <= 1 and all(argument in FACTORIES for argument in arguments)
    ),
    Global("numpy.random._pickle", "__randomstate_ctor"): _bit_generator,
    Global("numpy.random._pickle", "__generator_ctor"): _bit_generator,
}
"""By class or function: the check of its arguments."""
