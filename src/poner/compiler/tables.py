"""Writes a Program as the bytes of a model file (docs/model_format.md).

    header | array records | step records | output records | arrays, 8-byte aligned | metadata

Everything is little-endian. The same Program gives the same bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from poner.compiler.program import (
    NODE,
    ArgMax,
    CastFloat32,
    Divide,
    Exponential,
    IsNotNegative,
    IsPositive,
    Logistic,
    Operation,
    Program,
    Softmax,
    SumLeafRows,
    SumShallowTrees,
    SumTrees,
    Trees,
)

MAGIC = b"\x89PONER\r\n"
FORMAT_VERSION = 1
_HEADER = struct.Struct("<8s6I3Q")
_ARRAY = struct.Struct("<IIQQ")
_STEP = struct.Struct("<4I4I8I")
_OUTPUT = struct.Struct("<II")
_NONE = 0xFFFF_FFFF
_ARRAY_TYPES = {np.dtype("<f8"): 1, np.dtype("<u4"): 2, NODE: 3, np.dtype("<u2"): 4}

Arrays = tuple[NDArray[Any], ...]


def write_tables(program: Program, metadata: Mapping[str, Any]) -> bytes:
    """The model file of a Program; `metadata` is JSON for the function around the kernel."""
    arrays: list[NDArray[Any]] = []
    steps = bytearray()
    offset = 0
    for step in program.steps:
        number, option, step_arrays = _encode(step.operation)
        places = [len(arrays) + i for i in range(len(step_arrays))]
        arrays += step_arrays
        steps += _STEP.pack(
            number, option, step.width, offset, step.source, *[_NONE] * 3, *_fill(places, 8)
        )
        offset += step.width
    outputs = b"".join(
        _OUTPUT.pack(output, register) for output, register in sorted(program.outputs.items())
    )
    start = _HEADER.size + _ARRAY.size * len(arrays) + len(steps) + len(outputs)
    records, blocks, end = _lay_out(arrays, start)
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode()
    header = _HEADER.pack(
        MAGIC, FORMAT_VERSION, program.n_features, len(arrays), len(program.steps),
        len(program.outputs), 0, end + len(text), end, len(text),
    )  # fmt: skip
    return b"".join([header, records, steps, outputs, *blocks, text])


def _lay_out(arrays: list[NDArray[Any]], start: int) -> tuple[bytes, list[bytes], int]:
    """The arrays' records and, from `start` on, their bytes with padding; and where they end."""
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


def _encode(operation: Operation) -> tuple[int, int, Arrays]:
    """Number, option and arrays of an operation, as kernel/operations.c reads them."""
    match operation:
        case CastFloat32(allow_missing):
            return 1, int(allow_missing), ()
        case SumTrees(trees, start):
            return 2, 0, (*_encode_trees(trees), _floats(start))
        case SumLeafRows(trees, leaf_rows):
            return 3, 0, (*_encode_trees(trees), _floats(leaf_rows))
        case Divide(divisors):
            return 4, 0, (_floats(divisors),)
        case Logistic(scale):
            return 5, 0, (_floats(np.array([scale])),)
        case Softmax():
            return 6, 0, ()
        case Exponential():
            return 7, 0, ()
        case ArgMax():
            return 8, 0, ()
        case IsPositive():
            return 9, 0, ()
        case IsNotNegative():
            return 10, 0, ()
        case SumShallowTrees(depth, splits, tree_splits, leaf_values, start):
            nodes = tree_splits.astype("<u2", copy=False).ravel()
            return 11, depth, (splits, nodes, _floats(leaf_values), _floats(start))
        case _:
            assert_never(operation)


def _encode_trees(trees: Trees) -> Arrays:
    return trees.roots.astype("<u4", copy=False).ravel(), trees.nodes


def _floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.astype("<f8", copy=False).ravel()
