"""Writes a graph as a canonical pickle. Opcodes: `pickletools` of the standard library.

Nothing recurses: a model may chain more objects than Python's stack is deep.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..faults import NotCanonicalError
from .nodes import NO_STATE, NODES, Global, Items, Made, Pairs, parts_of

PROTOCOL = b"\x80\x04"
STOP = b"."
MARK = b"("
NONE, TRUE, FALSE = b"N", b"\x88", b"\x89"
FLOAT = b"G"
BYTE, SHORT, INTEGER, LONG, LONGER = b"K", b"M", b"J", b"\x8a", b"\x8b"
TEXT_SIZES = ((b"\x8c", "<B"), (b"X", "<I"), (b"\x8d", "<Q"))
BYTES_SIZES = ((b"C", "<B"), (b"B", "<I"), (b"\x8e", "<Q"))
"""Opcodes of texts and bytes, with how their length is written; the shortest is taken."""
EMPTY_TUPLE, TUPLE = b")", b"t"
TUPLES = {1: b"\x85", 2: b"\x86", 3: b"\x87"}
EMPTY_LIST, APPENDS = b"]", b"e"
EMPTY_DICT, SET_ITEMS = b"}", b"u"
EMPTY_SET, ADD_ITEMS = b"\x8f", b"\x90"
FROZEN_SET = b"\x91"
GLOBAL, CALL, NEW, BUILD = b"\x93", b"R", b"\x81", b"b"
MEMOIZE, GET, LONG_GET = b"\x94", b"h", b"j"


class _Opcode(NamedTuple):
    """Bytes that are written unchanged."""

    opcode: bytes


class _Remember(NamedTuple):
    """Memoize the value on top of the stack, if it is used again."""

    key: Any


def encode(graph: Any) -> bytes:
    """The canonical pickle of a graph.

    Raises:
        NotCanonicalError: a tuple, a frozenset or the arguments of a call contain themselves, or
            a value has no opcode.
    """
    return _Encoder(graph).written()


class _Encoder:
    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.uses = _count_uses(graph)
        self.places: dict[Any, int] = {}
        """Number in the memo, by key."""
        self.opened: set[Any] = set()
        """Keys of values used more than once that are written already, or being written."""
        self.waiting: list[Any] = []

    def written(self) -> bytes:
        pieces = [PROTOCOL]
        self.waiting.append(self.graph)
        while self.waiting:
            value = self.waiting.pop()
            if type(value) is _Opcode:
                pieces.append(value.opcode)
            elif type(value) is _Remember:
                pieces.append(self._remember(value.key))
            else:
                pieces.append(self._begin(value))
        pieces.append(STOP)
        return b"".join(pieces)

    def _remember(self, key: Any) -> bytes:
        if self.uses[key] < 2:
            return b""
        self.places[key] = len(self.places)
        return MEMOIZE

    def _begin(self, value: Any) -> bytes:
        """The first bytes of a value; the rest of it goes onto the waiting list."""
        key = _key(value)
        if key is None:
            return _atom(value)
        if key in self.places:
            return _get(self.places[key])
        if self.uses[key] > 1:
            if key in self.opened:
                raise NotCanonicalError("a tuple or a call holds itself")
            self.opened.add(key)
        if isinstance(value, (str, bytes)):
            return _sized(value) + self._remember(key)
        if isinstance(value, Global):
            return self._then(value.module, value.name, _Opcode(GLOBAL), _Remember(key))
        if isinstance(value, Items):
            return self._items(value, key)
        if isinstance(value, Pairs):
            return self._then(_Opcode(EMPTY_DICT), _Remember(key), *_pairs(value.pairs))
        return self._made(value, key)

    def _then(self, *following: Any) -> bytes:
        self.waiting.extend(reversed(following))
        return b""

    def _items(self, node: Items, key: Any) -> bytes:
        items, remember = node.items, _Remember(key)
        if node.kind is tuple:
            return self._then(*_tuple(items), remember)
        if node.kind is list:
            return self._then(_Opcode(EMPTY_LIST), remember, *_several(items, APPENDS))
        items = sorted(items, key=encode)
        if node.kind is set:
            return self._then(_Opcode(EMPTY_SET), remember, *_several(items, ADD_ITEMS))
        return self._then(_Opcode(MARK), *items, _Opcode(FROZEN_SET), remember)

    def _made(self, node: Made, key: Any) -> bytes:
        state = () if node.state is NO_STATE else (node.state, _Opcode(BUILD))
        return self._then(
            node.function,
            *_tuple(node.arguments),
            _Opcode(CALL if node.is_call else NEW),
            _Remember(key),
            *_several(node.items, APPENDS),
            *_pairs(node.pairs),
            *state,
        )


def _key(value: Any) -> Any:
    """Identifies a value that may be memoized; None for a value that never is."""
    if isinstance(value, NODES):
        return id(value)
    return value if isinstance(value, (str, bytes, Global)) else None


def _count_uses(graph: Any) -> dict[Any, int]:
    """How often each value that may be memoized is written."""
    uses: dict[Any, int] = {}
    waiting = [graph]
    while waiting:
        value = waiting.pop()
        key = _key(value)
        if key is None:
            continue
        uses[key] = uses.get(key, 0) + 1
        if uses[key] == 1:
            if isinstance(value, Global):
                waiting.extend(value)
            elif isinstance(value, NODES):
                waiting.extend(parts_of(value))
    return uses


def _several(items: Iterable[Any], opcode: bytes) -> list[Any]:
    """Steps that add items to the list, set or dictionary on the stack."""
    items = list(items)
    return [_Opcode(MARK), *items, _Opcode(opcode)] if items else []


def _pairs(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return _several((value for pair in pairs for value in pair), SET_ITEMS)


def _tuple(items: list[Any]) -> list[Any]:
    if not items:
        return [_Opcode(EMPTY_TUPLE)]
    if len(items) in TUPLES:
        return [*items, _Opcode(TUPLES[len(items)])]
    return [_Opcode(MARK), *items, _Opcode(TUPLE)]


def _get(place: int) -> bytes:
    return GET + bytes([place]) if place < 256 else LONG_GET + struct.pack("<I", place)


def _sized(value: Any) -> bytes:
    """A text or bytes, with the shortest opcode for its length."""
    is_text = isinstance(value, str)
    data = value.encode("utf-8", "surrogatepass") if is_text else value
    for opcode, form in TEXT_SIZES if is_text else BYTES_SIZES:
        if len(data) < 1 << (8 * struct.calcsize(form)):
            return bytes(opcode + struct.pack(form, len(data)) + data)
    raise NotCanonicalError("a text is too long")


def _atom(value: Any) -> bytes:
    """None, a boolean or a number."""
    if value is None:
        return NONE
    if value is True or value is False:
        return TRUE if value else FALSE
    if type(value) is float:
        return FLOAT + struct.pack(">d", value)
    if type(value) is int:
        return _integer(value)
    raise NotCanonicalError(f"it holds a {type(value).__name__}")


def _integer(value: int) -> bytes:
    if 0 <= value < 1 << 8:
        return BYTE + bytes([value])
    if 0 <= value < 1 << 16:
        return SHORT + struct.pack("<H", value)
    if -(1 << 31) <= value < 1 << 31:
        return INTEGER + struct.pack("<i", value)
    length = (value if value >= 0 else ~value).bit_length() // 8 + 1
    data = value.to_bytes(length, "little", signed=True)
    if length < 256:
        return LONG + bytes([length]) + data
    return LONGER + struct.pack("<i", length) + data
