"""Distances from many points, and what is made of them.

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
    """(source width,) what each feature counts in Minkowski's sum; None where all count 1."""

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The points stand feature after feature, so that neighbouring points go together."""
        features = self.points.T.ravel()
        weights = () if self.weights is None else (self.weights,)
        return features, self.parameter, *weights

    def width(self, *widths: int) -> int:
        """One for each point."""
        return len(self.points)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """Quartiles of the points."""
        return list(np.quantile(self.points, [0.0, 0.25, 0.5, 0.75, 1.0], axis=0).T)


class NeighbourWeights(IntEnum):
    """What a neighbour counts, by the numbers of kernel/neighbours.c."""

    UNIFORM = 0
    INVERSE_DISTANCE = 1
    """1 / distance; neighbours at distance 0 count alone, 1 each."""
    INVERSE_ROOT = 2
    """The same of the distance's square root."""


@dataclass(frozen=True)
class Neighbours(OneWay, NoBoundaries, KernelForm):
    """From distances to weights: those of the k nearest, or of all within a radius; else 0."""

    number = 23
    tolerance = EXACT
    weights: NeighbourWeights
    """What a neighbour counts."""
    limit: FloatArray
    """(2,): k or 0, and the radius where k is 0."""


@dataclass(frozen=True)
class Votes(OneWay, NoBoundaries, KernelForm):
    """Weights added up: each of the source's columns votes with its value, once an output."""

    number = 38
    tolerance = EXACT
    columns: IndexArray
    """(source width, n_outputs) the column of the result that each vote is for."""
    n_columns: int
    """Width of the result."""
    refuse_none: bool = False
    """Whether a row is refused in which all weights are 0."""

    def width(self, *widths: int) -> int:
        """All columns that can be voted for."""
        return self.n_columns


@dataclass(frozen=True)
class Means(OneWay, NoBoundaries, KernelForm):
    """Means of given values, weighted by the source's columns; NaN where all weights are 0."""

    number = 39
    tolerance = ROUNDING
    values: FloatArray
    """(source width, width)."""

    def width(self, *widths: int) -> int:
        """One a column of values."""
        return int(self.values.shape[1])


@dataclass(frozen=True)
class Impute(NoBoundaries, KernelForm):
    """Each NaN replaced by the mean of that column of the nearest donors that have it.

    Sources: the row, and its distances from the donors. NaN among them is farthest; where all
    donors that have the column are as far, it is the column's mean.
    """

    number = 26
    tolerance = CANCELLATION
    keeps_values = False
    weights: NeighbourWeights
    """What a donor counts."""
    donors: FloatArray
    """(n_donors, width) their values, NaN where missing."""
    means: FloatArray
    """(width,) for rows without any neighbour."""
    most: IndexArray
    """(1,) donors that count."""
    count_far: bool = False
    """Whether donors at distance NaN count too where they are among these."""
    gaps: bool = False
    """Whether, for the proof, it is how far each choice of donors is from a tie instead."""

    @property
    def option(self) -> int:
        """The weights, plus 2 where donors at distance NaN count, plus 4 for gaps."""
        return int(self.weights) + 2 * self.count_far + 4 * self.gaps

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The same column and values: what is not missing passes."""
        return Undone(0, column, values)


@dataclass(frozen=True)
class Couple(OneWay, NoBoundaries, KernelForm):
    """Probabilities of n classes from those of each pair of them, as libsvm iterates them."""

    number = 40
    tolerance = CANCELLATION

    def width(self, *widths: int) -> int:
        """The n of which there are n (n - 1) / 2 pairs."""
        return (1 + math.isqrt(1 + 8 * widths[0])) // 2
