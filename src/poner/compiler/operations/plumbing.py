"""Operations that move values, and those that refuse them (kernel/plumbing.c)."""

from __future__ import annotations

from dataclasses import dataclass

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import IndexArray, KernelForm, Operation


@dataclass(frozen=True)
class Select(Operation, KernelForm):
    """Some columns, in any order, also repeatedly."""

    number = 1
    columns: IndexArray
    """(width,) column of the source for each of the result."""

    def width(self, *widths: int) -> int:
        """As many as are selected."""
        return len(self.columns)


@dataclass(frozen=True)
class Join(Operation, KernelForm):
    """The columns of up to four registers, side by side."""

    number = 2

    def width(self, *widths: int) -> int:
        """All columns."""
        return sum(widths)


@dataclass(frozen=True)
class Constant(Operation, KernelForm):
    """The same values for every row, whatever the source holds."""

    number = 3
    values: FloatArray
    """(width,) the values."""

    def width(self, *widths: int) -> int:
        """As many as there are values."""
        return len(self.values)


@dataclass(frozen=True)
class Require(Operation, KernelForm):
    """The value itself; the row is refused if it is NaN or infinite."""

    number = 4
    allow_missing: bool = False
    """Whether NaN passes."""
    allow_infinite: bool = False
    """Whether infinities pass."""

    @property
    def option(self) -> int:
        """1: NaN passes; 2: infinities pass."""
        return self.allow_missing + 2 * self.allow_infinite


@dataclass(frozen=True)
class Above(Operation, KernelForm):
    """The value itself; the row is refused if it is not above its column's bound. NaN passes."""

    number = 24
    bounds: FloatArray
    """(width,) the bounds."""
    allow_equal: bool = False
    """Whether a bound itself passes."""

    @property
    def option(self) -> int:
        """1: a bound itself passes."""
        return int(self.allow_equal)


@dataclass(frozen=True)
class CastFloat32(Operation, KernelForm):
    """The value rounded to float32, as scikit-learn's trees do; what it cannot hold is refused."""

    number = 5
    allow_missing: bool
    """Whether NaN passes."""
    allow_infinite: bool = False
    """Whether infinities pass, also those that the rounding makes."""

    @property
    def option(self) -> int:
        """1: NaN passes; 2: infinities pass."""
        return self.allow_missing + 2 * self.allow_infinite
