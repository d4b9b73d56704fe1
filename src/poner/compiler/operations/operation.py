"""What every operation has: its meaning in a Program, and the form in which the kernel reads it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

IndexArray = NDArray[np.uint32]
"""Columns, ends of groups, positions."""

ROUNDING = 1e-12
"""Relative error bound of sums and functions, which BLAS and numpy round in another order."""

CANCELLATION = 1e-10
"""Relative error bound of results whose large terms cancel out, such as distances from squares."""


@dataclass(frozen=True)
class KernelForm:
    """What the kernel reads of a step: a number, an option and arrays.

    Most operations are their own kernel form; sums over trees get one from compiler/layout/.
    """

    number: ClassVar[int]
    """Index in the kernel's table of operations (kernel/operations.c)."""

    @property
    def option(self) -> int:
        """The step's option; its meaning depends on the operation."""
        return 0

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The arrays that the kernel reads: the fields that are arrays, in order."""
        values = (getattr(self, field.name) for field in fields(self))
        return tuple(value.ravel() for value in values if isinstance(value, np.ndarray))


@dataclass(frozen=True)
class Operation:
    """What one step computes from its registers."""

    tolerance: ClassVar[float] = 0.0
    """Relative error bound of scikit-learn's own result; 0 where its bits are equal."""

    def width(self, *widths: int) -> int:
        """Values a row of the result, from the widths of the sources."""
        return widths[0]
