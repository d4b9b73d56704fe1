"""The rows on which parity is proved: ordinary ones, and ones made to be hard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.compiler.boundary_values import BoundaryValues

DRAWN_ROWS = 200
MOST_THRESHOLD_ROWS = 200_000
"""A forest with more distinct thresholds a feature than this allows has a draw of them tried."""

MOST_VALUES_AT_ONCE = 4_000_000
"""Values of the rows that are made at a time: models of many features have fewer rows made."""

MOST_THRESHOLD_VALUES = 100_000_000
"""Values of all rows that stand on thresholds."""

FEWEST_DRAWN_ROWS = 20

UNKNOWN = -1.0
"""Stands for a text that the model does not know (program.Program.strings)."""

_SEED = 20261122
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Answerable:
    """What the model answers for, feature by feature."""

    missing: tuple[bool, ...]
    """Whether NaN."""
    infinite: tuple[bool, ...]
    """Whether infinities."""
    unknown: tuple[bool, ...]
    """Whether categories that were not there in training."""


def make_rows(
    training_rows: FloatArray, values: BoundaryValues, answerable: Answerable
) -> dict[str, FloatArray]:
    """Rows by kind, each (n_rows, n_features) float64; kinds without rows are left out.

    Kinds: `training` as given; near `points` that distances are taken from; `thresholds`: each
    value at which an answer can change, and one ulp to either side; `drawn`: values within and a
    little beyond those; `missing`, `infinite` and `unknown` where the model takes them.
    """
    random = np.random.default_rng(_SEED)
    hard = _threshold_rows(values, random)
    drawn = _drawn_rows(training_rows, values, random)
    kinds = {
        "training": training_rows,
        "points": _near(values.points),
        "thresholds": hard,
        "drawn": drawn,
    }
    mixed = np.concatenate([hard[-len(drawn) :], drawn])
    for kind, where, fillings in (
        ("missing", answerable.missing, [np.nan]),
        ("infinite", answerable.infinite, [np.inf, -np.inf]),
        ("unknown", answerable.unknown, [UNKNOWN]),
    ):
        if any(where):
            kinds[kind] = _with_holes(mixed, np.array(where), fillings, random)
    if all(answerable.missing):
        everywhere = np.full((1, drawn.shape[1]), np.nan)
        kinds["missing"] = np.concatenate([everywhere, kinds["missing"]])
    return {kind: rows for kind, rows in kinds.items() if len(rows)}


def probes_of(usual: FloatArray, value: float) -> Iterator[tuple[NDArray[np.intp], FloatArray]]:
    """A row for each feature with a value in that feature's place; some features at a time.

    Args:
        usual: (n_features,) the row.
        value: what to put in each place.

    Yields:
        (n,) places of features, and (n, n_features) the row with the value in each.
    """
    at_once = max(1, MOST_VALUES_AT_ONCE // len(usual))
    for begin in range(0, len(usual), at_once):
        places = np.arange(begin, min(begin + at_once, len(usual)))
        probes = np.repeat(usual[None], len(places), axis=0)
        probes[np.arange(len(places)), places] = value
        yield places, probes


def _near(points: FloatArray) -> FloatArray:
    """Rows near points: at a point itself scikit-learn's own distance is off by 1e-8, not 0."""
    if not len(points):
        return points
    spread = np.nan_to_num(np.std(np.nan_to_num(points), axis=0))
    moved = points + 0.1 * spread * np.random.default_rng(_SEED).normal(size=points.shape)
    return np.asarray(moved)


def _threshold_rows(values: BoundaryValues, random: np.random.Generator) -> FloatArray:
    """Rows in which every feature stands on a value of its own or an ulp beside it.

    Each value comes up at least twice, in different company.
    """
    columns = [hard_neighbours(values, feature) for feature in range(len(values.by_feature))]
    most = min(MOST_THRESHOLD_ROWS, MOST_THRESHOLD_VALUES // len(columns))
    length = min(2 * max(len(column) for column in columns), most)
    rows = np.empty((length, len(columns)))
    for place, column in enumerate(columns):
        passes = -(-length // len(column))
        rows[:, place] = np.concatenate([random.permutation(column) for _ in range(passes)])[
            :length
        ]
    return rows


def hard_neighbours(values: BoundaryValues, feature: int) -> FloatArray:
    """A feature's boundary values with their neighbours; 0 for a feature without any."""
    hard = values.by_feature[feature]
    finite = hard[np.isfinite(hard)]
    if feature in values.categories:
        return finite if len(finite) else np.zeros(1)
    near = [finite, np.nextafter(finite, -np.inf), np.nextafter(finite, np.inf)]
    casts = feature in values.cast_to_float32
    if casts:
        rounded = np.clip(finite, -_FLOAT32_LARGEST, _FLOAT32_LARGEST).astype(np.float32)
        below, here, above = (
            single.astype(np.float64)
            for single in (
                np.nextafter(rounded, np.float32(-np.inf)),
                rounded,
                np.nextafter(rounded, np.float32(np.inf)),
            )
        )
        # Halfway between two float32 values rounding decides, before the tree does.
        near += [below, here, above, (below + here) / 2, (here + above) / 2]
    every = np.unique(np.concatenate([*near, [0.0]]))
    with np.errstate(over="ignore"):
        cast = every.astype(np.float32) if casts else every
    return np.asarray(every[np.isfinite(cast)])


def _drawn_rows(
    training_rows: FloatArray, values: BoundaryValues, random: np.random.Generator
) -> FloatArray:
    """Values drawn evenly from what each feature spans, and a tenth beyond; or its categories."""
    width = len(values.by_feature)
    count = max(FEWEST_DRAWN_ROWS, min(DRAWN_ROWS, MOST_VALUES_AT_ONCE // width))
    rows = np.empty((count, width))
    for feature, hard in enumerate(values.by_feature):
        known = training_rows[:, feature] if len(training_rows) else hard
        finite = known[np.isfinite(known)]
        if feature in values.categories:
            keys = hard[np.isfinite(hard)]
            rows[:, feature] = random.choice(keys if len(keys) else np.zeros(1), count)
            continue
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
        share = random.uniform(-0.1, 1.1, count)
        rows[:, feature] = low * (1 - share) + high * share
    return rows


def _with_holes(
    rows: FloatArray, where: NDArray[np.bool_], fillings: list[float], random: np.random.Generator
) -> FloatArray:
    """The rows with a third of their values replaced, in the features where that is allowed."""
    holes = (random.random(rows.shape) < 1 / 3) & where
    return np.where(holes, random.choice(fillings, rows.shape), rows)
