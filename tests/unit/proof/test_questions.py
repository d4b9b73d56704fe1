"""The rows on which models are compared: every boundary, within what a large model can be asked."""

from __future__ import annotations

import numpy as np
import pytest

from poner.proof import BoundaryValues, affordable_rows
from poner.proof.questions import FEWEST_ROWS, MOST_ROWS, Answerable, make_rows, neighbours

NOTHING = Answerable((False,) * 2, (False,) * 2, (False,) * 2)


def make_values(*, cast: bool, count: int = 500) -> BoundaryValues:
    """Two features with so many boundary values each, the second with a tenth of them."""
    random = np.random.default_rng(0)
    by_feature = (np.sort(random.normal(size=count)), np.sort(random.normal(size=count // 10)))
    return BoundaryValues(
        by_feature, frozenset(), frozenset({0, 1} if cast else ()), np.empty((0, 2))
    )


@pytest.mark.parametrize("cast", [False, True], ids=["float64", "float32"])
def test_a_small_model_is_asked_all_neighbours_twice(*, cast: bool) -> None:
    """Each boundary value and each of its neighbours comes up at least twice."""
    values = make_values(cast=cast)
    rows = make_rows(np.empty((0, 2)), values, NOTHING, MOST_ROWS)["thresholds"]
    for feature in (0, 1):
        asked, counts = np.unique(rows[:, feature], return_counts=True)
        assert asked.tolist() == neighbours(values, feature).tolist()
        assert counts.min() >= 2


@pytest.mark.parametrize("most", [500, 1000])
@pytest.mark.parametrize("cast", [False, True], ids=["float64", "float32"])
def test_a_large_model_is_asked_each_boundary_first(most: int, *, cast: bool) -> None:
    """With a row for each boundary one side of it is asked; with two rows both sides are."""
    values = make_values(cast=cast)
    rows = make_rows(np.empty((0, 2)), values, NOTHING, most)["thresholds"]
    assert len(rows) == most
    boundary = values.by_feature[0]
    asked = np.sort(rows[:, 0].astype(np.float32) if cast else rows[:, 0])
    kind = np.float32 if cast else np.float64
    last = boundary.astype(kind)
    last = np.where(last > boundary, np.nextafter(last, kind(-np.inf)), last)
    sides = np.isin(last, asked).astype(int) + np.isin(np.nextafter(last, kind(np.inf)), asked)
    assert sides.min() == most // 500


def test_what_a_row_costs_decides_how_many_are_asked() -> None:
    """Between bounds for models that cost nothing, and for those that cost most."""
    assert affordable_rows(0) == affordable_rows(10) == MOST_ROWS
    assert affordable_rows(4_000) == 50_000
    assert affordable_rows(10**9) == FEWEST_ROWS


def test_training_rows_are_thinned_evenly() -> None:
    """A notebook may give millions of them."""
    training = np.arange(100.0).reshape(50, 2)
    rows = make_rows(training, make_values(cast=False), NOTHING, 10)["training"]
    assert rows[:, 0].tolist() == training[::5, 0].tolist()
