"""Chooses how trees are summed: one by one, or as shallow trees that share their splits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations import LEAF, NODE, SumShallowTrees, SumTrees, Trees

MAX_DEPTH = 4
MAX_SPLITS = 8192
"""The kernel's limits (kernel/shallow_trees.c)."""


def sum_of(trees: Trees, start: FloatArray) -> SumTrees | SumShallowTrees:
    """The operation that adds the trees to the start values; the same sum in the same order.

    Shared splits are taken where there are no more of them than questions on the trees' paths,
    and the trees go round the columns in order.
    """
    depth, columns = int(trees.roots[:, 1].max(initial=0)), trees.roots[:, 2]
    in_turn = np.array_equal(columns, np.arange(len(columns)) % start.size)
    if not 1 <= depth <= MAX_DEPTH or not in_turn:
        return SumTrees(trees, start)
    levels = _complete(trees, depth)
    asked = np.concatenate(levels[:-1], axis=1)
    splits, tree_splits = _share(trees.nodes, asked)
    if len(splits) > min(MAX_SPLITS, len(trees.roots) * depth):
        return SumTrees(trees, start)
    return SumShallowTrees(depth, splits, tree_splits, trees.nodes["value"][levels[-1]], start)


def _complete(trees: Trees, depth: int) -> list[NDArray[np.int64]]:
    """For each level, (n_trees, 2^level) nodes; below a leaf stands the leaf itself."""
    child = trees.nodes["child"].astype(np.int64)
    inner = (trees.nodes["feature"] & LEAF) == 0
    levels = [trees.roots[:, :1].astype(np.int64)]
    for _ in range(depth):
        above = levels[-1]
        both = np.stack([child[above], child[above] + inner[above]], axis=2)
        levels.append(both.reshape(len(above), -1))
    return levels


def _share(
    nodes: NDArray[np.void], asked: NDArray[np.int64]
) -> tuple[NDArray[np.void], NDArray[np.uint16]]:
    """Each feature and threshold once, and which of them each node asks for."""
    inner = (nodes["feature"] & LEAF) == 0
    keys = np.stack([nodes["feature"].astype(np.uint64), nodes["position"]], axis=1)
    unique, places = np.unique(keys[inner], axis=0, return_inverse=True)
    splits = np.zeros(len(unique), NODE)
    splits["feature"], splits["position"] = unique[:, 0], unique[:, 1]
    place = np.zeros(len(nodes), np.int64)  # below a leaf any split will do
    place[inner] = places.ravel()
    return splits, place[asked].astype("<u2")
