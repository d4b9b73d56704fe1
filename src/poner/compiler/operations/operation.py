"""What all operations are."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

IndexArray = NDArray[np.uint32]
"""Columns, ends of groups, positions."""


ROUNDING = 1e-12
"""What sums and functions differ by, relative: BLAS and numpy round in an order of their own."""


CANCELLATION = 1e-10
"""The same for distances, which scikit-learn takes from squares that cancel out."""


@dataclass(frozen=True)
class Operation:
    """What one step computes from its registers."""

    number: ClassVar[int]
    """Its place in the kernel's table."""
    tolerance: ClassVar[float] = 0.0
    """What scikit-learn's own result may differ by, relative: 0 where it computes the same bits."""

    @property
    def option(self) -> int:
        """The step's option; its meaning depends on the operation."""
        return 0

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The tables the kernel reads, in order."""
        values = [getattr(self, field.name) for field in fields(self)]
        parts = [value.arrays() if hasattr(value, "arrays") else (value,) for value in values]
        return tuple(v.ravel() for part in parts for v in part if isinstance(v, np.ndarray))

    def width(self, *widths: int) -> int:
        """Values a row of the register it computes, from those of its sources."""
        return widths[0]
