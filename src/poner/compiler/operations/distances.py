"""Distances from many points, and results computed from such distances.

In the kernel: distances.c, neighbours.c, imputation.c, couple.c.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import (
    CANCELLATION,
    EXACT,
    ROUNDING,
    IndexArray,
    KernelForm,
    NoBoundaries,
    OneWay,
    Undone,
)


class Metric(IntEnum):
    """Distances, by the numbers of kernel/distances.c."""

    SQUARED_EUCLIDEAN = 0
    MANHATTAN = 1
    CHEBYSHEV = 2
    MINKOWSKI = 3
    """Sum of |difference|^p, with p as the parameter; without the root."""
    COSINE = 4
    NAN_EUCLIDEAN = 5
    """scikit-learn's nan_euclidean, squared: columns missing on either side count as average."""
    ADDITIVE_CHI2 = 6
    """Sum of difference^2 / sum, where that is not 0; a negative value is refused."""


@dataclass(frozen=True)
class Distances(OneWay, KernelForm):
    """The distance of the row from each of many points."""

    number = 10
    tolerance = CANCELLATION
    metric: Metric
    """Which."""
    points: FloatArray
    """(width, source width)."""
    parameter: FloatArray
    """(1,) p of Minkowski; 0 elsewhere."""
    weights: FloatArray | None = None
    """(source width,) weights of the features in Minkowski's sum; None if all are 1."""

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The points are stored feature by feature, so that the kernel vectorises over points."""
        features = self.points.T.ravel()
        weights = () if self.weights is None else (self.weights,)
        return features, self.parameter, *weights

    def width(self, *widths: int) -> int:
        """One distance for each point."""
        return len(self.points)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """Quartiles of the points."""
        return list(np.quantile(self.points, [0.0, 0.25, 0.5, 0.75, 1.0], axis=0).T)


class NeighbourWeights(IntEnum):
    """The weighting of neighbours, by the numbers of kernel/neighbours.c."""

    UNIFORM = 0
    INVERSE_DISTANCE = 1
    """1 / distance; neighbours at distance 0 count alone, 1 each."""
    INVERSE_ROOT = 2
    """1 / square root of the distance; neighbours at distance 0 as in the case before."""


@dataclass(frozen=True)
class Neighbours(OneWay, NoBoundaries, KernelForm):
    """The weights of the k nearest points, or of all within a radius, from distances; else 0."""

    number = 23
    tolerance = EXACT
    weights: NeighbourWeights
    """The weighting of neighbours."""
    limit: FloatArray
    """(2,): k, or 0 followed by the radius."""


@dataclass(frozen=True)
class Votes(OneWay, NoBoundaries, KernelForm):
    """Sums of weights: each column of the source adds its value to one class of each output."""

    number = 38
    tolerance = EXACT
    columns: IndexArray
    """(source width, n_outputs) the column of the result to which a value is added."""
    n_columns: int
    """Width of the result."""
    refuse_none: bool = False
    """Whether a row whose weights are all 0 is refused."""

    def width(self, *widths: int) -> int:
        """The number of columns that can receive votes."""
        return self.n_columns


@dataclass(frozen=True)
class Means(OneWay, NoBoundaries, KernelForm):
    """Means of given values, weighted by the source's columns; NaN where all weights are 0."""

    number = 39
    tolerance = ROUNDING
    values: FloatArray
    """(source width, width)."""

    def width(self, *widths: int) -> int:
        """One mean for each column of values."""
        return int(self.values.shape[1])


@dataclass(frozen=True)
class Impute(NoBoundaries, KernelForm):
    """Each NaN is replaced with the mean of that column over the nearest donors that have it.

    Sources: the row, and its distances from the donors. A distance of NaN is the farthest;
    if all donors that have the column are at NaN, the column's mean is used.
    """

    number = 26
    tolerance = CANCELLATION
    keeps_values = False
    weights: NeighbourWeights
    """The weighting of donors."""
    donors: FloatArray
    """(n_donors, width) the donors' values, NaN where missing."""
    means: FloatArray
    """(width,) column means, for rows without a neighbour."""
    most: IndexArray
    """(1,) the number of donors that count."""
    count_far: bool = False
    """Whether donors at distance NaN count, too, if they are among the nearest."""
    gaps: bool = False
    """Whether the result is the distance of each choice of donors from a tie, for the proof."""

    @property
    def option(self) -> int:
        """The weights, plus 2 where donors at distance NaN count, plus 4 for gaps."""
        return int(self.weights) + 2 * self.count_far + 4 * self.gaps

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The same column and values: only missing values change."""
        return Undone(0, column, values)


@dataclass(frozen=True)
class Couple(OneWay, NoBoundaries, KernelForm):
    """Probabilities of n classes from those of each pair, by libsvm's iteration."""

    number = 40
    tolerance = CANCELLATION

    def width(self, *widths: int) -> int:
        """The n for which n (n - 1) / 2 is the number of pairs."""
        return (1 + math.isqrt(1 + 8 * widths[0])) // 2
