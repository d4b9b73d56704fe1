"""Checks the shape and the dtype of an array, and makes arrays from bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeGuard

    import numpy as np

MOST_DIMENSIONS = 32
"""Most dimensions of an array that every version of numpy supports."""


def is_shape(shape: Any) -> TypeGuard[tuple[int, ...]]:
    """Whether a value is the shape of an array."""
    return (
        type(shape) is tuple
        and len(shape) <= MOST_DIMENSIONS
        and all(type(length) is int and length >= 0 for length in shape)
    )


def has_fields_inside(dtype: np.dtype[Any]) -> bool:
    """Whether every field of a structured dtype lies inside an item.

    numpy adds offset and size as 32-bit numbers, so it accepts an offset of 2147483647 (tried with
    1.24 to 2.4).
    """
    fields = (dtype.fields or {}).values()
    return all(0 <= field[1] <= dtype.itemsize - field[0].itemsize for field in fields)


def array_of(data: bytes | bytearray, dtype: Any, shape: Any, order: Any) -> Any:
    """An array with its own memory; the caller has checked that the data fill the shape."""
    import numpy as np

    if not data:
        return np.zeros(shape, dtype, order)
    return np.frombuffer(bytearray(data), dtype).reshape(shape, order=order)
