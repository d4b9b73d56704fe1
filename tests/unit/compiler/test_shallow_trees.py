"""ShallowTrees, for trees that share splits, gives the bits of the plain layout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from poner.compiler.layout import lay_out
from poner.compiler.layout.shallow import ShallowTrees
from poner.compiler.program import Program
from poner.compiler.tables import write_tables
from poner_runtime import _kernel
from poner_runtime.model import Model
from tests.support.growing import N_FEATURES, ensemble_of, grow, make_rows, plain_layout, sum_trees


def sharing(
    depth: int, width: int, steps: int = 4, n_features: int = N_FEATURES, n_trees: int = 302
) -> Program:
    """A sum over trees that have few distinct splits between them."""
    trees = grow(n_trees, depth, n_features=n_features)
    rough = replace(trees, threshold=np.round(np.clip(trees.threshold, -2, 2) * steps) / steps)
    return sum_trees(rough, width, n_features)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("width", [1, 3])
def test_every_batch_has_the_same_bits(depth: int, width: int) -> None:
    """Tiles, remaining rows and single rows have the same bits, also with missing values."""
    program = sharing(depth, width)
    assert isinstance(lay_out(ensemble_of(program), N_FEATURES), ShallowTrees)
    models = [Model(write_tables(program, layout=layout)) for layout in (plain_layout, lay_out)]
    rows = make_rows(260)
    for count in [*range(1, 131), 192, 260]:
        bits = [
            np.frombuffer(model.evaluate(_kernel.PREDICT, rows[:count].tobytes()), np.uint64)
            for model in models
        ]
        np.testing.assert_array_equal(*bits)


@pytest.mark.parametrize(("steps", "n_features"), [(400, 6), (1, 140)])
def test_what_a_tile_has_no_room_for(steps: int, n_features: int) -> None:
    """With many splits or columns, each row is computed alone."""
    program = sharing(4, 1, steps, n_features, 702)
    shallow = lay_out(ensemble_of(program), n_features)
    assert isinstance(shallow, ShallowTrees)
    assert n_features > 128 or len(shallow.splits) > 1024
    rows = make_rows(130, n_features)
    bits = [
        Model(write_tables(program, layout=layout)).evaluate(_kernel.PREDICT, rows.tobytes())
        for layout in (plain_layout, lay_out)
    ]
    assert bits[0] == bits[1]
