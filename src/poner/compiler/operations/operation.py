"""The interface of every operation: its meaning in a Program, and its form for the kernel.

An operation is a frozen dataclass that tells the compiler the width of its result, its tolerance,
its boundary values, and how to go back through it. `Operation` declares these members; `Passing`,
`OneWay` and `NoBoundaries` implement them in ways that many operations share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum, IntEnum
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray

IndexArray = NDArray[np.uint32]
"""Whole numbers, such as columns, ends of groups or positions."""

EXACT = 0.0
"""The tolerance of operations whose results have the bits of scikit-learn's."""

ROUNDING = 1e-12
"""Relative error bound of short sums and of functions that BLAS or numpy round differently."""

CANCELLATION = 1e-10
"""Relative error bound of results whose large terms cancel out, such as distances from squares."""

FEWEST_ROUNDINGS = 16
"""Units in the last place of the sum of its terms' sizes that every sum may be off by."""

_TERMS_OVER_SUM = 16.0
"""How much larger than their sum the sizes of an ordinary sum's terms are together, at most."""


def sum_rounding(n_terms: int) -> float:
    """Relative error bound of a sum of so many terms: ROUNDING up to 281 terms, then more.

    Two orders of adding n terms differ by at most n units in the last place of the sum of their
    sizes (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2).
    """
    return max(ROUNDING, _TERMS_OVER_SUM * n_terms * float(np.finfo(float).eps))


_MOST_SHOWN = 4


@dataclass(frozen=True)
class KernelForm:
    """The part of a step that the kernel reads: a number, an option and arrays.

    Most operations are their own kernel form; sums over trees get one from compiler/layout/.
    """

    number: ClassVar[int]
    """Index in the kernel's table of operations (kernel/operations.h)."""

    @property
    def option(self) -> int:
        """The step's option: the enumeration among the fields, or the flags as bits in order.

        An operation that has both overrides this.
        """
        values = [getattr(self, field.name) for field in fields(self)]
        numbers = [value for value in values if isinstance(value, IntEnum)]
        flags = [value for value in values if isinstance(value, bool)]
        return sum(numbers) + sum(flag << bit for bit, flag in enumerate(flags))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The arrays that the kernel reads: the fields that are arrays, in order."""
        values = (getattr(self, field.name) for field in fields(self))
        return tuple(value.ravel() for value in values if isinstance(value, np.ndarray))


class Undone(NamedTuple):
    """The values of one column of a step's sources."""

    source: int
    """Index of the source among the step's sources."""
    column: int
    """Index of the column in that source."""
    values: FloatArray
    """Its values."""


@dataclass(frozen=True)
class Operation(ABC):
    """The computation of one step from its sources."""

    @property
    @abstractmethod
    def tolerance(self) -> float:
        """Relative error bound of scikit-learn's own result; EXACT where the bits are equal."""

    @property
    def visits(self) -> int:
        """The approximate number of array entries that one row visits: the cost of a row."""
        values = (getattr(self, field.name) for field in fields(self))
        return sum(value.size for value in values if isinstance(value, np.ndarray))

    def width(self, *widths: int) -> int:
        """The width of the result, from the widths of the sources."""
        return widths[0]

    @abstractmethod
    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """For each column of the first source, values at which the result jumps or has a kink.

        Args:
            width: of the first source.
        """

    @property
    @abstractmethod
    def keeps_values(self) -> bool:
        """Whether each column of the result is a source's column, apart from gaps and rounding."""

    @abstractmethod
    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The source column that decides a column of the result, and its values for `values`.

        None if several columns decide, or if the inverse is unknown.

        Args:
            column: of the result.
            values: (n_values,) what the column holds.
            widths: of the sources.
        """

    def parameters(self) -> Iterator[str]:
        """The operation in a Program's text: its fields that differ from their defaults."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) or value != field.default:
                yield f"{field.name}={_shown(value)}"


def _shown(value: Any) -> str:
    match value:
        case np.ndarray() if value.size <= _MOST_SHOWN and value.ndim == 1:
            return "[" + ", ".join(f"{number:.4g}" for number in value) + "]"
        case np.ndarray():
            return " x ".join(map(str, value.shape)) + (" values" if value.ndim == 1 else "")
        case Enum():
            return value.name
        case _:
            return str(value)


class Passing(Operation):
    """Each value passes unchanged unless it is refused, rounded or replaced."""

    tolerance = EXACT
    keeps_values = True

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The same values."""
        return Undone(0, column, values)


class OneWay(Operation):
    """An operation without an inverse: several columns decide, or the function has none here."""

    keeps_values = False

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """None."""
        return None


class NoBoundaries(Operation):
    """An operation whose result has no jump that the value of a single column decides."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """No boundary values in any column."""
        return [None] * width
