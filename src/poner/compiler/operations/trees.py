"""Sums over decision trees (kernel/trees.c, shallow_trees.c, category_trees.c, coded_trees.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import ROUNDING, IndexArray, Operation

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


LEAF = 0x8000_0000


MISSING_LEFT = 0x4000_0000


CATEGORICAL = 0x2000_0000
FEATURE = 0x1FFF_FFFF
"""Bits of a node's `feature`: a leaf, NaN goes left, asks for a category; the column."""


@dataclass(frozen=True)
class Trees:
    """Decision trees laid out for the kernel: children side by side, after their parent."""

    roots: IndexArray
    """(n_trees, 3): the root's node, the levels to go down blindly, the column added to."""
    nodes: NDArray[np.void]
    """(n_nodes,) of NODE."""

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Both, as an operation's first arrays."""
        return self.roots, self.nodes


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
