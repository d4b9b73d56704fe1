"""Puts the nodes of fitted trees into the kernel's order, and checks them on the way.

Libraries keep a tree's nodes in the order of its growth. The kernel wants a node's two children
side by side and after it, so that a descent needs no branch and always ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations.operation import IndexArray
from poner.compiler.operations.trees import CategorySplits, Comparison, TreeEnsemble, Trees
from poner.errors import ModelUnreadableError

NODE = np.dtype(
    {
        "names": ["value", "position", "feature", "child"],
        "formats": ["<f8", "<u8", "<u4", "<u4"],
        "offsets": [0, 0, 8, 12],
        "itemsize": 16,
    }
)
"""A node. `value` (a threshold, or a leaf's value) and `position` (of a leaf's row, or of sets of
categories) share eight bytes; `child` is the left child, which the right one follows."""

LEAF = 0x8000_0000
MISSING_LEFT = 0x4000_0000
CATEGORICAL = 0x2000_0000
FEATURE = 0x1FFF_FFFF
"""Bits of a node's `feature`: it is a leaf; NaN goes left; it tests a category; the column."""

BLIND_LEVELS = 8
"""The most levels that the kernel descends before it tests for a leaf (kernel/trees.c)."""


@dataclass(frozen=True)
class PackedTrees:
    """Trees in the kernel's order."""

    roots: IndexArray
    """(n_trees, 3): the root's node, the levels to go down blindly, the column added to."""
    nodes: NDArray[np.void]
    """(n_nodes,) of NODE; a leaf's `value` is the first of its values."""
    leaf_values: FloatArray
    """(n_leaves, 1 or width) the leaves' values, in the order of their nodes."""

    @property
    def leaf(self) -> NDArray[np.bool_]:
        """(n_nodes,) whether a node is a leaf."""
        return np.asarray((self.nodes["feature"] & LEAF) != 0)


def pack(ensemble: TreeEnsemble, n_features: int) -> PackedTrees:
    """The ensemble's nodes in the kernel's order.

    Args:
        ensemble: the trees; not trusted.
        n_features: width of the input; inner nodes must test a column below it.

    Raises:
        ModelUnreadableError: a child, a feature or a set of categories does not exist.
    """
    trees = ensemble.trees
    starts = np.concatenate([[0], np.cumsum(trees.sizes)[:-1]]).astype(np.int64)
    left, right = _checked_children(trees, starts, n_features)
    order, depth = _walk(trees.leaf, left, right, starts)
    tree_of = np.repeat(np.arange(trees.sizes.size), trees.sizes)
    order = order[np.argsort(tree_of[order], kind="stable")]
    place = np.full(trees.leaf.size, -1)
    place[order] = np.arange(order.size)
    leaf = trees.leaf[order]
    nodes = np.zeros(order.size, NODE)
    nodes["value"] = np.where(leaf, ensemble.leaf_values[order, 0], _limits(ensemble)[order])
    nodes["child"] = np.where(leaf, np.arange(order.size), place[left[order]])
    nodes["feature"] = np.where(
        leaf, LEAF, trees.feature[order] + MISSING_LEFT * trees.missing_left[order]
    )
    if trees.categories is not None:
        _look_at_categories(nodes, trees.categories, order, leaf)
    columns = np.zeros(len(depth), np.int64) if ensemble.columns is None else ensemble.columns
    roots = np.stack([place[starts], np.minimum(depth, BLIND_LEVELS), columns], axis=1)
    return PackedTrees(roots.astype("<u4"), nodes, ensemble.leaf_values[order[leaf]])


def _limits(ensemble: TreeEnsemble) -> FloatArray:
    """(n_nodes,) the largest value that goes left."""
    match ensemble.comparison:
        case Comparison.LESS_EQUAL:
            return ensemble.trees.threshold
        case Comparison.LESS:
            return np.nextafter(ensemble.trees.threshold, -np.inf)


def _look_at_categories(
    nodes: NDArray[np.void],
    categories: CategorySplits,
    order: NDArray[np.int64],
    leaf: NDArray[np.bool_],
) -> None:
    """Mark the nodes that test categories, and set the indices of their sets."""
    asks = (categories.left_set[order] >= 0) & ~leaf
    left, known = categories.left_set[order][asks], categories.known_set[order][asks]
    if np.any(known < 0) or np.any(np.maximum(left, known) >= len(categories.sets)):
        raise _damaged()
    nodes["feature"][asks] |= CATEGORICAL
    nodes["position"][asks] = (left + (known << 32)).astype(np.uint64)


def _checked_children(
    trees: Trees, starts: NDArray[np.int64], n_features: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both children of each node, counted over all trees; a leaf is its own child."""
    sizes = np.repeat(trees.sizes, trees.sizes)
    own_start = np.repeat(starts, trees.sizes)
    inner = ~trees.leaf
    within = np.ones(trees.leaf.size, bool)
    for child in (trees.left, trees.right):
        within &= (child > 0) & (child < sizes)
    within &= (trees.feature >= 0) & (trees.feature < n_features)
    if np.any(trees.sizes < 1) or not np.all(within[inner]):
        raise _damaged()
    itself = np.arange(trees.leaf.size)
    return (
        np.where(inner, trees.left + own_start, itself),
        np.where(inner, trees.right + own_start, itself),
    )


def _walk(
    leaf: NDArray[np.bool_],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    roots: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All nodes level by level, siblings side by side; and the depth of each tree."""
    levels: list[NDArray[np.int64]] = []
    depth = np.zeros(roots.size, np.int64)
    frontier, tree_of = roots, np.arange(roots.size)
    met = 0
    while frontier.size:
        met += frontier.size
        if met > leaf.size:  # a node has two parents
            raise _damaged()
        levels.append(frontier)
        inner = ~leaf[frontier]
        depth[tree_of[inner]] += 1  # once for each tree and level: equal indices assign once
        parents = frontier[inner]
        frontier = np.stack([left[parents], right[parents]], axis=1).ravel()
        tree_of = np.repeat(tree_of[inner], 2)
    return np.concatenate(levels), depth


def _damaged() -> ModelUnreadableError:
    return ModelUnreadableError(
        "A decision tree of the model points to nodes, features or categories that do not exist.",
        "The file is damaged or was tampered with: train and save the model again.",
    )
