"""Operations that move values, and those that refuse them (kernel/plumbing.c)."""

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
    """Some columns, in any order, also repeatedly."""

    number = 1
    tolerance = EXACT
    keeps_values = True
    columns: IndexArray
    """(width,) column of the source for each of the result."""

    def width(self, *widths: int) -> int:
        """As many as are selected."""
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
        """The column of the register that it is from, and the same values."""
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
        """As many as there are values."""
        return len(self.values)


@dataclass(frozen=True)
class Require(Passing, NoBoundaries, KernelForm):
    """The value itself; the row is refused if it is NaN or infinite."""

    number = 4
    allow_missing: bool = False
    """Whether NaN passes."""
    allow_infinite: bool = False
    """Whether infinities pass."""


@dataclass(frozen=True)
class Above(Passing, KernelForm):
    """The value itself; the row is refused if it is not above its column's bound. NaN passes."""

    number = 24
    bounds: FloatArray
    """(width,) the bounds."""
    allow_equal: bool = False
    """Whether a bound itself passes."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The bounds."""
        return np.split(self.bounds, width)


@dataclass(frozen=True)
class CastFloat32(Passing, NoBoundaries, KernelForm):
    """The value rounded to float32, as scikit-learn's trees do; what it cannot hold is refused."""

    number = 5
    allow_missing: bool
    """Whether NaN passes."""
    allow_infinite: bool = False
    """Whether infinities pass, also those that the rounding makes."""
