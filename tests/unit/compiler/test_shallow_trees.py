"""SumShallowTrees: trees that share their splits give the bits of the plain ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from poner.compiler.operations import SumShallowTrees, SumTrees
from poner.compiler.shallow_trees import sum_of
from poner.compiler.tables import write_tables
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.growing import N_FEATURES, grow, make_rows, program_of, sum_trees


def sharing(
    depth: int, width: int, steps: int = 4, n_features: int = N_FEATURES, n_trees: int = 302
) -> SumTrees:
    """Plain trees that ask few questions between them."""
    fitted = grow(n_trees, depth, n_features=n_features)
    rough = replace(fitted, threshold=np.round(np.clip(fitted.threshold, -2, 2) * steps) / steps)
    return sum_trees(rough, width, n_features)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("width", [1, 3])
def test_every_batch_has_the_same_bits(depth: int, width: int) -> None:
    """Tiles, what is left of them and single rows, with gaps on both sides of splits."""
    plain = sharing(depth, width)
    shallow = sum_of(plain.trees, plain.start)
    assert isinstance(shallow, SumShallowTrees)
    models = [Model(write_tables(program_of(op, float32=False))) for op in (plain, shallow)]
    rows = make_rows(260)
    for count in [*range(1, 131), 192, 260]:
        bits = [
            np.frombuffer(model.evaluate(_kernel.PREDICT, rows[:count].tobytes()), np.uint64)
            for model in models
        ]
        np.testing.assert_array_equal(*bits)


@pytest.mark.parametrize(("steps", "n_features"), [(400, 6), (1, 140)])
def test_what_a_tile_has_no_room_for(steps: int, n_features: int) -> None:
    """With many splits or columns every row is taken alone."""
    plain = sharing(4, 1, steps, n_features, 702)
    shallow = sum_of(plain.trees, plain.start)
    assert isinstance(shallow, SumShallowTrees)
    assert n_features > 128 or len(shallow.splits) > 1024
    rows = make_rows(130, n_features)
    bits = [
        Model(write_tables(program_of(op, float32=False, n_features=n_features))).evaluate(
            _kernel.PREDICT, rows.tobytes()
        )
        for op in (plain, shallow)
    ]
    assert bits[0] == bits[1]
