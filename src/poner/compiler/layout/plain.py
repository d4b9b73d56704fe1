"""The layouts that hold every ensemble: nodes with thresholds, or with sets of categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.layout.nodes import PackedTrees
from poner.compiler.operations.operation import IndexArray, KernelForm
from poner.compiler.operations.trees import CategorySplits


@dataclass(frozen=True)
class PlainTrees(KernelForm):
    """Each leaf adds its value to its tree's column (kernel/trees.c)."""

    number = 11
    roots: IndexArray
    """As in PackedTrees."""
    nodes: NDArray[np.void]
    """As in PackedTrees."""
    start: FloatArray
    """(width,) the initial value of the sum."""


@dataclass(frozen=True)
class PlainLeafRows(KernelForm):
    """Each leaf adds a row of values to all columns; the sum begins with zeros (kernel/trees.c)."""

    number = 12
    roots: IndexArray
    """As in PackedTrees."""
    nodes: NDArray[np.void]
    """As in PackedTrees, but `position` of a leaf is the index of its row."""
    leaf_rows: FloatArray
    """(n_leaves, width) the rows."""


@dataclass(frozen=True)
class CategoryTrees(KernelForm):
    """As PlainTrees, for trees that test categories (kernel/category_trees.c).

    The low half of a CATEGORICAL node's `position` is the set of categories that go left, the high
    half the set of known categories.
    """

    number = 52
    roots: IndexArray
    """As in PackedTrees."""
    nodes: NDArray[np.void]
    """As in PackedTrees."""
    start: FloatArray
    """(width,) the initial value of the sum."""
    sets: IndexArray
    """(n_sets, 8) as in CategorySplits."""
    negative_wraps: bool
    """As in CategorySplits."""


def lay_out_plain(packed: PackedTrees, start: FloatArray) -> PlainTrees | PlainLeafRows:
    """The packed trees unchanged; with rows of values if a leaf has several values."""
    if packed.leaf_values.shape[1] == 1:
        return PlainTrees(packed.roots, packed.nodes, start)
    leaf_rows = packed.leaf_values.copy()
    end_of_first = int(packed.roots[1, 0]) if len(packed.roots) > 1 else None
    leaf_rows[: np.count_nonzero(packed.leaf[:end_of_first])] += start
    nodes = packed.nodes.copy()
    nodes["position"][packed.leaf] = np.arange(len(leaf_rows))
    return PlainLeafRows(packed.roots, nodes, leaf_rows)


def lay_out_categories(
    packed: PackedTrees, start: FloatArray, categories: CategorySplits
) -> CategoryTrees:
    """Trees whose leaves have one value and whose nodes test categories."""
    return CategoryTrees(
        packed.roots, packed.nodes, start, categories.sets, categories.negative_wraps
    )
