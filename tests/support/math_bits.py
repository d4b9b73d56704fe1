"""The committed results of kernel/math, and a program of the kernel for each function."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import write_tables

TABLE = Path(__file__).parents[1] / "data/math_bits.txt"

Bits = NDArray[np.uint64]


@cache
def expected_bits() -> dict[str, Bits]:
    """For each function (n, arguments + 1) bits: the arguments, then the result."""
    rows: dict[str, list[list[int]]] = {}
    for line in TABLE.read_text().splitlines():
        if not line.startswith("#"):
            name, *bits = line.split()
            rows.setdefault(name, []).append([int(word, 16) for word in bits])
    return {name: np.array(found, dtype=np.uint64) for name, found in rows.items()}


def model_of(function: str) -> bytes:
    """A model that computes one function of its feature, or POWER of its two."""
    builder = ProgramBuilder(2 if function == "POWER" else 1)
    if function == "POWER":
        result = builder.pair(Pairing.POWER, builder.select(0, [0]), builder.select(0, [1]))
    else:
        result = builder.map(Function[function], 0)
    return write_tables(builder.finish({Output.PREDICT: result}))
