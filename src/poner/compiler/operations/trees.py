"""Sums over decision trees, as the model's library means them.

How the kernel evaluates them (layout/) is decided when the tables are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import ROUNDING, IndexArray, Operation


class Comparison(Enum):
    """Which values go to the left child."""

    LESS_EQUAL = "<="
    LESS = "<"


@dataclass(frozen=True)
class CategorySplits:
    """The nodes of an ensemble that compare a category with a set instead of a threshold.

    A category is the value's integer part modulo 256. What is NaN, negative or not a known category
    goes where missing values go.
    """

    left_set: NDArray[np.int64]
    """(n_nodes,) index of the set of categories that go left; -1 for a node with a threshold."""
    known_set: NDArray[np.int64]
    """(n_nodes,) index of the set of all known categories; -1 for a node with a threshold."""
    sets: IndexArray
    """(n_sets, 8) bits of categories: category c is bit c % 32 of word c // 32."""
    negative_wraps: bool = False
    """Whether -1 is category 255, as in scikit-learn 1.1, and not missing."""


@dataclass(frozen=True)
class Trees:
    """Decision trees, node after node and tree after tree, in the order of the model's library."""

    sizes: NDArray[np.int64]
    """(n_trees,) number of nodes of each tree; its first node is the root."""
    left: NDArray[np.int64]
    """(n_nodes,) left child, counted from the tree's root; any number for a leaf."""
    right: NDArray[np.int64]
    """(n_nodes,) right child."""
    leaf: NDArray[np.bool_]
    """(n_nodes,) whether a node is a leaf."""
    feature: NDArray[np.int64]
    """(n_nodes,) input column that an inner node looks at."""
    threshold: FloatArray
    """(n_nodes,) what an inner node compares the value with."""
    missing_left: NDArray[np.bool_]
    """(n_nodes,) whether NaN goes left."""
    categories: CategorySplits | None = None
    """The nodes that look at categories, if there are any."""
    covers: FloatArray | None = None
    """(n_nodes,) weight of the training samples that reached each node; None if not recorded."""


@dataclass(frozen=True)
class TreeEnsemble(Operation):
    """The start values plus, tree after tree, what the leaf gives that the row reaches."""

    trees: Trees
    """Structure and splits."""
    leaf_values: FloatArray
    """(n_nodes, 1 or width) what each leaf adds; any numbers for inner nodes."""
    start: FloatArray
    """(width,) what the sum begins with."""
    columns: NDArray[np.int64] | None = None
    """(n_trees,) the column that a tree adds its one value to; None: a leaf adds a whole row."""
    comparison: Comparison = Comparison.LESS_EQUAL
    """Which values go left at a threshold."""
    float32: bool = False
    """Whether the input was rounded to float32 (a CastFloat32 comes before); else it is float64."""
    rounded_leaves: bool = False
    """Whether the leaves hold logarithms computed here, which the model's own numpy may round
    otherwise."""

    @property
    def tolerance(self) -> float:  # type: ignore[override]  # here it depends on the leaves
        """0 unless the leaves are rounded."""
        return ROUNDING if self.rounded_leaves else 0.0

    def width(self, *widths: int) -> int:
        """One value for each start value."""
        return len(self.start)
