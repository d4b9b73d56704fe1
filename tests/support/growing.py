"""What tests of sums over trees share: random trees, and rows that meet their thresholds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.layout import lay_out
from poner.compiler.layout.nodes import pack
from poner.compiler.layout.plain import lay_out_plain
from poner.compiler.operations.operation import KernelForm, Operation
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.operations.trees import CategorySplits, TreeEnsemble, Trees
from poner.compiler.program import Output, Program, ProgramBuilder

N_FEATURES = 6


@functools.cache
def grow(
    n_trees: int, depth: int, *, n_features: int = N_FEATURES, missing: bool = True, seed: int = 0
) -> Trees:
    """Random trees, some of a single leaf, with thresholds that occur in `make_rows`."""
    draw = np.random.default_rng(seed)
    sizes, tables = [], []
    for number in range(n_trees):
        nodes: list[list[float]] = []
        _grow(draw, depth if number else 0, n_features, nodes)
        sizes.append(len(nodes))
        tables.append(np.array(nodes))
    left, right, feature, threshold, missing_left = np.concatenate(tables).T
    return Trees(
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
    nodes.append([-1, -1, int(draw.integers(n_features)), threshold, int(draw.integers(2))])
    if depth > 0 and draw.random() < 0.95:
        nodes[place][0] = _grow(draw, depth - 1, n_features, nodes)
        nodes[place][1] = _grow(draw, depth - 1, n_features, nodes)
    return place


def stump(threshold: float = 0.0) -> Trees:
    """One tree with one split of the first column."""
    return Trees(
        sizes=np.array([3]),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        leaf=np.array([False, True, True]),
        feature=np.zeros(3, np.int64),
        threshold=np.full(3, threshold),
        missing_left=np.zeros(3, bool),
    )


def make_rows(n_rows: int, n_features: int = N_FEATURES) -> FloatArray:
    """Numbers on and beside thresholds, zeros of both signs, infinities, gaps."""
    draw = np.random.default_rng(1)
    rows = np.round(draw.normal(size=(n_rows, n_features)), 1)
    rows += draw.choice([0.0, 1e-9, -1e-9], rows.shape)
    odd = draw.random(rows.shape) < 0.2
    rows[odd] = draw.choice([np.nan, np.inf, -np.inf, -0.0, 1e30], int(np.sum(odd)))
    return rows


def sum_trees(
    trees: Trees, width: int = 1, n_features: int = N_FEATURES, *, float32: bool = False
) -> Program:
    """One sum over trees, assigned to the columns in turn; all leaves differ."""
    values = np.random.default_rng(2).normal(size=(trees.leaf.size, 1))
    columns = np.arange(trees.sizes.size) % width
    start = np.linspace(0.1, 1.0, width)
    return program_of(TreeEnsemble(trees, values, start, columns, float32=float32), n_features)


def sum_leaf_rows(trees: Trees, width: int, *, float32: bool = False) -> Program:
    """One sum over trees whose leaves have a row of values each; some rows are equal."""
    values = np.round(np.random.default_rng(2).normal(size=(trees.leaf.size, width)), 1)
    return program_of(TreeEnsemble(trees, values, np.zeros(width), float32=float32))


def with_categories(trees: Trees) -> Trees:
    """The same trees, with half of the nodes split on categories."""
    draw = np.random.default_rng(3)
    asks = draw.random(trees.leaf.size) < 0.5
    splits = CategorySplits(
        left_set=np.where(asks, draw.integers(1, 9, asks.size), -1),
        known_set=np.where(asks, 0, -1),
        sets=draw.integers(0, 2**32, (9, 8)).astype("<u4"),
    )
    return replace(trees, categories=splits)


def program_of(ensemble: TreeEnsemble, n_features: int = N_FEATURES) -> Program:
    """One sum over trees, of the row or of the row rounded to float32."""
    builder = ProgramBuilder(n_features)
    source = builder.add(CastFloat32(allow_missing=True), 0) if ensemble.float32 else 0
    return builder.finish({Output.PREDICT: builder.add(ensemble, source)})


def ensemble_of(program: Program) -> TreeEnsemble:
    """The ensemble that a Program of `program_of` sums."""
    ensemble = program.steps[-1].operation
    assert isinstance(ensemble, TreeEnsemble)
    return ensemble


def plain_layout(operation: Operation, n_features: int) -> KernelForm:
    """The layout that holds every ensemble, which the faster ones are compared with."""
    if not isinstance(operation, TreeEnsemble):
        return lay_out(operation, n_features)
    return lay_out_plain(pack(operation, n_features), operation.start)


def laid_out_as(form: KernelForm) -> Callable[[Operation, int], KernelForm]:
    """A layout that writes this form for trees."""
    return lambda operation, n_features: (
        form if isinstance(operation, TreeEnsemble) else lay_out(operation, n_features)
    )
