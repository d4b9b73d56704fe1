"""The fastest layout of most ensembles: thresholds and values as codes (kernel/coded_trees.c).

A code is a whole number. The codes of a feature have the order of its values, so that comparing
codes compares values. The kernel takes small trees 64 rows at a time (kernel/tiled_trees.c) and
large ones eight rows side by side, depending on the size of the trees and the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.layout.nodes import FEATURE, MISSING_LEFT, PackedTrees
from poner.compiler.operations.operation import IndexArray, KernelForm

MOST_CODES = 2048
MOST_LEVELS = 64
MOST_DISTANCE = 0xFFFF
"""The kernel's limits (kernel/coded_trees.c)."""

NAN_IS_LEAST = 0x8000_0000
AS_BEFORE = 0x4000_0000
"""Bits of a code's source: NaN has the least code; the code before differs only in that."""


@dataclass(frozen=True)
class CodedTrees(KernelForm):
    """Trees that compare codes; code 0 is 0 in every row."""

    number = 53
    roots: IndexArray
    """(n_trees, 3): the root's node, the levels without a test for leaves, the target column."""
    nodes: IndexArray
    """(n_nodes, 2): the largest code that goes left; 16 bits for the code to compare and 16 for the
    distance to the left child. Of a leaf: its index among the leaves, and 0."""
    leaves: FloatArray
    """(n_leaves, 1 or width) the distinct values, or rows of values."""
    sources: IndexArray
    """(n_codes - 1,) the column of code 1, 2, ..., and the bits above."""
    ends: IndexArray
    """(n_codes - 1,) where each code's thresholds end; empty unless ranked."""
    thresholds: FloatArray
    """The thresholds of all codes, ascending in each; empty unless ranked."""
    start: FloatArray
    """(width,) the initial value of the sum."""
    ranked: bool
    """Whether a code is the number of thresholds below the value, else its rank among float32."""
    leaf_rows: bool
    """Whether a leaf adds a row to all columns."""


def lay_out_coded(packed: PackedTrees, start: FloatArray, float32: bool) -> CodedTrees | None:
    """The trees with codes for thresholds; None if they exceed this layout's limits.

    Args:
        packed: trees that test no categories.
        start: (width,) the initial value of the sum.
        float32: whether all values of the input are float32 numbers.
    """
    nodes, leaf = packed.nodes, packed.leaf
    distance = nodes["child"].astype(np.int64) - np.arange(len(nodes))
    keys, asked = np.unique(_asked(nodes[~leaf]), return_inverse=True)
    if np.max(distance, initial=0) > MOST_DISTANCE or len(keys) + 1 > MOST_CODES:
        return None
    thresholds = nodes["value"][~leaf]
    ends, ranked = np.empty(0, np.uint32), np.empty(0)
    if float32:
        codes = _order_of(_round_down(thresholds))
    else:
        codes, ends, ranked = _rank(thresholds, asked.ravel(), keys >> 1)
    kept, places = _keep_once(packed.leaf_values)
    coded = np.empty((len(nodes), 2), "<u4")
    coded[leaf] = np.stack([places, np.zeros_like(places)], axis=1)
    coded[~leaf] = np.stack([codes, 1 + asked.ravel() + (distance[~leaf] << 16)], axis=1)
    levels = _blind_levels(packed)
    return CodedTrees(
        roots=np.stack([packed.roots[:, 0], levels, packed.roots[:, 2]], axis=1).astype("<u4"),
        nodes=coded,
        leaves=kept,
        sources=_sources(keys),
        ends=ends,
        thresholds=ranked,
        start=start,
        ranked=not float32,
        leaf_rows=packed.leaf_values.shape[1] > 1,
    )


def _keep_once(leaves: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """The rows of values that differ in their bits, and the index of each leaf's row."""
    bits = np.ascontiguousarray(leaves).view(np.uint64)
    if bits.shape[1] == 1:
        unique, places = np.unique(bits, return_inverse=True)
    else:
        unique, places = np.unique(bits, axis=0, return_inverse=True)
    return np.ascontiguousarray(unique).view(np.float64), places.ravel().astype(np.int64)


def _sources(keys: NDArray[np.int64]) -> IndexArray:
    """The source of each code, from the distinct values of `_asked`."""
    sources = (keys >> 1) | (keys & 1) * NAN_IS_LEAST
    sources[1:] |= np.where(keys[1:] >> 1 == keys[:-1] >> 1, AS_BEFORE, 0)
    return sources.astype("<u4")


def _asked(inner: NDArray[np.void]) -> NDArray[np.int64]:
    """For each inner node: twice its feature, plus 1 if NaN goes left."""
    feature = inner["feature"].astype(np.int64)
    return np.asarray(2 * (feature & FEATURE) + ((feature & MISSING_LEFT) != 0))


def _round_down(thresholds: FloatArray) -> NDArray[np.float32]:
    """The largest float32 up to each threshold: the same float32 values go left."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    above = near.astype(np.float64) > thresholds
    return np.where(above, np.nextafter(near, np.float32(-np.inf)), near)


def _order_of(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Unsigned numbers in the order of float32 values, with both zeros equal, as in the kernel."""
    bits = (values + np.float32(0.0)).view(np.uint32).astype(np.int64)
    return np.where(bits >> 31, bits ^ 0xFFFF_FFFF, bits | 0x8000_0000)


def _rank(
    thresholds: FloatArray, asked: NDArray[np.int64], features: NDArray[np.int64]
) -> tuple[NDArray[np.int64], IndexArray, FloatArray]:
    """The rank of each threshold in its feature, where each code's thresholds end, and thresholds.

    Where two codes have one feature, its thresholds are listed with the first.
    """
    codes = np.empty(len(thresholds), np.int64)
    parts = [np.empty(0)] * len(features)
    firsts = np.searchsorted(features, features)
    for source in np.unique(firsts):
        mine = firsts[asked] == source
        parts[source], codes[mine] = np.unique(thresholds[mine], return_inverse=True)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return codes, ends.astype("<u4"), np.concatenate(parts) if parts else np.empty(0)


def _blind_levels(packed: PackedTrees) -> NDArray[np.int64]:
    """For each tree, the levels that the kernel goes down before it looks for leaves.

    Half of the leaves lie at or above that level. Higher up, a group of rows that descend together
    rarely has all its rows at leaves.
    """
    child, leaf = packed.nodes["child"].astype(np.int64), packed.leaf
    frontier = packed.roots[:, 0].astype(np.int64)
    tree_of = np.arange(len(frontier))
    met = np.zeros((len(frontier), MOST_LEVELS + 2), np.int64)
    for level in range(MOST_LEVELS + 2):
        at_leaf = leaf[frontier]
        np.add.at(met[:, level], tree_of[at_leaf], 1)
        inner = frontier[~at_leaf]
        frontier = np.stack([child[inner], child[inner] + 1], axis=1).ravel()
        tree_of = np.repeat(tree_of[~at_leaf], 2)
    share = np.cumsum(met, axis=1) / np.maximum(met.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.argmax(share >= 0.5, axis=1))
