"""Checks states of numpy's objects in a graph: sizes fit, and pointers are no plain bytes.

Forms: numpy/_core/src/multiarray/descriptor.c and methods.c (`__reduce__` and `__setstate__`,
numpy 1.17 to 2.4).
"""

from __future__ import annotations

from typing import Any

from ..faults import FileRefusedError
from . import calls
from .graph import NO_STATE, Items, Made, Pairs

BYTE_ORDERS = ("<", ">", "|")
MOST_DIMENSIONS = 32
OBJECT_FLAGS = 63
"""Flags of the dtype of objects: its items are pointers that numpy counts and sets up."""
STRUCTURE_FLAGS = (0, 16, 128, 144)
"""Flags of structures without pointers: access by name (16), aligned (128)."""
CHARACTER_BYTES = {"U": 4, "S": 1, "V": 1}
LARGEST_LENGTH = 1 << 40
"""Of one dimension of an array: longer ones are integers that take long to multiply."""


def check_numpy_state(node: Made) -> None:
    """Whether an object of numpy's, or a partial, has a state that fits it.

    Raises:
        FileRefusedError: it has not.
    """
    if not node.is_call:
        return
    good = True
    if node.function == calls.DTYPE:
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
        raise FileRefusedError(f"The rewritten model has a {node.function} that does not fit.")


def item_bytes(dtype: Any) -> int | None:
    """Bytes of one item of a dtype that is well formed; None if it is not."""
    if not _is_dtype(dtype):
        return None
    if dtype.checked is None:
        dtype.checked = (_item_bytes(dtype),)
    size: int | None = dtype.checked[0]
    return size


def _is_dtype(dtype: Any) -> bool:
    """Whether a node calls numpy.dtype with the arguments that numpy's pickles give."""
    is_dtype = isinstance(dtype, Made) and dtype.is_call and dtype.function == calls.DTYPE
    return is_dtype and calls.is_dtype_call(dtype.arguments)


def _item_bytes(dtype: Made) -> int | None:
    code, size = dtype.arguments[0], int(dtype.arguments[0][1:])
    size *= CHARACTER_BYTES.get(code[0], 1)
    if dtype.state is NO_STATE:
        return size
    state = _tuple(dtype.state)
    lengths = (8, 9) if code[0] in "mM" else (8,)  # dates keep their unit behind the rest
    if len(state) not in lengths or state[1] not in BYTE_ORDERS or state[2] is not None:
        return None
    names, fields, item_size, flags = state[3], state[4], state[5], state[7]
    if names is not None:
        good = code[0] == "V" and item_size == size and flags in STRUCTURE_FLAGS
        return size if good and _fields(names, fields, size) else None
    wanted = OBJECT_FLAGS if code[0] == "O" else 8 if code[0] == "U" else 0
    return size if fields is None and flags == wanted and item_size in (-1, size) else None


def _fields(names: Any, fields: Any, size: int) -> bool:
    """Whether fields hold no objects, lie within the item, and are those that are named."""
    if not isinstance(fields, Pairs) or [name for name, _ in fields.pairs] != _tuple(names):
        return False
    for _, field in fields.pairs:
        dtype, offset = (*_tuple(field), None, None)[:2]
        length = item_bytes(dtype) if _is_plain(dtype) else None
        if type(offset) is not int or length is None or not 0 <= offset <= size - length:
            return False
    return True


def _is_plain(dtype: Any) -> bool:
    """Whether a dtype is that of a number or a text: fields hold no objects and no fields."""
    if not _is_dtype(dtype) or holds_objects(dtype):
        return False
    state = _tuple(dtype.state)
    return len(state) < 5 or (state[3] is None and state[4] is None)


def holds_objects(dtype: Any) -> bool:
    """Whether a dtype is that of objects; fields never are."""
    return isinstance(dtype, Made) and bool(dtype.arguments) and dtype.arguments[0] == "O8"


def _array(state: Any, length: int) -> bool:
    """State of an array: version, shape, dtype, is_fortran, bytes or list; masked: two more."""
    parts = _tuple(state)
    if len(parts) != length:
        return False
    _, shape, dtype, _, data, *masked = parts
    size, count = item_bytes(dtype), 1
    lengths = _tuple(shape) if isinstance(shape, Items) else [None]
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
    parts = _tuple(state)
    if len(parts) != 4 or parts[0] != calls.CHECK_ARRAY or _tuple(parts[1]) != []:
        return False
    attributes = parts[3]
    has_attributes = attributes is not None and not _is_empty_dictionary(attributes)
    return isinstance(parts[2], Pairs) and not has_attributes


def _is_empty_dictionary(value: Any) -> bool:
    return isinstance(value, Pairs) and not value.pairs


def _tuple(value: Any) -> list[Any]:
    return value.items if isinstance(value, Items) and value.kind is tuple else []
