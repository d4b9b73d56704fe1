"""CodedTrees, the fastest layout of most sums over trees, gives the bits of the plain layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.layout import lay_out
from poner.compiler.layout.coded import CodedTrees
from poner.compiler.layout.plain import PlainTrees
from poner.compiler.operations.operation import KernelForm, Operation
from poner.compiler.operations.trees import Trees
from poner.compiler.program import Program
from poner.compiler.tables import write_tables
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.support.growing import (
    ensemble_of,
    grow,
    laid_out_as,
    make_rows,
    plain_layout,
    sum_leaf_rows,
    sum_trees,
)

SMALL = (40, 3)  # trees, levels: as boosting has them, taken tile after tile
BUSHY = (12, 7)  # more nodes than a tile takes
DEEP = (5, 11)  # as forests have them


def coded(program: Program) -> CodedTrees:
    """The one sum of a Program, whose layout must be the coded one."""
    form = lay_out(ensemble_of(program), program.n_features)
    assert isinstance(form, CodedTrees)
    return form


def answer(
    program: Program,
    rows: FloatArray,
    layout: Callable[[Operation, int], KernelForm] = lay_out,
) -> NDArray[np.uint64]:
    """The bits of the kernel's answer."""
    model = Model(write_tables(program, layout=layout))
    return np.frombuffer(model.evaluate(_kernel.PREDICT, rows.tobytes()), np.uint64)


def finite_in_float32(rows: FloatArray) -> FloatArray:
    """Rows that CastFloat32 accepts."""
    return np.where(np.isinf(rows), 3e38, rows)


@pytest.mark.parametrize("float32", [True, False])
@pytest.mark.parametrize("shape", [SMALL, BUSHY, DEEP])
@pytest.mark.parametrize("width", [1, 3])
def test_sums_have_the_same_bits(shape: tuple[int, int], float32: bool, width: int) -> None:
    """Every way through the trees gives the same bits, in batches of odd sizes."""
    program = sum_trees(grow(*shape), width, float32=float32)
    assert coded(program).ranked is not float32
    rows = finite_in_float32(make_rows(1500)) if float32 else make_rows(1500)
    np.testing.assert_array_equal(answer(program, rows), answer(program, rows, plain_layout))


@pytest.mark.parametrize("float32", [True, False])
@pytest.mark.parametrize("shape", [SMALL, DEEP])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_sums_of_leaf_rows_have_the_same_bits(
    shape: tuple[int, int], float32: bool, width: int
) -> None:
    """Leaves with several values give the same bits; equal leaf rows are stored once."""
    program = sum_leaf_rows(grow(*shape), width, float32=float32)
    assert len(coded(program).leaves) <= np.sum(ensemble_of(program).trees.leaf)
    rows = finite_in_float32(make_rows(300))
    np.testing.assert_array_equal(answer(program, rows), answer(program, rows, plain_layout))


@pytest.mark.parametrize("float32", [True, False])
@pytest.mark.parametrize("shape", [SMALL, DEEP])
def test_one_row_and_every_batch_agree(shape: tuple[int, int], float32: bool) -> None:
    """Batches of 1 to 200 rows, which end within groups and tiles, give the bits of single rows."""
    program = sum_trees(grow(*shape), float32=float32)
    model = Model(write_tables(program))
    rows = finite_in_float32(make_rows(1100))
    single = [model.predict_row(tuple(row)) for row in rows.tolist()]
    for count in [*range(1, 201), 767, 768, 769, 1023, 1024, 1025, 1100]:
        batch = np.frombuffer(model.evaluate(_kernel.PREDICT, rows[:count].tobytes()))
        np.testing.assert_array_equal(batch, single[:count])


@pytest.mark.parametrize("n_features", [254, 300, 1100])
def test_many_features_have_the_same_bits(n_features: int) -> None:
    """With more codes than a tile can hold, each row descends the trees."""
    trees = grow(60, 7, n_features=n_features, missing=False)
    program = sum_trees(trees, 1, n_features)
    rows = make_rows(130, n_features)
    np.testing.assert_array_equal(answer(program, rows), answer(program, rows, plain_layout))


def test_many_thresholds_have_the_same_bits() -> None:
    """With 255 thresholds and more a feature, ranks need more than a byte."""
    for n_trees in (30, 34, 38, 300):
        trees = grow(n_trees, 3, n_features=1, seed=3)
        trees = replace(trees, threshold=np.linspace(-1, 1, len(trees.threshold)))
        program = sum_trees(trees, 1, 1)
        rows = np.linspace(-1.1, 1.1, 4000)[:, None]
        np.testing.assert_array_equal(answer(program, rows), answer(program, rows, plain_layout))


def test_codes_are_not_taken_where_they_do_not_fit() -> None:
    """A tree too wide for distances of 16 bits, or too many features, keeps the plain form."""
    many = sum_trees(grow(900, 2, n_features=5000), 1, 5000)
    assert isinstance(lay_out(ensemble_of(many), 5000), PlainTrees)
    size, inner = 2**18 - 1, np.arange(2**18 - 1) < 2**17 - 1
    wide = Trees(
        sizes=np.array([size]),
        left=2 * np.arange(size) + 1,
        right=2 * np.arange(size) + 2,
        leaf=~inner,
        feature=np.zeros(size, np.int64),
        threshold=np.zeros(size),
        missing_left=np.zeros(size, bool),
    )
    assert isinstance(lay_out(ensemble_of(sum_trees(wide)), 1), PlainTrees)


def test_damaged_codes_are_refused() -> None:
    """The kernel refuses coded trees with a child or code outside their tables."""
    program = sum_trees(grow(*SMALL))
    whole = coded(program)
    leaf, inner = np.argmax(whole.nodes[:, 1] == 0), np.argmax(whole.nodes[:, 1] != 0)

    def refusal(**changes: object) -> str:
        damaged = replace(whole, **changes)  # type: ignore[arg-type]
        with pytest.raises(_kernel.BadModelError) as caught:
            Model(write_tables(program, layout=laid_out_as(damaged)))
        return str(caught.value)

    def with_node(place: object, half: int, value: int) -> NDArray[np.uint32]:
        nodes = whole.nodes.copy()
        nodes[place, half] = value
        return nodes

    assert "a leaf is invalid" in refusal(nodes=with_node(leaf, 0, len(whole.leaves)))
    assert "a leaf is invalid" in refusal(nodes=with_node(leaf, 1, 1))
    assert "code does not exist" in refusal(nodes=with_node(inner, 1, 0x1FFFF))
    assert "children are not after" in refusal(nodes=with_node(inner, 1, 0xFFFF0001))
    assert "no nodes" in refusal(nodes=whole.nodes.ravel()[:-1])
    assert "no root" in refusal(roots=whole.roots + np.array([len(whole.nodes), 0, 0], "<u4"))
    assert "column does not exist" in refusal(roots=whole.roots + np.array([0, 0, 1], "<u4"))
    assert "too many levels" in refusal(roots=whole.roots + np.array([0, 65, 0], "<u4"))
    assert "source does not exist" in refusal(sources=whole.sources | 6)
    assert "source does not exist" in refusal(sources=whole.sources | 0x4000_0000)
    assert "no thresholds" in refusal(ends=whole.ends[::-1])
    assert "no thresholds" in refusal(thresholds=whole.thresholds[:-1])
    assert "no leaves or start" in refusal(
        leaves=whole.leaves[:-1], leaf_rows=True, start=np.zeros(5)
    )
