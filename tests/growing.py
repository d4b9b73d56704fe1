"""What tests of sums over trees share: random trees, and rows that meet their thresholds."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations import (
    LEAF,
    CastFloat32,
    Operation,
    SumCategoryTrees,
    SumLeafRows,
    SumTrees,
)
from poner.compiler.program import Output, Program, ProgramBuilder
from poner.compiler.trees import FittedTrees, lay_out

N_FEATURES = 6


@functools.cache
def grow(
    n_trees: int, depth: int, *, n_features: int = N_FEATURES, missing: bool = True, seed: int = 0
) -> FittedTrees:
    """Random trees, some a leaf alone, with thresholds that rows of `make_rows` meet."""
    draw = np.random.default_rng(seed)
    sizes, tables = [], []
    for number in range(n_trees):
        nodes: list[list[float]] = []
        _grow(draw, depth if number else 0, n_features, nodes)
        sizes.append(len(nodes))
        tables.append(np.array(nodes))
    left, right, feature, threshold, missing_left = np.concatenate(tables).T
    return FittedTrees(
        sizes=np.array(sizes),
        left=left.astype(np.int64),
        right=right.astype(np.int64),
        leaf=left < 0,
        feature=feature.astype(np.int64),
        threshold=threshold,
        missing_left=(missing_left > 0) & missing,
    )


def _grow(draw: np.random.Generator, depth: int, n_features: int, nodes: list[list[float]]) -> int:
    place = len(nodes)
    threshold = draw.choice([draw.normal(), round(draw.normal(), 1), 0.0, -0.0, 1e300, -1e300])
    nodes.append([-1, -1, draw.integers(n_features), threshold, draw.integers(2)])
    if depth > 0 and draw.random() < 0.95:
        nodes[place][0] = _grow(draw, depth - 1, n_features, nodes)
        nodes[place][1] = _grow(draw, depth - 1, n_features, nodes)
    return place


def make_rows(n_rows: int, n_features: int = N_FEATURES) -> FloatArray:
    """Numbers on and beside thresholds, zeros of both signs, infinities, gaps."""
    draw = np.random.default_rng(1)
    rows = np.round(draw.normal(size=(n_rows, n_features)), 1)
    rows += draw.choice([0.0, 1e-9, -1e-9], rows.shape)
    odd = draw.random(rows.shape) < 0.2
    rows[odd] = draw.choice([np.nan, np.inf, -np.inf, -0.0, 1e30], np.sum(odd))
    return rows


def sum_trees(fitted: FittedTrees, width: int = 1, n_features: int = N_FEATURES) -> SumTrees:
    """The trees go round the columns; no leaf's value is another's."""
    columns = np.arange(fitted.sizes.size) % width
    _, trees = lay_out(fitted, columns.tolist(), n_features)
    leaf = (trees.nodes["feature"] & LEAF) != 0
    trees.nodes["value"][leaf] = np.random.default_rng(2).normal(size=np.sum(leaf))
    return SumTrees(trees, np.linspace(0.1, 1.0, width))


def sum_leaf_rows(fitted: FittedTrees, width: int) -> SumLeafRows:
    """Each leaf has a row of values; some rows are equal."""
    _, trees = lay_out(fitted, [0] * fitted.sizes.size, N_FEATURES)
    leaf = (trees.nodes["feature"] & LEAF) != 0
    trees.nodes["position"][leaf] = np.arange(np.sum(leaf))
    values = np.random.default_rng(2).normal(size=(int(np.sum(leaf)), width))
    return SumLeafRows(trees, np.round(values, 1))


def sum_category_trees(fitted: FittedTrees) -> SumCategoryTrees:
    """Half of the nodes ask for categories."""
    draw = np.random.default_rng(3)
    asks = draw.random(fitted.leaf.size) < 0.5
    with_sets = replace(
        fitted,
        left_set=np.where(asks, draw.integers(1, 9, asks.size), -1),
        known_set=np.where(asks, 0, -1),
    )
    plain = sum_trees(with_sets)
    sets = draw.integers(0, 2**32, (9, 8)).astype("<u4")
    return SumCategoryTrees(plain.trees, plain.start, sets)


def program_of(operation: Operation, *, float32: bool, n_features: int = N_FEATURES) -> Program:
    """One sum over trees, of the row or of the row rounded to float32."""
    builder = ProgramBuilder(n_features)
    source = builder.add(CastFloat32(allow_missing=True), 0) if float32 else 0
    return builder.finish({Output.PREDICT: builder.add(operation, source)})
