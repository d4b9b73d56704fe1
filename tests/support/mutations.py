"""Changes model files at random, so that many of them still open.

A pickle is changed opcode by opcode and byte by byte, a skops file node by node. All that happens
follows from the random generator that is given.
"""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import json
import pickletools
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

NUMBERS = (0, 1, 2, 3, 7, 8, 16, 255, 256, 65_535, 1 << 31, (1 << 63) - 1, -1, -2, -(1 << 31))
TEXTS = ("", "O8", "f8", "i4", "V8", "U4", "<", ">", "|", "C", "F", "shape", "dtype", "state", "x")

Mutate = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutate(generator: random.Random, seeds: Sequence[bytes]) -> bytes:
    """A changed model file, made of one or two of the seeds."""
    content = generator.choice(seeds)
    if content.startswith(b"PK"):
        with contextlib.suppress(RecursionError):  # a seed is as deep as it can be
            return change_skops(generator, content)
        return change_bytes(generator, content, seeds)
    pickles = [seed for seed in seeds if not seed.startswith(b"PK")]
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        change = generator.choice((change_opcodes, change_opcodes, change_bytes, splice))
        content = change(generator, content, pickles)
    return zlib.compress(content) if generator.random() < 0.05 else content


def change_bytes(generator: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Flip, insert, repeat or drop a few bytes."""
    changed = bytearray(content or b".")
    place = generator.randrange(len(changed) + 1)
    size = generator.choice((1, 1, 2, 4, 8, 32))
    match generator.randrange(4):
        case 0:
            changed[place : place + 1] = bytes([generator.randrange(256)])
        case 1:
            changed[place:place] = generator.randbytes(size)
        case 2:
            changed[place:place] = changed[place : place + size]
        case _:
            del changed[place : place + size]
    return bytes(changed)


def splice(generator: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """The beginning of one file before the end of another."""
    other = generator.choice(seeds)
    return (
        content[: generator.randrange(len(content) + 1)] + other[generator.randrange(len(other)) :]
    )


def opcodes_of(content: bytes) -> list[bytes]:
    """A pickle cut into its opcodes; what is no opcode, such as joblib's data, ends the list."""
    places = []
    try:
        for _, _, place in pickletools.genops(content):
            places.append(place)
    except (ValueError, IndexError, KeyError, OverflowError):
        pass
    places.append(len(content))
    return [content[here:there] for here, there in itertools.pairwise(places)]


def change_opcodes(generator: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Drop, repeat, swap, take over or replace an opcode."""
    opcodes = opcodes_of(content)
    if len(opcodes) < 3:
        return content
    place, other = generator.randrange(1, len(opcodes)), generator.randrange(1, len(opcodes))
    length = generator.choice((1, 1, 1, 2, 3, 5, 12))
    match generator.randrange(6):
        case 0:
            del opcodes[place : place + length]
        case 1:
            opcodes[place:place] = opcodes[other : other + length]
        case 2:
            opcodes[place], opcodes[other] = opcodes[other], opcodes[place]
        case 3:
            donor = opcodes_of(generator.choice(seeds))
            start = generator.randrange(max(1, len(donor)))
            opcodes[place:place] = donor[start : start + length]
        case 4:
            opcodes[place] = _value(generator)
        case _:
            opcodes[place:place] = [generator.choice((b"2", b"0", b"h\x01", b"\x94", b"b", b"R"))]
    return b"".join(opcodes)


def _value(generator: random.Random) -> bytes:
    """An opcode that pushes a value of a kind that states and arguments have."""
    match generator.randrange(5):
        case 0:
            return b"J" + struct.pack(
                "<i", max(-(1 << 31), min(generator.choice(NUMBERS), 2**31 - 1))
            )
        case 1:
            text = generator.choice(TEXTS).encode()
            return b"X" + struct.pack("<I", len(text)) + text
        case 2:
            data = generator.randbytes(generator.choice((0, 1, 8, 16)))
            return b"C" + bytes([len(data)]) + data
        case 3:
            return b"G" + generator.randbytes(8)
        case _:
            return generator.choice((b"N", b"\x88", b"\x89", b")", b"]", b"}"))


def change_skops(generator: random.Random, content: bytes) -> bytes:
    """Change a node of the schema, or the bytes of a member."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = None
    if generator.random() < 0.8:
        with contextlib.suppress(ValueError, KeyError, RecursionError):
            schema = json.loads(members["schema.json"])
    if schema is None:
        name = generator.choice(sorted(members))
        members[name] = change_bytes(generator, members[name], ())
    else:
        for _ in range(generator.choice((1, 1, 2, 3))):
            _change_node(generator, schema)
        members["schema.json"] = json.dumps(schema).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _change_node(generator: random.Random, schema: Any) -> None:
    """Give a place in the schema another value, or one from elsewhere in it."""
    places = list(_places(schema))
    identities = [place for place in places if place[1] == "__id__"] or places
    if not places:
        return
    holder, key = generator.choice(places)
    donor, donated = generator.choice(places)
    match generator.randrange(4):
        case 0:
            holder[key] = copy.deepcopy(donor[donated])
        case 1:
            holder[key] = generator.choice((None, True, *NUMBERS, *TEXTS, [], {}))
        case 2 if isinstance(holder, dict):
            del holder[key]
        case _:
            (holder, key), (donor, donated) = (generator.choice(identities) for _ in range(2))
            holder[key] = copy.deepcopy(donor[donated])


def _places(value: Any) -> Any:
    """Every (holder, key or index) below a value."""
    is_holder = isinstance(value, (dict, list))
    items = value.items() if isinstance(value, dict) else enumerate(value if is_holder else ())
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from _places(inner)
