"""The layout of trees of few levels: complete trees that share their splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.layout.nodes import NODE, PackedTrees
from poner.compiler.operations.operation import KernelForm

MAX_DEPTH = 4
MAX_SPLITS = 8192
"""The kernel's limits (kernel/shallow_trees.c)."""


@dataclass(frozen=True)
class ShallowTrees(KernelForm):
    """Complete trees of at most four levels (kernel/shallow_trees.c).

    A tree that ends early has its leaf repeated. Tree i adds to column i % width.
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
    """(width,) the initial value of the sum."""

    @property
    def option(self) -> int:
        """The levels."""
        return self.depth


def lay_out_shallow(packed: PackedTrees, start: FloatArray) -> ShallowTrees | None:
    """Trees with one value per leaf as shallow trees; None if that would not be faster.

    They are faster where there are at most as many distinct splits as nodes on the trees' paths.
    Tree i must add to column i modulo the width.
    """
    depth, columns = int(packed.roots[:, 1].max(initial=0)), packed.roots[:, 2]
    in_turn = np.array_equal(columns, np.arange(len(columns)) % start.size)
    if not 1 <= depth <= MAX_DEPTH or not in_turn:
        return None
    levels = _complete(packed, depth)
    splits, tree_splits = _share(packed, np.concatenate(levels[:-1], axis=1))
    if len(splits) > min(MAX_SPLITS, len(packed.roots) * depth):
        return None
    return ShallowTrees(depth, splits, tree_splits, packed.nodes["value"][levels[-1]], start)


def _complete(packed: PackedTrees, depth: int) -> list[NDArray[np.int64]]:
    """For each level, (n_trees, 2^level) nodes; below a leaf stands the leaf itself."""
    child, inner = packed.nodes["child"].astype(np.int64), ~packed.leaf
    levels = [packed.roots[:, :1].astype(np.int64)]
    for _ in range(depth):
        above = levels[-1]
        both = np.stack([child[above], child[above] + inner[above]], axis=2)
        levels.append(both.reshape(len(above), -1))
    return levels


def _share(
    packed: PackedTrees, asked: NDArray[np.int64]
) -> tuple[NDArray[np.void], NDArray[np.uint16]]:
    """The distinct splits, and the index of the split of each node in `asked`."""
    nodes, inner = packed.nodes, ~packed.leaf
    keys = np.stack([nodes["feature"].astype(np.uint64), nodes["position"]], axis=1)
    unique, places = np.unique(keys[inner], axis=0, return_inverse=True)
    splits = np.zeros(len(unique), NODE)
    splits["feature"], splits["position"] = unique[:, 0], unique[:, 1]
    place = np.zeros(len(nodes), np.int64)  # below a leaf any split is correct
    place[inner] = places.ravel()
    return splits, place[asked].astype("<u2")
