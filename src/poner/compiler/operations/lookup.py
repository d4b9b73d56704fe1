"""Operations that look values up in sorted arrays (kernel/lookup.c, splines.c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import (
    EXACT,
    ROUNDING,
    IndexArray,
    KernelForm,
    NoBoundaries,
    OneWay,
)


class Searched(OneWay):
    """Each column's value is searched in that column's sorted part of an array."""

    ends: IndexArray
    """(n_columns,) where each column's part ends."""

    @property
    def visits(self) -> int:
        """About 16 comparisons for each column."""
        return 16 * self.ends.size


@dataclass(frozen=True)
class Recode(Searched, KernelForm):
    """Each column's values looked up in a table of its own; NaN is a key like another.

    Texts arrive as category codes, by the Program's `vocabulary`.
    """

    number = 16
    tolerance = EXACT
    ends: IndexArray
    """(n_columns,) where each column's keys end."""
    keys: FloatArray
    """All columns' keys, one column after the other, ascending in each, NaN last."""
    values: FloatArray
    """The value for each key."""
    default: FloatArray
    """(n_columns,) the value for anything that is not a key."""
    refuse_unknown: bool = False
    """Whether a row with a value that is not a key is refused instead."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The keys."""
        return np.split(self.keys, self.ends[:-1])


@dataclass(frozen=True)
class OneHot(OneWay, NoBoundaries, KernelForm):
    """Each column's index, one-hot encoded; a negative index gives zeros only."""

    number = 17
    tolerance = EXACT
    ends: IndexArray
    """(n_source_columns,) where each source column's columns of the result end."""

    def width(self, *widths: int) -> int:
        """All columns' places."""
        return int(self.ends[-1]) if len(self.ends) else 0


@dataclass(frozen=True)
class Digitize(Searched, KernelForm):
    """The number of its column's edges that a value has passed."""

    number = 19
    tolerance = EXACT
    ends: IndexArray
    """(width,) where each column's edges end."""
    edges: FloatArray
    """All columns' edges, ascending in each."""
    below: bool = False
    """Whether only larger values pass an edge; otherwise equal values pass it, too."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The edges."""
        return np.split(self.edges, self.ends[:-1])


@dataclass(frozen=True)
class Interpolate(Searched, KernelForm):
    """Each column's value on a line through given points, as numpy.interp; NaN stays NaN."""

    number = 20
    tolerance = ROUNDING
    ends: IndexArray
    """(width,) where each column's points end."""
    xs: FloatArray
    """The points' positions, ascending in each column."""
    ys: FloatArray
    """The results there."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The given points."""
        return np.split(self.xs, self.ends[:-1])


class Extrapolation(IntEnum):
    """The extrapolation of splines beyond their outermost knots, as numbered in splines.c."""

    CONTINUE = 0
    """The outermost polynomials are continued."""
    PERIODIC = 1
    """They begin again."""
    ERROR = 2
    """The row is refused."""
    CONSTANT = 3
    """The values at the boundary."""
    LINEAR = 4
    """The tangents at the boundary."""


@dataclass(frozen=True)
class Splines(Searched, KernelForm):
    """Each column's B-splines of one degree over its knots; each is a column of the result."""

    number = 25
    tolerance = ROUNDING
    extrapolation: Extrapolation
    """The extrapolation beyond the knots."""
    ends: IndexArray
    """(n_columns,) where each column's knots end."""
    knots: FloatArray
    """All columns' knots, ascending in each; `degree` of them before and after its range."""
    degree: IndexArray
    """(1,) degree of the polynomials."""
    missing_as_zeros: bool = False
    """Whether all splines of NaN are 0."""

    @property
    def option(self) -> int:
        """The extrapolation, plus 8 where the splines of NaN are 0."""
        return int(self.extrapolation) + 8 * self.missing_as_zeros

    def width(self, *widths: int) -> int:
        """A column with n knots has n - degree - 1 splines, or fewer where they are periodic."""
        degree, periodic = int(self.degree[0]), self.extrapolation is Extrapolation.PERIODIC
        return len(self.knots) - len(self.ends) * (degree + 1 + degree * periodic)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The knots."""
        return np.split(self.knots, self.ends[:-1])
