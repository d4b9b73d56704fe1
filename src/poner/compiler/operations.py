"""The operations a Program is made of: one dataclass each, and the kernel's function of its number.

An operation's arrays are its array fields in their order, as kernel/operations.c reads them; its
option is an enumeration or a flag. To add one: a dataclass here, a row with a check and a function
in the kernel, and a line in docs/model_format.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray

IndexArray = NDArray[np.uint32]
"""Columns, ends of groups, positions."""

NODE = np.dtype(
    {
        "names": ["value", "position", "feature", "child"],
        "formats": ["<f8", "<u8", "<u4", "<u4"],
        "offsets": [0, 0, 8, 12],
        "itemsize": 16,
    }
)
"""A tree's node: `value` (a threshold or a leaf's value) and `position` (of a leaf's row) share
the same eight bytes; `child` is the left child, and the right one stands after it."""

ROUNDING = 1e-12
"""What sums and functions differ by, relative: BLAS and numpy round in an order of their own."""

CANCELLATION = 1e-10
"""The same for distances, which scikit-learn takes from squares that cancel out."""

LEAF = 0x8000_0000
MISSING_LEFT = 0x4000_0000
CATEGORICAL = 0x2000_0000


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
        parts = [(v.roots, v.nodes) if isinstance(v, Trees) else (v,) for v in values]
        return tuple(v.ravel() for part in parts for v in part if isinstance(v, np.ndarray))

    def width(self, *widths: int) -> int:
        """Values a row of the register it computes, from those of its sources."""
        return widths[0]


# Plumbing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Select(Operation):
    """Some columns, in any order, also repeatedly."""

    number = 1
    columns: IndexArray
    """(width,) column of the source for each of the result."""

    def width(self, *widths: int) -> int:
        """As many as are selected."""
        return len(self.columns)


@dataclass(frozen=True)
class Join(Operation):
    """The columns of up to four registers, side by side."""

    number = 2

    def width(self, *widths: int) -> int:
        """All columns."""
        return sum(widths)


@dataclass(frozen=True)
class Constant(Operation):
    """The same values for every row, whatever the source holds."""

    number = 3
    values: FloatArray
    """(width,) the values."""

    def width(self, *widths: int) -> int:
        """As many as there are values."""
        return len(self.values)


# What is refused --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Require(Operation):
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
class CastFloat32(Operation):
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


# Value by value ---------------------------------------------------------------------------------


class Function(IntEnum):
    """Functions of one value, by the numbers of kernel/elementwise.c."""

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
class Map(Operation):
    """One function of every value."""

    number = 6
    function: Function
    """Which."""

    @property
    def option(self) -> int:
        """The function."""
        return int(self.function)

    @property
    def tolerance(self) -> float:  # type: ignore[override]  # here it depends on the function
        """None where both round correctly."""
        return 0.0 if self.function in _EXACT_FUNCTIONS else ROUNDING


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
    """The first, or where it is NaN the second."""
    DIVIDE_OR_KEEP = 14
    """The quotient, or where the second is 0 the first."""


@dataclass(frozen=True)
class Combine(Operation):
    """One function of every value and its partner in `operand`, or in a second register.

    The partner has one value a column, or one for all columns. Comparisons give 1 or 0.
    """

    number = 7
    pairing: Pairing
    """Which function."""
    operand: FloatArray | None = None
    """(width,) or (1,) the second values; None where a second register holds them."""

    @property
    def option(self) -> int:
        """The function."""
        return int(self.pairing)

    @property
    def tolerance(self) -> float:  # type: ignore[override]  # here it depends on the function
        """All but powers are rounded correctly."""
        return ROUNDING if self.pairing is Pairing.POWER else 0.0


# Along a row ------------------------------------------------------------------------------------


class Reduction(IntEnum):
    """Functions of a group of columns, by the numbers of kernel/rowwise.c."""

    SUM = 0
    MAXIMUM = 1
    MINIMUM = 2
    ARGMAX = 3
    """Place of the first largest value within the group; NaN counts as largest."""
    ARGMIN = 4
    SUM_ABSOLUTE = 5
    SUM_SQUARES = 6
    PRODUCT = 7
    LOG_SUM_EXP = 8
    MAXIMUM_ABSOLUTE = 9
    SUM_IN_ORDER = 10
    """One after the other from 0, where SUM adds as numpy does along a row."""


_EXACT_REDUCTIONS = {
    Reduction.MAXIMUM,
    Reduction.MINIMUM,
    Reduction.ARGMAX,
    Reduction.ARGMIN,
    Reduction.MAXIMUM_ABSOLUTE,
    Reduction.SUM_IN_ORDER,
}


@dataclass(frozen=True)
class Reduce(Operation):
    """One value for each group of neighbouring columns."""

    number = 8
    reduction: Reduction
    """Which function."""
    ends: IndexArray
    """(n_groups,) where each group ends; the last is the source's width."""

    @property
    def option(self) -> int:
        """The function."""
        return int(self.reduction)

    @property
    def tolerance(self) -> float:  # type: ignore[override]  # here it depends on the function
        """Sums may be taken in another order."""
        return 0.0 if self.reduction in _EXACT_REDUCTIONS else ROUNDING

    def width(self, *widths: int) -> int:
        """One a group."""
        return len(self.ends)


@dataclass(frozen=True)
class Linear(Operation):
    """bias + weights @ row."""

    number = 9
    weights: FloatArray
    """(width, source width)."""
    bias: FloatArray
    """(width,)."""
    cancels: bool = False
    """Whether large terms cancel out in the sum, as those of kernels do."""

    @property
    def tolerance(self) -> float:  # type: ignore[override]  # here it depends on the terms
        """Sums may be taken in another order."""
        return CANCELLATION if self.cancels else ROUNDING

    def width(self, *widths: int) -> int:
        """One a row of the weights."""
        return len(self.bias)


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
class Distances(Operation):
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

    @property
    def option(self) -> int:
        """The metric."""
        return int(self.metric)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The points stand feature after feature, so that neighbouring points go together."""
        features = self.points.T.ravel()
        weights = () if self.weights is None else (self.weights,)
        return features, self.parameter, *weights

    def width(self, *widths: int) -> int:
        """One a point."""
        return len(self.points)


# Trees ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trees:
    """Decision trees laid out for the kernel: children side by side, after their parent."""

    roots: IndexArray
    """(n_trees, 3): the root's node, the levels to go down blindly, the column added to."""
    nodes: NDArray[np.void]
    """(n_nodes,) of NODE."""


@dataclass(frozen=True)
class SumTrees(Operation):
    """Start values, plus the leaf of each tree in order."""

    number = 11
    trees: Trees
    start: FloatArray
    """(width,) what the sum begins with."""

    def width(self, *widths: int) -> int:
        """One a start value."""
        return len(self.start)


@dataclass(frozen=True)
class SumLeafRows(Operation):
    """The leaves' rows of all trees, added in order to zero."""

    number = 12
    trees: Trees
    leaf_rows: FloatArray
    """(n_leaves, width) values of each leaf."""

    def width(self, *widths: int) -> int:
        """As wide as a leaf's row."""
        return int(self.leaf_rows.shape[1])


@dataclass(frozen=True)
class SumRoundedLeafRows(SumLeafRows):
    """The same of rows that are logarithms, taken here and not by the model's own numpy."""

    tolerance = ROUNDING


@dataclass(frozen=True)
class SumShallowTrees(Operation):
    """The same sum as SumTrees for trees of at most four levels that share their splits.

    Trees are complete: one that ends early has its leaf repeated. Tree i adds to column i % width.
    """

    number = 13
    depth: int
    """Levels of every tree, 1 to 4."""
    splits: NDArray[np.void]
    """(n_splits,) of NODE, without children: each feature and threshold once."""
    tree_splits: NDArray[np.uint16]
    """(n_trees, 2^depth - 1) the split of each node, level after level."""
    leaf_values: FloatArray
    """(n_trees, 2^depth) the leaves, left to right."""
    start: FloatArray
    """(width,) what the sum begins with."""

    @property
    def option(self) -> int:
        """The levels."""
        return self.depth

    def width(self, *widths: int) -> int:
        """One a start value."""
        return len(self.start)


# From scores to probabilities -------------------------------------------------------------------


@dataclass(frozen=True)
class Logistic(Operation):
    """Two probabilities from one score: 1 / (1 + exp(-scale * score)) for the second class."""

    number = 14
    tolerance = ROUNDING
    scale: FloatArray
    """(1,) what the score is multiplied with first."""

    def width(self, *widths: int) -> int:
        """Two classes."""
        return 2


@dataclass(frozen=True)
class Softmax(Operation):
    """Probabilities from a score a class."""

    number = 15
    tolerance = ROUNDING


# Categories and bins ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Recode(Operation):
    """Each column's values looked up in a table of its own; NaN is a key like another.

    Texts are numbers by now: their places in the Program's `strings`.
    """

    number = 16
    ends: IndexArray
    """(n_columns,) where each column's keys end."""
    keys: FloatArray
    """All columns' keys, one column after the other, ascending in each, NaN last."""
    values: FloatArray
    """The value for each key."""
    default: FloatArray
    """(n_columns,) the value for what is no key."""
    refuse_unknown: bool = False
    """Whether a row with another value is refused instead."""

    @property
    def option(self) -> int:
        """1: refuse what is no key."""
        return int(self.refuse_unknown)


@dataclass(frozen=True)
class OneHot(Operation):
    """Each column's place as ones and zeros; a negative place is zeros alone."""

    number = 17
    ends: IndexArray
    """(n_source_columns,) where each source column's columns of the result end."""

    def width(self, *widths: int) -> int:
        """All columns' places."""
        return int(self.ends[-1]) if len(self.ends) else 0


@dataclass(frozen=True)
class Replace(Operation):
    """A value's substitute where it equals the given one; NaN equals NaN."""

    number = 18
    wanted: FloatArray
    """(1,) what is replaced."""
    substitutes: FloatArray
    """(width,) by what, column by column."""


@dataclass(frozen=True)
class Digitize(Operation):
    """How many of its column's edges a value has passed."""

    number = 19
    ends: IndexArray
    """(width,) where each column's edges end."""
    edges: FloatArray
    """All columns' edges, ascending in each."""
    below: bool = False
    """Whether an edge is passed only by larger values; else by equal ones too."""

    @property
    def option(self) -> int:
        """1: an edge is passed only by larger values."""
        return int(self.below)


@dataclass(frozen=True)
class Interpolate(Operation):
    """Each column's value on a line through given points, as numpy.interp; NaN stays NaN."""

    number = 20
    tolerance = ROUNDING
    ends: IndexArray
    """(width,) where each column's points end."""
    xs: FloatArray
    """Where the points are, ascending in each column."""
    ys: FloatArray
    """What they are worth."""


class PowerMethod(IntEnum):
    """Power transforms, by the numbers of kernel/elementwise.c."""

    YEO_JOHNSON = 0
    BOX_COX = 1
    YEO_JOHNSON_BY_LOG = 2
    """Yeo-Johnson by log1p and expm1 instead of powers, as scikit-learn does since 1.9."""


@dataclass(frozen=True)
class PowerTransform(Operation):
    """Yeo-Johnson or Box-Cox, with a lambda a column; NaN stays NaN."""

    number = 21
    tolerance = ROUNDING
    method: PowerMethod
    """Which."""
    lambdas: FloatArray
    """(width,) the powers."""

    @property
    def option(self) -> int:
        """The method."""
        return int(self.method)


@dataclass(frozen=True)
class Products(Operation):
    """Products of columns, from the first factor on; of none it is 1."""

    number = 22
    ends: IndexArray
    """(width,) where each product's factors end."""
    factors: IndexArray
    """Columns of the source, product after product."""

    @property
    def tolerance(self) -> float:  # type: ignore[override]  # here it depends on the factors
        """Of three and more factors scikit-learn's order differs for sparse matrices."""
        counts = np.diff(self.ends, prepend=np.uint32(0))
        return ROUNDING if np.any(counts > 2) else 0.0

    def width(self, *widths: int) -> int:
        """One a product."""
        return len(self.ends)


class NeighbourWeights(IntEnum):
    """What a neighbour counts, by the numbers of kernel/neighbours.c."""

    UNIFORM = 0
    INVERSE_DISTANCE = 1
    """1 / distance; neighbours at distance 0 count alone, 1 each."""
    INVERSE_ROOT = 2
    """The same of the distance's square root."""


@dataclass(frozen=True)
class Neighbours(Operation):
    """From distances to weights: those of the k nearest, or of all within a radius; else 0."""

    number = 23
    weights: NeighbourWeights
    """What a neighbour counts."""
    limit: FloatArray
    """(2,): k or 0, and the radius where k is 0."""

    @property
    def option(self) -> int:
        """The weights."""
        return int(self.weights)


# Trees with categories ---------------------------------------------------------------------------


@dataclass(frozen=True)
class SumCategoryTrees(Operation):
    """The same sum as SumTrees for trees whose nodes ask for a threshold or for a category.

    A node of CATEGORICAL has in the low half of its `position` the set of categories that go left,
    in the high half the set of those known; what is NaN, negative or unknown goes where missing
    values go. A category is the value's integer part, modulo 256.
    """

    number = 52
    trees: Trees
    start: FloatArray
    """(width,) what the sum begins with."""
    sets: NDArray[np.uint32]
    """(n_sets, 8) bits of categories: category c is bit c % 32 of word c // 32."""
    negative_wraps: bool = False
    """Whether -1 is category 255, as in scikit-learn 1.1, and not missing."""

    @property
    def option(self) -> int:
        """1: negative categories wrap around."""
        return int(self.negative_wraps)

    def width(self, *widths: int) -> int:
        """One a start value."""
        return len(self.start)


# Preprocessing: numbers 24 to 31 ------------------------------------------------------------------


@dataclass(frozen=True)
class Above(Operation):
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


class Extrapolation(IntEnum):
    """What splines do beyond their outermost knots, by the numbers of kernel/splines.c."""

    CONTINUE = 0
    """The outermost polynomials go on."""
    PERIODIC = 1
    """They begin again."""
    ERROR = 2
    """The row is refused."""
    CONSTANT = 3
    """The values at the boundary."""
    LINEAR = 4
    """The tangents at the boundary."""


@dataclass(frozen=True)
class Splines(Operation):
    """Each column's B-splines of one degree over its knots: a column of the result each."""

    number = 25
    tolerance = ROUNDING
    extrapolation: Extrapolation
    """What happens beyond the knots."""
    ends: IndexArray
    """(n_columns,) where each column's knots end."""
    knots: FloatArray
    """All columns' knots, ascending in each; `degree` of them before and after its range."""
    degree: IndexArray
    """(1,) of the polynomials."""
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


@dataclass(frozen=True)
class Impute(Operation):
    """Each NaN replaced by the mean of that column of the nearest donors that have it.

    Sources: the row, and its distances from the donors. NaN among them is farthest; where all
    donors that have the column are as far, it is the column's mean.
    """

    number = 26
    tolerance = CANCELLATION
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


# Kernels and neighbours ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Votes(Operation):
    """Weights added up: each of the source's columns votes with its value, once an output."""

    number = 38
    columns: IndexArray
    """(source width, n_outputs) the column of the result that each vote is for."""
    n_columns: int
    """Width of the result."""
    refuse_none: bool = False
    """Whether a row is refused in which all weights are 0."""

    @property
    def option(self) -> int:
        """1: refuse a row without any weight."""
        return int(self.refuse_none)

    def width(self, *widths: int) -> int:
        """All columns that can be voted for."""
        return self.n_columns


@dataclass(frozen=True)
class Means(Operation):
    """Means of given values, weighted by the source's columns; NaN where all weights are 0."""

    number = 39
    tolerance = ROUNDING
    values: FloatArray
    """(source width, width)."""

    def width(self, *widths: int) -> int:
        """One a column of values."""
        return int(self.values.shape[1])


@dataclass(frozen=True)
class Couple(Operation):
    """Probabilities of n classes from those of each pair of them, as libsvm iterates them."""

    number = 40
    tolerance = CANCELLATION

    def width(self, *widths: int) -> int:
        """The n of which there are n (n - 1) / 2 pairs."""
        return (1 + math.isqrt(1 + 8 * widths[0])) // 2


# Medians ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WeightedMedian(Operation):
    """The smallest value of a row that, with those below it, has half of all weights."""

    number = 46
    weights: FloatArray
    """(source width,) what each column weighs; at most 4096 columns."""

    def width(self, *widths: int) -> int:
        """One value."""
        return 1


@dataclass(frozen=True)
class SolveTriangle(Operation):
    """The values that a lower triangular matrix turns into the source's."""

    number = 41
    tolerance = CANCELLATION
    triangle: FloatArray
    """(n (n + 1) / 2,) its rows, each up to the diagonal."""


@dataclass(frozen=True)
class SumCodedTrees(Operation):
    """SumTrees or SumLeafRows in the kernel's fastest form; compiler/coded_trees.py makes it.

    A row's values become codes, whole numbers in the same order; code 0 is 0 in every row.
    """

    number = 53
    roots: IndexArray
    """(n_trees, 3): the root's node, the levels to go down blindly, the column added to."""
    nodes: IndexArray
    """(n_nodes, 2): the largest code that goes left, and in 16 bits each the code asked for and the
    distance to the left child; of a leaf, its place among the leaves, and 0."""
    leaves: FloatArray
    """(n_leaves, 1 or width) each value or row of values once."""
    sources: IndexArray
    """(n_codes - 1,) the column of code 1, 2, ...; with the highest bit, NaN is its least code."""
    ends: IndexArray
    """(n_codes - 1,) where each code's thresholds end; empty unless ranked."""
    thresholds: FloatArray
    """All codes' thresholds, ascending in each; empty unless ranked."""
    start: FloatArray
    """(width,) what the sum begins with."""
    ranked: bool
    """Whether a code is how many thresholds are below the value; else its float32's place."""
    leaf_rows: bool
    """Whether a leaf adds a row to all columns."""

    @property
    def option(self) -> int:
        """1: ranked; 2: leaf rows."""
        return self.ranked + 2 * self.leaf_rows

    def width(self, *widths: int) -> int:
        """One a start value."""
        return len(self.start)
