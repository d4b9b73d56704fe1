"""Checks numpy dtypes in a graph, and computes the size of an item.

Forms: numpy/_core/src/multiarray/descriptor.c (`__reduce__` and `__setstate__`, numpy 1.17 to 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .nodes import NO_STATE, Global, Items, Made, Pairs

DTYPE = Global("numpy", "dtype")

DTYPE_CODE = re.compile(r"(?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SUV]\d{1,9}|O8|[mM]8)")
"""Codes of dtypes as numpy itself pickles them."""

BYTE_ORDERS = ("<", ">", "|")
OBJECT_FLAGS = 63
"""Flags of the dtype of objects: its items are pointers that numpy counts and sets up."""
STRUCTURE_FLAGS = (0, 16, 128, 144)
"""Flags of structures without pointers: access by name (16), aligned (128)."""
CHARACTER_BYTES = {"U": 4, "S": 1, "V": 1}


def is_dtype_call(arguments: Sequence[Any]) -> bool:
    """Whether numpy.dtype is called as numpy's own pickles call it."""
    code, align, copy = arguments if len(arguments) == 3 else (None, None, None)
    return (
        type(code) is str and bool(DTYPE_CODE.fullmatch(code)) and align is False and copy is True
    )


def item_bytes(dtype: Any) -> int | None:
    """Bytes of one item of a dtype; None if the dtype is malformed."""
    if not _is_dtype(dtype):
        return None
    if dtype.checked is None:
        dtype.checked = (_item_bytes(dtype),)
    size: int | None = dtype.checked[0]
    return size


def _is_dtype(dtype: Any) -> bool:
    """Whether a node calls numpy.dtype with the arguments that numpy's pickles give."""
    is_dtype = isinstance(dtype, Made) and dtype.is_call and dtype.function == DTYPE
    return is_dtype and is_dtype_call(dtype.arguments)


def _item_bytes(dtype: Made) -> int | None:
    code, size = dtype.arguments[0], int(dtype.arguments[0][1:])
    size *= CHARACTER_BYTES.get(code[0], 1)
    if dtype.state is NO_STATE:
        return size
    state = tuple_items(dtype.state)
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
    """Whether the fields match their names, hold plain data and lie within the item."""
    if not isinstance(fields, Pairs) or [name for name, _ in fields.pairs] != tuple_items(names):
        return False
    for _, field in fields.pairs:
        dtype, offset = (*tuple_items(field), None, None)[:2]
        length = item_bytes(dtype) if _is_plain(dtype) else None
        if type(offset) is not int or length is None or not 0 <= offset <= size - length:
            return False
    return True


def _is_plain(dtype: Any) -> bool:
    """Whether a dtype is of a number or a text: without objects and without fields."""
    if not _is_dtype(dtype) or holds_objects(dtype):
        return False
    state = tuple_items(dtype.state)
    return len(state) < 5 or (state[3] is None and state[4] is None)


def holds_objects(dtype: Any) -> bool:
    """Whether a dtype is numpy's object dtype; fields never have it."""
    return isinstance(dtype, Made) and bool(dtype.arguments) and dtype.arguments[0] == "O8"


def tuple_items(value: Any) -> list[Any]:
    """The items of a tuple in a graph; an empty list for any other value."""
    return value.items if isinstance(value, Items) and value.kind is tuple else []
