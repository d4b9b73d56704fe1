"""Sums over decision trees, independent of their layout in the kernel.

The layout (layout/) is chosen when the tables are written.
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
"""All values that a node with categories can tell apart, and some outside that range."""


class Comparison(Enum):
    """The comparison that sends a value to the left child."""

    LESS_EQUAL = "<="
    LESS = "<"


@dataclass(frozen=True)
class CategorySplits:
    """The nodes of an ensemble that compare a category with a set instead of a threshold.

    A category is the value's integer part modulo 256. NaN, negative values and unknown categories
    go where missing values go.
    """

    left_set: NDArray[np.int64]
    """(n_nodes,) index of the set of categories that go left; -1 for a node with a threshold."""
    known_set: NDArray[np.int64]
    """(n_nodes,) index of the set of all known categories; -1 for a node with a threshold."""
    sets: IndexArray
    """(n_sets, 8) bits of categories: category c is bit c % 32 of word c // 32."""
    negative_wraps: bool = False
    """Whether -1 is category 255, as in scikit-learn 1.1, instead of missing."""


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
    """(n_nodes,) input column that an inner node tests."""
    threshold: FloatArray
    """(n_nodes,) threshold of an inner node."""
    missing_left: NDArray[np.bool_]
    """(n_nodes,) whether NaN goes left."""
    categories: CategorySplits | None = None
    """The nodes that test categories; None if there are none."""
    covers: FloatArray | None = None
    """(n_nodes,) weight of the training samples that reached each node; None if not recorded."""


@dataclass(frozen=True)
class TreeEnsemble(OneWay):
    """The start values plus, tree after tree, the value of the leaf that the row reaches."""

    trees: Trees
    """Structure and splits."""
    leaf_values: FloatArray
    """(n_nodes, 1 or width) what each leaf adds; any numbers for inner nodes."""
    start: FloatArray
    """(width,) the initial value of the sum."""
    columns: NDArray[np.int64] | None = None
    """(n_trees,) the column to which a tree adds its value; None: a leaf adds a whole row."""
    comparison: Comparison = Comparison.LESS_EQUAL
    """The comparison with a threshold that sends a value left."""
    float32: bool = False
    """Whether the input was rounded to float32 (a CastFloat32 comes before); else it is float64."""
    rounded_leaves: bool = False
    """Whether the leaves hold logarithms computed by poner, which the model's numpy may round
    differently."""

    @property
    def tolerance(self) -> float:
        """Exact unless the leaves are rounded."""
        return ROUNDING if self.rounded_leaves else EXACT

    @property
    def visits(self) -> int:
        """The length of a path through each tree, if balanced."""
        return int(np.ceil(np.log2(self.trees.sizes + 1)).sum())

    def width(self, *widths: int) -> int:
        """One column for each start value."""
        return len(self.start)

    def boundary_values(self, width: int) -> Sequence[FloatArray | None]:
        """The thresholds of each column; all categories where nodes test its category."""
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
        """The size of the ensemble, and the settings that all nodes share."""
        trees = self.trees
        yield f"{trees.sizes.size} trees, {trees.leaf.size} nodes, {np.sum(trees.leaf)} leaves"
        yield f"value {self.comparison.value} threshold"
        yield "float32" if self.float32 else "float64"
        yield from ["with categories"] if trees.categories else []
        yield "with covers" if trees.covers is not None else "without covers"
