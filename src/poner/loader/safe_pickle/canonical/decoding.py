"""Reads a canonical pickle into its graph; accepts only opcodes that `encoding.py` writes.

Decoding imports and calls nothing. The decoder also accepts some pickles that are not canonical;
`checked` finds them by encoding the graph again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from ..faults import NotCanonicalError
from . import encoding as codes
from .nodes import NO_STATE, Global, Items, Made, Pairs

MOST_NODES = 4_000_000
"""Containers, objects and calls of one model; each takes some 200 bytes here."""


def decode(content: bytes) -> Any:
    """The graph of a canonical pickle.

    Raises:
        NotCanonicalError: the bytes are not such a pickle.
    """
    decoder = _Decoder(content)
    try:
        return decoder.read()
    except (IndexError, KeyError, ValueError, TypeError, AttributeError, struct.error) as error:
        where = f"at byte {decoder.at} of {len(content)}"
        raise NotCanonicalError(f"it cannot be read {where}") from error


class _Decoder:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: list[Any] = []
        self.left = MOST_NODES

    def read(self) -> Any:
        if self.take(2) != codes.PROTOCOL:
            raise ValueError("another protocol")
        content = self.content
        while True:
            opcode = content[self.at : self.at + 1]
            self.at += 1
            if opcode == codes.STOP:
                break
            STEPS[opcode](self)
        if self.at != len(content) or len(self.stack) != 1 or self.marked:
            raise ValueError("it has more than one object")
        return self.stack[0]

    def take(self, size: int) -> bytes:
        """The next bytes."""
        data = self.content[self.at : self.at + size]
        if len(data) != size:
            raise ValueError("too short")
        self.at += size
        return data

    def unpack(self, form: str) -> Any:
        """The next number."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def counted(self, node: Any) -> Any:
        """Count a new node, and return it; at most MOST_NODES are allowed."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("more objects than a model has")
        return node

    def pop_marked(self) -> list[Any]:
        """Everything above the last mark."""
        items = self.stack
        self.stack = self.marked.pop()
        return items


def _mark(decoder: _Decoder) -> None:
    decoder.marked.append(decoder.stack)
    decoder.stack = []


def _constant(value: Any) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(value)


def _number(form: str) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(decoder.unpack(form))


def _integer(form: str) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(
        int.from_bytes(decoder.take(decoder.unpack(form)), "little", signed=True)
    )


def _bytes(form: str) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(decoder.take(decoder.unpack(form)))


def _text(form: str) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(
        decoder.take(decoder.unpack(form)).decode("utf-8", "surrogatepass")
    )


def _tuple_of(length: int) -> Callable[[_Decoder], None]:
    def step(decoder: _Decoder) -> None:
        items = decoder.stack[-length:]
        if len(items) < length:
            raise ValueError("a tuple takes more items than the stack holds")
        decoder.stack[-length:] = [decoder.counted(Items(tuple, items))]

    return step


def _marked(kind: type) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(decoder.counted(Items(kind, decoder.pop_marked())))


def _empty(kind: type) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(decoder.counted(Items(kind)))


def _append(decoder: _Decoder) -> None:
    items = decoder.pop_marked()
    target = decoder.stack[-1]
    if isinstance(target, Items) and target.kind is not list:
        raise ValueError("items are appended to something other than a list")
    _fill(target, items)


def _add(decoder: _Decoder) -> None:
    items = decoder.pop_marked()
    target = decoder.stack[-1]
    if not isinstance(target, Items) or target.kind is not set:
        raise ValueError("items are added to something other than a set")
    _fill(target, items)


def _fill(target: Any, items: list[Any]) -> None:
    if target.items or (isinstance(target, Made) and target.state is not NO_STATE):
        raise ValueError("items are added twice")
    target.items.extend(items)


def _set_items(decoder: _Decoder) -> None:
    items = decoder.pop_marked()
    target = decoder.stack[-1]
    if target.pairs or (isinstance(target, Made) and target.state is not NO_STATE):
        raise ValueError("items are set twice")
    target.pairs.extend(zip(items[::2], items[1::2]))
    if len(items) % 2:
        raise ValueError("a key has no value")


def _global(decoder: _Decoder) -> None:
    module, name = decoder.stack[-2:]
    if type(module) is not str or type(name) is not str:
        raise ValueError("a global has no name")
    decoder.stack[-2:] = [Global(module, name)]


def _make(is_call: bool) -> Callable[[_Decoder], None]:
    def step(decoder: _Decoder) -> None:
        function, arguments = decoder.stack[-2:]
        if not isinstance(function, Global) or not isinstance(arguments, Items):
            raise ValueError("something other than a class or function is called")
        if arguments.kind is not tuple:
            raise ValueError("a call has no arguments")
        decoder.stack[-2:] = [decoder.counted(Made(function, is_call, arguments.items))]

    return step


def _build(decoder: _Decoder) -> None:
    state = decoder.stack.pop()
    target = decoder.stack[-1]
    if not isinstance(target, Made) or target.state is not NO_STATE:
        raise ValueError("a state is given twice")
    target.state = state


def _memoize(decoder: _Decoder) -> None:
    decoder.memo.append(decoder.stack[-1])


def _get(form: str) -> Callable[[_Decoder], None]:
    return lambda decoder: decoder.push(decoder.memo[decoder.unpack(form)])


STEPS: dict[bytes, Callable[[_Decoder], None]] = {
    codes.MARK: _mark,
    codes.NONE: _constant(None),
    codes.TRUE: _constant(True),
    codes.FALSE: _constant(False),
    codes.FLOAT: _number(">d"),
    codes.BYTE: _number("<B"),
    codes.SHORT: _number("<H"),
    codes.INTEGER: _number("<i"),
    codes.LONG: _integer("<B"),
    codes.LONGER: _integer("<i"),
    **{opcode: _text(form) for opcode, form in codes.TEXT_SIZES},
    **{opcode: _bytes(form) for opcode, form in codes.BYTES_SIZES},
    codes.EMPTY_TUPLE: _empty(tuple),
    codes.TUPLE: _marked(tuple),
    **{opcode: _tuple_of(length) for length, opcode in codes.TUPLES.items()},
    codes.EMPTY_LIST: _empty(list),
    codes.APPENDS: _append,
    codes.EMPTY_DICT: lambda decoder: decoder.push(decoder.counted(Pairs())),
    codes.SET_ITEMS: _set_items,
    codes.EMPTY_SET: _empty(set),
    codes.ADD_ITEMS: _add,
    codes.FROZEN_SET: _marked(frozenset),
    codes.GLOBAL: _global,
    codes.CALL: _make(is_call=True),
    codes.NEW: _make(is_call=False),
    codes.BUILD: _build,
    codes.MEMOIZE: _memoize,
    codes.GET: _get("<B"),
    codes.LONG_GET: _get("<I"),
}
"""By opcode: its effect on the stack."""
