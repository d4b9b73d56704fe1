"""Reads pandas' indexes and string arrays, as which a model keeps names of columns, as lists.

No environment of a model has pandas, so each of its globals has a stand-in here. An index becomes a
list as it is made. A string array is an empty list until it gets its state, which fills it.

Forms: pickles of pandas 0.25 to 3.0, with and without pyarrow, read 2026-12-01; the buffers of a
string array are laid out as Arrow's columnar format says ("Variable-size Binary Layout").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .bare_objects import BareObjects
from .faults import damaged, wrong_arguments

PACKAGES = frozenset({"pandas", "pyarrow"})
"""Packages whose globals are never imported for a file, nor named in what is written anew."""

OFFSET_BYTES = {"string": 4, "large_string": 8, "utf8": 4, "large_utf8": 8}
"""Bytes of one offset, by the alias of Arrow's type."""

PLAIN_KINDS = "OSUbiuf"
"""Kinds of dtype whose items are plain values."""


class Index:
    """Stands for a class of indexes that keep their values in an array."""


class RangeIndex:
    """Stands for the index of a range of whole numbers."""


class Texts:
    """Stands for a class of string arrays, whose instances are lists."""

    def __new__(cls) -> Any:
        """An empty list, which its state fills."""
        return []


class Dtype:
    """Stands for the dtype of a string array."""


class Missing:
    """Stands for pandas' mark of a missing value."""


class ArrowType:
    """A type of Arrow's, by its alias."""

    def __init__(self, alias: str) -> None:
        self.alias = alias


class ArrowBuffer:
    """Bytes of an Arrow array."""

    def __init__(self, data: bytes) -> None:
        self.data = data


class ArrowTexts:
    """An array of Arrow's."""

    def __init__(self, texts: list[Any]) -> None:
        self.texts = texts


STAND_INS: Mapping[str, type] = {
    "pandas.Index": Index,
    "pandas.RangeIndex": RangeIndex,
    "pandas.arrays.StringArray": Texts,
    "pandas.arrays.ArrowStringArray": Texts,
    "pandas.core.arrays.string_.StringDtype": Dtype,
    "pandas.NA": Missing,
}
"""By a class's newest name: what a file gets in its place."""


def new_index(objects: BareObjects, arguments: tuple[Any, ...]) -> list[Any]:
    """Pandas' _new_Index(class, parts): the values as a list."""
    kind, parts = arguments if len(arguments) == 2 else (None, None)
    if kind is RangeIndex and type(parts) is dict:
        start, stop, step = (parts.get(name) for name in ("start", "stop", "step"))
        if type(start) is type(stop) is type(step) is int and step:
            values = range(start, stop, step)
            objects.allowance.check_shape((len(values),), 1)
            return list(values)
    elif kind is Index and type(parts) is dict:
        return plain_list(parts.get("data"), objects)
    raise wrong_arguments("_new_Index")


def new_texts(objects: BareObjects, arguments: tuple[Any, ...]) -> list[Any]:
    """Pandas' __pyx_unpickle_NDArrayBacked(class, checksum, state): a string array to be filled."""
    if len(arguments) != 3 or arguments[0] is not Texts or arguments[2] is not None:
        raise wrong_arguments("__pyx_unpickle_NDArrayBacked")
    return []


def new_dtype(objects: BareObjects, arguments: tuple[Any, ...]) -> Dtype:
    """Pandas' StringDtype(storage, missing value)."""
    return Dtype()


def new_arrow_type(objects: BareObjects, arguments: tuple[Any, ...]) -> ArrowType:
    """Pyarrow's type_for_alias(alias)."""
    if len(arguments) != 1 or arguments[0] not in OFFSET_BYTES:
        raise wrong_arguments("type_for_alias")
    return ArrowType(arguments[0])


def new_arrow_buffer(objects: BareObjects, arguments: tuple[Any, ...]) -> ArrowBuffer:
    """Pyarrow's py_buffer(bytes)."""
    if len(arguments) != 1 or not isinstance(arguments[0], (bytes, bytearray)):
        raise wrong_arguments("py_buffer")
    objects.allowance.spend(len(arguments[0]))
    return ArrowBuffer(bytes(arguments[0]))


