"""Checks the states of numpy objects in a graph: shape, dtype and data must agree.

Forms: numpy/_core/src/multiarray/methods.c (`__reduce__` and `__setstate__`, numpy 1.17 to 2.4).
"""

from __future__ import annotations

from typing import Any

from ..array_forms import MOST_DIMENSIONS
from ..faults import FileRefusedError
from . import calls
from .dtypes import DTYPE, holds_objects, item_bytes, tuple_items
from .nodes import NO_STATE, Items, Made, Pairs

LARGEST_LENGTH = 1 << 40
"""Longest dimension of an array; larger integers would take long to multiply."""


def check_numpy_state(node: Made) -> None:
    """Refuse a numpy object or a partial function whose state is inconsistent.

    Raises:
        FileRefusedError: the state is inconsistent.
    """
    if not node.is_call:
        return
    good = True
    if node.function == DTYPE:
        good = item_bytes(node) is not None
    elif node.function == calls.ARRAY:
        good = _array(node.state, 5)
    elif node.function == calls.MASKED_ARRAY:
        good = _array(node.state, 7)
    elif node.function == calls.SCALAR:
        good = node.state is NO_STATE
    elif node.function == calls.PARTIAL:
        good = _partial(node.state)
    if not good:
        raise FileRefusedError(
            f"The rewritten model has a {node.function} with an inconsistent state."
        )


def _array(state: Any, length: int) -> bool:
    """State of an array: version, shape, dtype, is_fortran, bytes or list; masked: two more."""
    parts = tuple_items(state)
    if len(parts) != length:
        return False
    _, shape, dtype, _, data, *masked = parts
    size, count = item_bytes(dtype), 1
    lengths = tuple_items(shape) if isinstance(shape, Items) else [None]
    if size is None or len(lengths) > MOST_DIMENSIONS:
        return False
    for part in lengths:
        if type(part) is not int or not 0 <= part < LARGEST_LENGTH:
            return False
        count *= part
    if masked and not (type(masked[0]) is bytes and len(masked[0]) == count):
        return False
    if holds_objects(dtype):
        return isinstance(data, Items) and data.kind is list and len(data.items) == count
    return type(data) is bytes and len(data) == count * size


def _partial(state: Any) -> bool:
    """State of a partial function: the function, arguments, keywords, attributes."""
    parts = tuple_items(state)
    if len(parts) != 4 or parts[0] != calls.CHECK_ARRAY or tuple_items(parts[1]) != []:
        return False
    attributes = parts[3]
    has_attributes = attributes is not None and not _is_empty_dictionary(attributes)
    return isinstance(parts[2], Pairs) and not has_attributes


def _is_empty_dictionary(value: Any) -> bool:
    return isinstance(value, Pairs) and not value.pairs
