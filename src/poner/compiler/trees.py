"""Lays fitted decision trees out for the kernel.

scikit-learn keeps a tree's nodes in the order of its growth; the kernel wants a node's children
side by side and after it, so that going down needs no branch and always ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations import CATEGORICAL, LEAF, MISSING_LEFT, NODE, Trees
from poner.errors import ModelUnreadableError

BLIND_LEVELS = 8
"""Levels the kernel goes down without asking for a leaf; its limit (kernel/trees.c)."""


@dataclass(frozen=True)
class FittedTrees:
    """Trees as scikit-learn keeps them, one after the other; children count from 0 in each."""

    sizes: NDArray[np.int64]
    """(n_trees,) nodes of each tree."""
    left: NDArray[np.int64]
    """(n_nodes,) left child; what it is for a leaf does not matter."""
    right: NDArray[np.int64]
    """(n_nodes,) right child."""
    leaf: NDArray[np.bool_]
    """(n_nodes,) whether a node has no children."""
    feature: NDArray[np.int64]
    """(n_nodes,) column that an inner node asks for."""
    threshold: FloatArray
    """(n_nodes,) left if value <= threshold."""
    missing_left: NDArray[np.bool_]
    """(n_nodes,) whether NaN goes left."""
    left_set: NDArray[np.int64] | None = None
    """(n_nodes,) for a node that asks for a category, the set of those that go left; else -1.
    None where no node does; else the trees are for SumCategoryTrees."""
    known_set: NDArray[np.int64] | None = None
    """(n_nodes,) for a node that asks for a category, the set of all that are known."""


def lay_out(
    fitted: FittedTrees, columns: Sequence[int], n_features: int
) -> tuple[NDArray[np.int64], Trees]:
    """Arrange nodes for the kernel.

    Args:
        fitted: the trees; not trusted.
        columns: for each tree, the column it adds to.
        n_features: inner nodes must ask for less.

    Returns:
        The place in `fitted` of each node of the result, and Trees whose leaves are still empty:
        `trees.nodes["value"]` of a leaf is 0.

    Raises:
        ModelUnreadableError: children or features point nowhere.
    """
    starts = np.concatenate([[0], np.cumsum(fitted.sizes)[:-1]]).astype(np.int64)
    left, right = _checked_children(fitted, starts, n_features)
    order, depth = _walk(fitted.leaf, left, right, starts)
    tree_of = np.repeat(np.arange(fitted.sizes.size), fitted.sizes)
    order = order[np.argsort(tree_of[order], kind="stable")]
    place = np.full(fitted.leaf.size, -1)
    place[order] = np.arange(order.size)
    leaf = fitted.leaf[order]
    nodes = np.zeros(order.size, NODE)
    nodes["value"] = np.where(leaf, 0.0, fitted.threshold[order])
    nodes["child"] = np.where(leaf, np.arange(order.size), place[left[order]])
    nodes["feature"] = np.where(
        leaf, LEAF, fitted.feature[order] + MISSING_LEFT * fitted.missing_left[order]
    )
    if fitted.left_set is not None:
        _ask_for_categories(nodes, fitted, order)
    roots = np.stack([place[starts], np.minimum(depth, BLIND_LEVELS), columns], axis=1)
    return order, Trees(roots.astype("<u4"), nodes)


def _ask_for_categories(
    nodes: NDArray[np.void], fitted: FittedTrees, order: NDArray[np.int64]
) -> None:
    """Make nodes ask for categories where they do; the kernel checks that the sets are there."""
    assert fitted.left_set is not None
    assert fitted.known_set is not None
    asks = (fitted.left_set[order] >= 0) & ~fitted.leaf[order]
    left, known = fitted.left_set[order][asks], fitted.known_set[order][asks]
    if np.any(known < 0) or np.any(np.maximum(left, known) >= 1 << 31):
        raise _damaged()
    nodes["feature"][asks] |= CATEGORICAL
    nodes["position"][asks] = (left + (known << 32)).astype(np.uint64)


def _checked_children(
    fitted: FittedTrees, starts: NDArray[np.int64], n_features: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Children as places among all nodes; a leaf's are itself."""
    sizes = np.repeat(fitted.sizes, fitted.sizes)
    own_start = np.repeat(starts, fitted.sizes)
    inner = ~fitted.leaf
    within = np.ones(fitted.leaf.size, bool)
    for child in (fitted.left, fitted.right):
        within &= (child > 0) & (child < sizes)
    within &= (fitted.feature >= 0) & (fitted.feature < n_features)
    if np.any(fitted.sizes < 1) or not np.all(within[inner]):
        raise _damaged()
    itself = np.arange(fitted.leaf.size)
    return (
        np.where(inner, fitted.left + own_start, itself),
        np.where(inner, fitted.right + own_start, itself),
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
        if met > leaf.size:  # a node is met twice: the tree is none
            raise _damaged()
        levels.append(frontier)
        inner = ~leaf[frontier]
        depth[tree_of[inner]] += 1  # once a tree and level, as an assignment with equal values
        parents = frontier[inner]
        frontier = np.stack([left[parents], right[parents]], axis=1).ravel()
        tree_of = np.repeat(tree_of[inner], 2)
    return np.concatenate(levels), depth


def _damaged() -> ModelUnreadableError:
    return ModelUnreadableError(
        "A decision tree of the model points to nodes or features that do not exist.",
        "The file is damaged or was tampered with: train and save the model again.",
    )
