"""Sums over decision trees, as the model's library means them.

How the kernel evaluates them (layout/) is decided when the tables are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import EXACT, ROUNDING, IndexArray, OneWay

_CATEGORIES = np.arange(-2.0, 258.0)
"""All values that a node with categories can tell apart, and some beyond."""


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
class TreeEnsemble(OneWay):
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
    def tolerance(self) -> float:
        """Exact unless the leaves are rounded."""
        return ROUNDING if self.rounded_leaves else EXACT

    @property
    def visits(self) -> int:
        """A path through each tree, as long as in a balanced tree of its size."""
        return int(np.ceil(np.log2(self.trees.sizes + 1)).sum())

    def width(self, *widths: int) -> int:
        """One value for each start value."""
        return len(self.start)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The thresholds of each column; all categories where nodes look at its category."""
        inner, categories = ~self.trees.leaf, self.trees.categories
        by_category = inner & (categories.left_set >= 0) if categories else np.zeros_like(inner)
        by_threshold = inner & ~by_category
        feature, threshold = self.trees.feature[by_threshold], self.trees.threshold[by_threshold]
        asked = np.unique(self.trees.feature[by_category])
        threshold = np.concatenate([threshold, np.tile(_CATEGORIES, len(asked))])
        feature = np.concatenate([feature, np.repeat(asked, len(_CATEGORIES))])
        order = np.argsort(feature, kind="stable")
        ends = np.searchsorted(feature[order], np.arange(1, width))
        return [np.unique(part) for part in np.split(threshold[order], ends)]

    def parameters(self) -> Iterator[str]:
        """The size of the ensemble, and what is said once for all nodes."""
        trees = self.trees
        yield f"{trees.sizes.size} trees, {trees.leaf.size} nodes, {np.sum(trees.leaf)} leaves"
        yield f"value {self.comparison.value} threshold"
        yield "float32" if self.float32 else "float64"
        yield from ["with categories"] if trees.categories else []
        yield "with covers" if trees.covers is not None else "without covers"
