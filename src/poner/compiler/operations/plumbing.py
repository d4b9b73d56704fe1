"""Operations that move or refuse values (kernel/plumbing.c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import (
    EXACT,
    IndexArray,
    KernelForm,
    NoBoundaries,
    OneWay,
    Passing,
    Undone,
)


@dataclass(frozen=True)
class Select(NoBoundaries, KernelForm):
    """Selected columns, in any order; a column may be repeated."""

    number = 1
    tolerance = EXACT
    keeps_values = True
    columns: IndexArray
    """(width,) the source column of each column of the result."""

    def width(self, *widths: int) -> int:
        """The number of selected columns."""
        return len(self.columns)

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The selected column, and the same values."""
        return Undone(0, int(self.columns[column]), values)


@dataclass(frozen=True)
class Join(NoBoundaries, KernelForm):
    """The columns of up to four registers, side by side."""

    number = 2
    tolerance = EXACT
    keeps_values = True

    def width(self, *widths: int) -> int:
        """All columns."""
        return sum(widths)

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The column of the register that holds it, and the same values."""
        ends = np.cumsum(widths)
        source = int(np.searchsorted(ends, column, "right"))
        return Undone(source, column - int(ends[source]) + widths[source], values)


@dataclass(frozen=True)
class Constant(OneWay, NoBoundaries, KernelForm):
    """The same values for every row, whatever the source holds."""

    number = 3
    tolerance = EXACT
    values: FloatArray
    """(width,) the values."""

    def width(self, *widths: int) -> int:
        """The number of values."""
        return len(self.values)


@dataclass(frozen=True)
class Require(Passing, NoBoundaries, KernelForm):
    """The values unchanged; a row with NaN or an infinity is refused."""

    number = 4
    allow_missing: bool = False
    """Whether NaN passes."""
    allow_infinite: bool = False
    """Whether infinities pass."""


@dataclass(frozen=True)
class Above(Passing, KernelForm):
    """The values unchanged; a row with a value up to its column's bound is refused. NaN passes."""

    number = 24
    bounds: FloatArray
    """(width,) the bounds."""
    allow_equal: bool = False
    """Whether a value equal to the bound passes."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The bounds."""
        return np.split(self.bounds, width)


@dataclass(frozen=True)
class CastFloat32(Passing, NoBoundaries, KernelForm):
    """Values rounded to float32, as scikit-learn's trees do; too large values are refused."""

    number = 5
    allow_missing: bool
    """Whether NaN passes."""
    allow_infinite: bool = False
    """Whether infinities pass, including those that rounding produces."""
