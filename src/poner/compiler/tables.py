"""Writes a Program as the bytes of a model file (docs/model_format.md).

    header | array records | step records | output records | arrays, 8-byte aligned | section

Everything is little-endian. The same Program gives the same bytes. The section is for the
function around the kernel (served_model.py).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.compiled_model import MAGIC
from poner.compiler.layout import lay_out
from poner.compiler.layout.nodes import NODE
from poner.compiler.operations.operation import KernelForm, Operation
from poner.compiler.program import Program

FORMAT_VERSION = 3
_HEADER = struct.Struct("<8s6I3Q")
_SIZES = struct.Struct("<3Q")
_SIZES_PLACE = 32
_ARRAY = struct.Struct("<IIQQ")
_STEP = struct.Struct("<4I4I8I")
_OUTPUT = struct.Struct("<II")
_NONE = 0xFFFF_FFFF
_ARRAY_TYPES = {np.dtype("<f8"): 1, np.dtype("<u4"): 2, NODE: 3, np.dtype("<u2"): 4}


def write_tables(
    program: Program, *, layout: Callable[[Operation, int], KernelForm] = lay_out
) -> bytes:
    """The tables of a Program: a model file that can be evaluated, but not served.

    Args:
        program: the Program to write.
        layout: returns an operation's form for the kernel, from the width of its first source.

    Raises:
        ModelUnreadableError: a tree refers to a node, feature or category that does not exist.
    """
    arrays: list[NDArray[Any]] = []
    steps = bytearray()
    offset = 0
    for step in program.steps:
        form = layout(step.operation, program.width(step.sources[0]))
        own = form.arrays()
        places = [len(arrays) + i for i in range(len(own))]
        arrays += own
        steps += _STEP.pack(
            form.number, form.option, step.width, offset,
            *_fill(list(step.sources), 4), *_fill(places, 8),
        )  # fmt: skip
        offset += step.width
    outputs = b"".join(
        _OUTPUT.pack(output, register) for output, register in sorted(program.outputs.items())
    )
    start = _HEADER.size + _ARRAY.size * len(arrays) + len(steps) + len(outputs)
    records, blocks, end = _lay_out(arrays, start)
    header = _HEADER.pack(
        MAGIC, FORMAT_VERSION, program.n_features, len(arrays), len(program.steps),
        len(program.outputs), 0, end, 0, 0,
    )  # fmt: skip
    return b"".join([header, records, steps, outputs, *blocks])


def add_section(tables: bytes, section: bytes) -> bytes:
    """The model file: the tables of `write_tables`, and the section of the ServedModel."""
    padding = bytes(-len(tables) % 8)
    start = len(tables) + len(padding)
    sizes = _SIZES.pack(start + len(section), start, len(section))
    view = memoryview(tables)
    rest = view[_SIZES_PLACE + _SIZES.size :]
    return b"".join([view[:_SIZES_PLACE], sizes, rest, padding, section])


def _lay_out(arrays: list[NDArray[Any]], start: int) -> tuple[bytes, list[bytes], int]:
    """The arrays' records, their padded bytes from `start` on, and the end of these."""
    records = bytearray()
    blocks: list[bytes] = []
    place = start
    for array in arrays:
        padding = -place % 8
        content = np.ascontiguousarray(array).tobytes()
        records += _ARRAY.pack(_ARRAY_TYPES[array.dtype], 0, place + padding, array.size)
        blocks += [bytes(padding), content]
        place += padding + len(content)
    return bytes(records), blocks, place


def _fill(numbers: list[int], count: int) -> list[int]:
    return numbers + [_NONE] * (count - len(numbers))
