"""Packs arrays into one block of bytes, with a description of the block in JSON.

The arrays follow one another in C order, and each begins at a multiple of 16 bytes. The description
is `{"dtypes": [...], "arrays": [[index of the dtype, [length, ...]], ...]}`. It holds no offsets,
which a hostile process could point anywhere: they follow from the lengths, which must add up to the
size of the block. Dtypes are numbers, booleans and fixed-width texts, or structures of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..safe_pickle.array_forms import has_fields_inside
from .frames import FrameError

if TYPE_CHECKING:
    import numpy as np

ALIGNMENT = 16

SCALAR_DTYPE = re.compile(r"[<>|](?:b1|[iu][1248]|f[248]|c(?:8|16)|[US][1-9][0-9]{0,8})")
"""Form of a dtype's text: byte order, kind, size."""


def is_plain(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of this dtype can be sent."""
    parts = [dtype] if dtype.fields is None else [field[0] for field in dtype.fields.values()]
    return all(SCALAR_DTYPE.fullmatch(part.str) and part.shape == () for part in parts)


def pack_arrays(arrays: Sequence[np.ndarray[Any, Any]]) -> tuple[dict[str, Any], bytes]:
    """The description and the block of arrays of plain dtypes."""
    dtypes: list[Any] = []
    places: dict[Any, int] = {}
    described, pieces = [], []
    for array in arrays:
        place = places.get(array.dtype)
        if place is None:
            place = places[array.dtype] = len(dtypes)
            dtypes.append(_dtype_to_json(array.dtype))
        described.append([place, list(array.shape)])
        data = array.tobytes()
        pieces.append(data)
        pieces.append(b"\0" * (-len(data) % ALIGNMENT))
    return {"dtypes": dtypes, "arrays": described}, b"".join(pieces)


def unpack_arrays(described: Mapping[str, Any], block: bytes) -> list[np.ndarray[Any, Any]]:
    """The arrays, which share the block's memory and cannot be written to.

    Raises:
        FrameError: the description and the block do not match.
    """
    import numpy as np

    arrays: list[np.ndarray[Any, Any]] = []
    offset = 0
    try:
        dtypes = [_dtype_from_json(dtype) for dtype in described["dtypes"]]
        for place, shape in described["arrays"]:
            dtype, count = dtypes[place], _count(shape)
            size = count * dtype.itemsize
            if offset + size > len(block):
                raise FrameError("an array that is longer than the block")
            flat = np.frombuffer(block, dtype, count, offset) if size else np.zeros(count, dtype)
            arrays.append(flat.reshape(shape))
            offset += size + -size % ALIGNMENT
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, MemoryError) as error:
        raise FrameError(str(error)) from error
    if offset != len(block):
        raise FrameError("a block that is longer than its arrays")
    return arrays


def _count(shape: list[Any]) -> int:
    count = 1
    for length in shape:
        if type(length) is not int or not 0 <= length < 1 << 40:
            raise FrameError("an array of impossible shape")
        count *= length
    return count


def _dtype_to_json(dtype: np.dtype[Any]) -> Any:
    """Text of a scalar dtype, or the fields of a structured one."""
    if dtype.fields is None or dtype.names is None:
        return dtype.str
    return {
        "names": list(dtype.names),
        "formats": [dtype.fields[name][0].str for name in dtype.names],
        "offsets": [dtype.fields[name][1] for name in dtype.names],
        "itemsize": dtype.itemsize,
    }


def _dtype_from_json(described: Any) -> np.dtype[Any]:
    """The dtype; only dtypes of plain data are accepted."""
    import numpy as np

    formats = described["formats"] if isinstance(described, dict) else [described]
    if not formats:
        raise FrameError("a dtype without fields")
    for text in formats:
        if not isinstance(text, str) or not SCALAR_DTYPE.fullmatch(text):
            raise FrameError("a dtype that is not plain data")
    dtype: np.dtype[Any] = np.dtype(described)
    if not has_fields_inside(dtype):
        raise FrameError("a dtype whose fields lie outside its items")
    return dtype
