"""Operations on each value alone (kernel/elementwise.c)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import (
    EXACT,
    ROUNDING,
    KernelForm,
    NoBoundaries,
    OneWay,
    Operation,
    Passing,
    Undone,
)


class Function(IntEnum):
    """Functions of one value, by the numbers of kernel/math/math.h; up to ISFINITE numpy's."""

    NEGATIVE = 0
    ABSOLUTE = 1
    SIGN = 2
    SQUARE = 3
    SQRT = 4
    CBRT = 5
    EXP = 6
    EXP2 = 7
    EXPM1 = 8
    LOG = 9
    LOG2 = 10
    LOG10 = 11
    LOG1P = 12
    SIN = 13
    COS = 14
    TAN = 15
    ARCSIN = 16
    ARCCOS = 17
    ARCTAN = 18
    SINH = 19
    COSH = 20
    TANH = 21
    ARCSINH = 22
    ARCCOSH = 23
    ARCTANH = 24
    FLOOR = 25
    CEIL = 26
    RINT = 27
    TRUNC = 28
    RECIPROCAL = 29
    ISNAN = 30
    ISINF = 31
    ISFINITE = 32
    EXPIT = 33
    RELU = 34
    ERF = 35
    NORMAL_CDF = 36
    NORMAL_QUANTILE = 37


_EXACT_FUNCTIONS = {
    Function.NEGATIVE,
    Function.ABSOLUTE,
    Function.SIGN,
    Function.SQUARE,
    Function.SQRT,
    Function.FLOOR,
    Function.CEIL,
    Function.RINT,
    Function.TRUNC,
    Function.RECIPROCAL,
    Function.ISNAN,
    Function.ISINF,
    Function.ISFINITE,
    Function.RELU,
}


@dataclass(frozen=True)
class Map(OneWay, NoBoundaries, KernelForm):
    """One function of every value."""

    number = 6
    function: Function
    """Which."""

    @property
    def tolerance(self) -> float:
        """EXACT for functions that scikit-learn and the kernel both round correctly."""
        return EXACT if self.function in _EXACT_FUNCTIONS else ROUNDING


class Pairing(IntEnum):
    """Functions of two values, by the numbers of kernel/elementwise.c."""

    ADD = 0
    SUBTRACT = 1
    MULTIPLY = 2
    DIVIDE = 3
    POWER = 4
    MINIMUM = 5
    MAXIMUM = 6
    GREATER = 7
    GREATER_EQUAL = 8
    LESS = 9
    LESS_EQUAL = 10
    EQUAL = 11
    NOT_EQUAL = 12
    FILL = 13
    """The first value, or the second where the first is NaN."""
    DIVIDE_OR_KEEP = 14
    """The quotient, or the first value where the second is 0."""


_INVERSES: dict[Pairing, Callable[[FloatArray, float], FloatArray]] = {
    Pairing.ADD: np.subtract,
    Pairing.SUBTRACT: np.add,
    Pairing.MULTIPLY: np.divide,
    Pairing.DIVIDE: np.multiply,
    Pairing.DIVIDE_OR_KEEP: np.multiply,
}
"""The Pairing that restores the first value from the result and the second value."""

_COMPARISONS = {
    Pairing.GREATER,
    Pairing.GREATER_EQUAL,
    Pairing.LESS,
    Pairing.LESS_EQUAL,
    Pairing.EQUAL,
    Pairing.NOT_EQUAL,
    Pairing.MINIMUM,
    Pairing.MAXIMUM,
}


@dataclass(frozen=True)
class Combine(Operation, KernelForm):
    """A function of every value and its partner in `operand`, or in a second register.

    The partner has one value per column, or one for all columns. Comparisons give 1 or 0.
    """

    number = 7
    pairing: Pairing
    """Which function."""
    operand: FloatArray | None = None
    """(width,) or (1,) the second values; None where a second register holds them."""

    @property
    def tolerance(self) -> float:
        """Every function except powers is correctly rounded."""
        return ROUNDING if self.pairing is Pairing.POWER else EXACT

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The values that comparisons use."""
        if self.operand is None or self.pairing not in _COMPARISONS:
            return [None] * width
        return np.split(np.broadcast_to(self.operand, (width,)), width)

    @property
    def keeps_values(self) -> bool:
        """True only if gaps are filled."""
        return self.pairing is Pairing.FILL

    def undo(self, column: int, values: FloatArray, *widths: int) -> Undone | None:
        """The inverse of arithmetic with a constant."""
        if self.pairing in (Pairing.FILL, Pairing.MINIMUM, Pairing.MAXIMUM):
            return Undone(0, column, values)
        if self.operand is None or self.pairing not in _INVERSES:
            return None
        operand = np.broadcast_to(self.operand, widths[:1])[column]
        if not operand and self.pairing in (Pairing.DIVIDE, Pairing.DIVIDE_OR_KEEP):
            return Undone(0, column, values)
        return Undone(0, column, _INVERSES[self.pairing](values, operand))


@dataclass(frozen=True)
class Replace(Passing, KernelForm):
    """A value's substitute where it equals the given one; NaN equals NaN."""

    number = 18
    wanted: FloatArray
    """(1,) the value that is replaced."""
    substitutes: FloatArray
    """(width,) its substitute in each column."""

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The value that is replaced, for every column."""
        return [self.wanted] * width


class PowerMethod(IntEnum):
    """Power transforms, by the numbers of kernel/elementwise.c."""

    YEO_JOHNSON = 0
    BOX_COX = 1
    YEO_JOHNSON_BY_LOG = 2
    """Yeo-Johnson by log1p and expm1 instead of powers, as scikit-learn does since 1.9."""


@dataclass(frozen=True)
class PowerTransform(OneWay, NoBoundaries, KernelForm):
    """Yeo-Johnson or Box-Cox, with one lambda per column; NaN stays NaN."""

    number = 21
    tolerance = ROUNDING
    method: PowerMethod
    """Which."""
    lambdas: FloatArray
    """(width,) the powers."""
    complements: FloatArray
    """(width,) 2 minus each power, computed in the precision of the fitted powers."""
