"""Writes pickles opcode by opcode where no object would give the file that is wanted."""

from __future__ import annotations

import copy
import io
import pickle
import struct
from collections.abc import Callable
from typing import Any

Maker = Callable[[], bytes]

PLACES = 1_000_000
"""From here on the memo is free for `put` and `get`."""


class Code:
    """Stands for opcodes and objects in a row: the objects are written as pickle does."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts


class Called:
    """Pickles as the call of a function, with a state if there is a third part."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return self.parts


class Writer(pickle._Pickler):
    """A pickler that knows `Code`."""

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        """Write one object."""
        if not isinstance(obj, Code):
            super().save(obj, save_persistent_id)  # type: ignore[misc]  # not in typeshed
            return
        for part in obj.parts:
            if isinstance(part, bytes):
                self.write(part)  # type: ignore[attr-defined]  # not in typeshed
            else:
                self.save(part)


def write(*parts: Any) -> bytes:
    """A pickle of protocol 2 of opcodes (bytes) and objects, in their order."""
    stream = io.BytesIO()
    Writer(stream, 2).dump(Code(*parts))
    return stream.getvalue()


def put(place: int) -> bytes:
    """Keep what is on top of the stack."""
    return b"r" + struct.pack("<I", PLACES + place)


def get(place: int) -> bytes:
    """Put what was kept on the stack."""
    return b"j" + struct.pack("<I", PLACES + place)


def made(kind: type) -> Code:
    """A new object of a class, without its state."""
    return Code(kind, b")\x81")


def state_of(value: Any) -> dict[str, Any]:
    """What an object is given as its state."""
    state: dict[str, Any] = copy.copy(value.__reduce_ex__(2)[2])
    return state


def broken(model: Any, **attributes: Any) -> bytes:
    """A pickle of a fitted model with other attributes."""
    changed = copy.copy(model)
    vars(changed).update(attributes)
    return pickle.dumps(changed, 4)


def rebuilt(value: Any, **state: Any) -> Any:
    """An extension object as pickles make it, with parts of its state changed."""
    maker, arguments, own = value.__reduce__()
    return Called(maker, arguments, {**own, **state})