def new_arrow_texts(objects: BareObjects, arguments: tuple[Any, ...]) -> ArrowTexts:
    """Pyarrow's _restore_array((type, length, nulls, offset, buffers, children, dictionary))."""
    (parts,) = arguments if len(arguments) == 1 else ((),)
    if type(parts) is not tuple or len(parts) < 5 or type(parts[4]) is not list:
        raise wrong_arguments("_restore_array")
    kind, length, _, offset, buffers = parts[:5]
    if not isinstance(kind, ArrowType) or len(buffers) != 3:
        raise wrong_arguments("_restore_array")
    known, ends, data = (
        buffer.data if isinstance(buffer, ArrowBuffer) else b"" for buffer in buffers
    )
    size = OFFSET_BYTES[kind.alias]
    if not type(length) is type(offset) is int or not 0 <= length <= len(ends) or offset < 0:
        raise wrong_arguments("_restore_array")
    objects.allowance.spend(length + len(data))
    texts: list[Any] = []
    for place in range(offset, offset + length):
        begin, end = (_offset(ends, size, at) for at in (place, place + 1))
        if not 0 <= begin <= end <= len(data) or (known and place // 8 >= len(known)):
            raise damaged("a string array is inconsistent")
        missing = bool(known) and not known[place // 8] >> place % 8 & 1
        texts.append(None if missing else data[begin:end].decode("utf-8", "surrogatepass"))
    return ArrowTexts(texts)


def _offset(ends: bytes, size: int, place: int) -> int:
    return int.from_bytes(ends[size * place : size * (place + 1)], "little", signed=True)


def join_arrow_texts(objects: BareObjects, arguments: tuple[Any, ...]) -> ArrowTexts:
    """Pyarrow's chunked_array(chunks, type)."""
    chunks = arguments[0] if arguments else None
    if type(chunks) is not list or not all(isinstance(chunk, ArrowTexts) for chunk in chunks):
        raise wrong_arguments("chunked_array")
    objects.allowance.spend(sum(len(chunk.texts) for chunk in chunks))
    return ArrowTexts([text for chunk in chunks for text in chunk.texts])


CALLS = {
    "pandas.core.indexes.base._new_Index": new_index,
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked": new_texts,
    "pandas.StringDtype": new_dtype,
    "pyarrow.lib.type_for_alias": new_arrow_type,
    "pyarrow.lib.py_buffer": new_arrow_buffer,
    "pyarrow.lib._restore_array": new_arrow_texts,
    "pyarrow.lib.chunked_array": join_arrow_texts,
}
"""By the newest name of what a file may call: what is done in its place."""


def fill_texts(target: list[Any], state: Any, objects: BareObjects) -> None:
    """Give a string array its texts: from a state of (dtype, array, ...), or one with Arrow's."""
    import numpy as np

    arrays: Sequence[Any] = ()
    if type(state) is tuple:
        arrays = [part for part in state if isinstance(part, np.ndarray)]
    elif type(state) is dict:
        found = (state.get(name) for name in ("_pa_array", "_data", "_ndarray"))
        arrays = [part for part in found if part is not None]
    if target or len(arrays) != 1:
        raise damaged("a string array is inconsistent")
    held = arrays[0]
    target.extend(held.texts if isinstance(held, ArrowTexts) else plain_list(held, objects))


def plain_list(values: Any, objects: BareObjects) -> list[Any]:
    """The values of a column of names.

    Raises:
        FileUnreadableError: they are something else than plain values.
    """
    import numpy as np

    if type(values) is list:
        return values
    if (
        not isinstance(values, np.ndarray)
        or values.ndim != 1
        or values.dtype.kind not in PLAIN_KINDS
    ):
        raise damaged("an index holds something other than plain values")
    objects.allowance.spend(len(values))
    return [None if value is Missing else value for value in values.tolist()]
