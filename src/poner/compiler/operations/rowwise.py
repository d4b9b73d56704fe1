"""Operations on several columns of a row (kernel/rowwise.c, triangle.c, medians.c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import (
    CANCELLATION,
    EXACT,
    ROUNDING,
    IndexArray,
    KernelForm,
    NoBoundaries,
    OneWay,
    sum_rounding,
)

_USUAL_VALUES = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
"""Values for the proof of sums and products, which have no boundary values."""


class Reduction(IntEnum):
    """Functions of a group of columns, by the numbers of kernel/rowwise.c."""

    SUM = 0
    MAXIMUM = 1
    MINIMUM = 2
    ARGMAX = 3
    """Index of the first largest value within the group; NaN counts as largest."""
    ARGMIN = 4
    SUM_ABSOLUTE = 5
    SUM_SQUARES = 6
    PRODUCT = 7
    LOG_SUM_EXP = 8
    MAXIMUM_ABSOLUTE = 9
    SUM_IN_ORDER = 10
    """The sum in order from 0; SUM adds in numpy's order along a row."""


_EXACT_REDUCTIONS = {
    Reduction.MAXIMUM,
    Reduction.MINIMUM,
    Reduction.ARGMAX,
    Reduction.ARGMIN,
    Reduction.MAXIMUM_ABSOLUTE,
    Reduction.SUM_IN_ORDER,
}


@dataclass(frozen=True)
class Reduce(OneWay, NoBoundaries, KernelForm):
    """One value for each group of neighbouring columns."""

    number = 8
    reduction: Reduction
    """Which function."""
    ends: IndexArray
    """(n_groups,) where each group ends; the last is the source's width."""

    @property
    def tolerance(self) -> float:
        """Sums may be added in another order."""
        if self.reduction in _EXACT_REDUCTIONS:
            return EXACT
        return sum_rounding(int(np.diff(self.ends, prepend=np.uint32(0)).max(initial=0)))

    def width(self, *widths: int) -> int:
        """One a group."""
        return len(self.ends)


@dataclass(frozen=True)
class Linear(OneWay, KernelForm):
    """bias + weights @ row."""

    number = 9
    option = 0
    weights: FloatArray
    """(width, source width)."""
    bias: FloatArray
    """(width,)."""
    cancels: bool = False
    """Whether large terms cancel out in the sum, as terms of kernel values do."""

    @property
    def tolerance(self) -> float:
        """Sums may be added in another order."""
        rounding = sum_rounding(self.weights.shape[1])
        return max(rounding, CANCELLATION) if self.cancels else rounding

    def width(self, *widths: int) -> int:
        """One column for each row of the weights."""
        return len(self.bias)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """A few usual values, which earlier steps may scale."""
        return [_USUAL_VALUES] * width


@dataclass(frozen=True)
class Products(OneWay, KernelForm):
    """Products of columns, from the first factor on; a product of no factors is 1."""

    number = 22
    ends: IndexArray
    """(width,) where each product's factors end."""
    factors: IndexArray
    """Columns of the source, product after product."""

    @property
    def tolerance(self) -> float:
        """scikit-learn multiplies three or more factors of sparse matrices in another order."""
        counts = np.diff(self.ends, prepend=np.uint32(0))
        return ROUNDING if np.any(counts > 2) else EXACT

    def width(self, *widths: int) -> int:
        """One column for each product."""
        return len(self.ends)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """A few usual values, which earlier steps may scale."""
        return [_USUAL_VALUES] * width


@dataclass(frozen=True)
class Logistic(OneWay, NoBoundaries, KernelForm):
    """Two probabilities from one score: 1 / (1 + exp(-scale * score)) for the second class."""

    number = 14
    tolerance = ROUNDING
    scale: FloatArray
    """(1,) the factor of the score."""

    def width(self, *widths: int) -> int:
        """Two classes."""
        return 2


@dataclass(frozen=True)
class Softmax(OneWay, NoBoundaries, KernelForm):
    """Probabilities from one score per class."""

    number = 15
    tolerance = ROUNDING


@dataclass(frozen=True)
class WeightedMedian(OneWay, NoBoundaries, KernelForm):
    """The weighted median: the smallest value at which half of the total weight is reached."""

    number = 46
    tolerance = EXACT
    weights: FloatArray
    """(source width,) weight of each column; at most 4096 columns."""

    def width(self, *widths: int) -> int:
        """One value."""
        return 1


@dataclass(frozen=True)
class SolveTriangle(OneWay, NoBoundaries, KernelForm):
    """The solution x of L x = source for a lower triangular matrix L."""

    number = 41
    tolerance = CANCELLATION
    triangle: FloatArray
    """(n (n + 1) / 2,) the rows of L, each up to the diagonal."""
