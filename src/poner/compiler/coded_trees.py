"""Gives sums over trees the form in which the kernel is fastest (kernel/coded_trees.c).

Readers say what is summed: SumTrees and SumLeafRows with thresholds, which the proof looks at too.
Here thresholds and values become codes, whole numbers in the same order, where they fit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.operations import (
    FEATURE,
    LEAF,
    MISSING_LEFT,
    CastFloat32,
    IndexArray,
    Operation,
    SumCodedTrees,
    SumLeafRows,
    SumTrees,
    Trees,
)
from poner.compiler.program import Program, Step

_MOST_CODES = 2048
_MOST_DISTANCE = 0xFFFF
_NAN_IS_LEAST = 0x8000_0000
_AS_BEFORE = 0x4000_0000
_MOST_LEVELS = 64
"""The kernel's limits (kernel/coded_trees.c)."""


def arrange(program: Program) -> Program:
    """The same Program with every sum over trees in its fastest form."""
    steps = tuple(
        replace(step, operation=_arranged(step.operation, _is_float32(program, step)))
        for step in program.steps
    )
    return replace(program, steps=steps)


def _is_float32(program: Program, step: Step) -> bool:
    """Whether what the step reads has been rounded to float32."""
    source = step.sources[0]
    return bool(source) and isinstance(program.steps[source - 1].operation, CastFloat32)


def _arranged(operation: Operation, is_float32: bool) -> Operation:
    match operation:
        case SumTrees(trees, start):
            leaves = trees.nodes["value"][_is_leaf(trees)]
            return _coded(trees, leaves[:, None], start, False, is_float32) or operation
        case SumLeafRows(trees, leaf_rows):
            rows = leaf_rows[trees.nodes["position"][_is_leaf(trees)].astype(np.int64)]
            start = np.zeros(leaf_rows.shape[1])
            return _coded(trees, rows, start, True, is_float32) or operation
        case _:
            return operation


def _is_leaf(trees: Trees) -> NDArray[np.bool_]:
    return np.asarray((trees.nodes["feature"] & LEAF) != 0)


def _coded(
    trees: Trees, leaves: FloatArray, start: FloatArray, leaf_rows: bool, is_float32: bool
) -> SumCodedTrees | None:
    """The trees with codes for thresholds; None where they do not fit.

    Args:
        trees: as for SumTrees.
        leaves: (n_leaves, 1 or width) the values of the leaves, in the order of their nodes.
        start: (width,) what the sum begins with.
        leaf_rows: whether a leaf adds to all columns.
        is_float32: whether all values are such as float32 holds.
    """
    nodes, leaf = trees.nodes, _is_leaf(trees)
    distance = nodes["child"].astype(np.int64) - np.arange(len(nodes))
    keys, asked = np.unique(_asked(nodes[~leaf]), return_inverse=True)
    if np.max(distance, initial=0) > _MOST_DISTANCE or len(keys) + 1 > _MOST_CODES:
        return None
    thresholds = nodes["value"][~leaf]
    ends, ranked = np.empty(0, np.uint32), np.empty(0)
    if is_float32:
        codes = _order_of(_round_down(thresholds))
    else:
        codes, ends, ranked = _rank(thresholds, asked.ravel(), keys >> 1)
    kept, places = _keep_once(leaves)
    packed = np.empty((len(nodes), 2), "<u4")
    packed[leaf] = np.stack([places, np.zeros_like(places)], axis=1)
    packed[~leaf] = np.stack([codes, 1 + asked.ravel() + (distance[~leaf] << 16)], axis=1)
    levels = _blind_levels(trees, leaf)
    return SumCodedTrees(
        roots=np.stack([trees.roots[:, 0], levels, trees.roots[:, 2]], axis=1).astype("<u4"),
        nodes=packed,
        leaves=kept,
        sources=_sources(keys),
        ends=ends,
        thresholds=ranked,
        start=start,
        ranked=not is_float32,
        leaf_rows=leaf_rows,
    )


def _keep_once(leaves: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Each row of values once, by its bits, and where each leaf's is."""
    bits = np.ascontiguousarray(leaves).view(np.uint64)
    if bits.shape[1] == 1:
        unique, places = np.unique(bits, return_inverse=True)
    else:
        unique, places = np.unique(bits, axis=0, return_inverse=True)
    return np.ascontiguousarray(unique).view(np.float64), places.ravel().astype(np.int64)


def _sources(keys: NDArray[np.int64]) -> IndexArray:
    """The kernel's word for each code, from what `_asked` gives."""
    sources = (keys >> 1) | (keys & 1) * _NAN_IS_LEAST
    sources[1:] |= np.where(keys[1:] >> 1 == keys[:-1] >> 1, _AS_BEFORE, 0)
    return sources.astype("<u4")


def _asked(inner: NDArray[np.void]) -> NDArray[np.int64]:
    """For each inner node twice its feature, plus 1 if NaN goes left."""
    feature = inner["feature"].astype(np.int64)
    return np.asarray(2 * (feature & FEATURE) + ((feature & MISSING_LEFT) != 0))


def _round_down(thresholds: FloatArray) -> NDArray[np.float32]:
    """The largest float32 that is not above each: a float32 is below one if below the other."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    above = near.astype(np.float64) > thresholds
    return np.where(above, np.nextafter(near, np.float32(-np.inf)), near)


def _order_of(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Float32 as unsigned numbers in the same order, both zeros as one, as the kernel does it."""
    bits = (values + np.float32(0.0)).view(np.uint32).astype(np.int64)
    return np.where(bits >> 31, bits ^ 0xFFFF_FFFF, bits | 0x8000_0000)


def _rank(
    thresholds: FloatArray, asked: NDArray[np.int64], features: NDArray[np.int64]
) -> tuple[NDArray[np.int64], IndexArray, FloatArray]:
    """Each threshold's place among those of its feature; where these end, and all of them.

    Two codes of one feature have the same thresholds, listed with the first.
    """
    codes = np.empty(len(thresholds), np.int64)
    parts = [np.empty(0)] * len(features)
    firsts = np.searchsorted(features, features)
    for source in np.unique(firsts):
        mine = firsts[asked] == source
        parts[source], codes[mine] = np.unique(thresholds[mine], return_inverse=True)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return codes, ends.astype("<u4"), np.concatenate(parts) if parts else np.empty(0)


def _blind_levels(trees: Trees, leaf: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each tree, levels to go down before asking whether leaves were reached.

    At half the leaves' level, few groups of rows have all of them at leaves.
    """
    child = trees.nodes["child"].astype(np.int64)
    frontier = trees.roots[:, 0].astype(np.int64)
    tree_of = np.arange(len(frontier))
    met = np.zeros((len(frontier), _MOST_LEVELS + 2), np.int64)
    for level in range(_MOST_LEVELS + 2):
        at_leaf = leaf[frontier]
        np.add.at(met[:, level], tree_of[at_leaf], 1)
        inner = frontier[~at_leaf]
        frontier = np.stack([child[inner], child[inner] + 1], axis=1).ravel()
        tree_of = np.repeat(tree_of[~at_leaf], 2)
    share = np.cumsum(met, axis=1) / np.maximum(met.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.argmax(share >= 0.5, axis=1))
