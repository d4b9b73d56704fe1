"""The questions: rows on which a model and the function made from it are compared.

They are training rows and hard rows, which hold every value at which an answer can change and its
neighbours. A large model is slow, so it gets fewer rows; one side of every boundary comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray
from poner.table import UNKNOWN_CODE

MOST_ROWS = 200_000
"""Most rows of a kind for any model."""

FEWEST_ROWS = 2_000
"""Least number of rows of a kind, even for a slow model."""

ROWS_OF_A_KIND = 2_000
"""Rows of a kind for a model that the compiler cannot read, and for a function from its zips."""

MOST_VISITS = 200_000_000
"""Largest cost of a kind: rows times the table entries that one row visits."""

MOST_DRAWN_VALUES = 4_000_000
"""Most values of all drawn rows together."""

MOST_THRESHOLD_VALUES = 100_000_000
"""Most values of all threshold rows together."""

WIDE_FEATURES = 2_000
"""A model with more features is wide: special values are tried in many of them at once."""

MOST_WIDE_VALUES = 20_000_000
"""Most values of the rows of a kind for a wide model."""

DRAWN_ROWS = 200
FEWEST_DRAWN_ROWS = 20

_SEED = 20261122
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class BoundaryValues:
    """The inputs at which a model's answer can change, feature by feature."""

    by_feature: tuple[FloatArray, ...]
    """For each feature its boundary values, sorted."""
    categories: frozenset[int]
    """Features that hold category codes; their boundary values are the codes that it knows."""
    cast_to_float32: frozenset[int]
    """Features that the model rounds to float32 before it does anything else."""
    points: FloatArray
    """(n_points, n_features) rows at the points from which the model takes distances, if any."""


@dataclass(frozen=True)
class Answerable:
    """Which special values the model accepts, feature by feature."""

    missing: tuple[bool, ...]
    """Whether NaN is accepted."""
    infinite: tuple[bool, ...]
    """Whether infinities are accepted."""
    unknown: tuple[bool, ...]
    """Whether unknown categories are accepted."""


def affordable_rows(visits_per_row: int) -> int:
    """The number of rows of each kind for a model.

    Args:
        visits_per_row: the table entries that one row visits.
    """
    return min(max(MOST_VISITS // max(visits_per_row, 1), FEWEST_ROWS), MOST_ROWS)


def make_rows(
    training: FloatArray, values: BoundaryValues, answerable: Answerable, most: int
) -> dict[str, FloatArray]:
    """Rows by kind, each (n_rows, n_features) float64; kinds without rows are left out.

    Kinds: `training` as given; `points`, near those from which distances are taken; `thresholds`,
    on the boundary values and their neighbours; `drawn`, within the range of each feature and a
    little beyond; `missing`, `infinite` and `unknown` where the model takes such values.

    Args:
        training: rows of the training data.
        values: the values at which answers can change.
        answerable: the special values that the model accepts.
        most: the most rows of a kind.
    """
    random = np.random.default_rng(_SEED)
    width = len(values.by_feature)
    if width > WIDE_FEATURES:
        most = min(most, max(FEWEST_DRAWN_ROWS, MOST_WIDE_VALUES // width))
    thresholds = _threshold_rows(values, most, random)
    drawn = _drawn_rows(training, values, random)
    kinds = {
        "training": thin(training, most),
        "points": _near(values.points),
        "thresholds": thresholds,
        "drawn": drawn,
    }
    mixed = np.concatenate([thresholds[-len(drawn) :], drawn])
    for kind, where, fillings in (
        ("missing", answerable.missing, [np.nan]),
        ("infinite", answerable.infinite, [np.inf, -np.inf]),
        ("unknown", answerable.unknown, [UNKNOWN_CODE]),
    ):
        if any(where):
            kinds[kind] = _with_holes(mixed, np.array(where), fillings, random)
    if all(answerable.missing):
        everywhere = np.full((1, drawn.shape[1]), np.nan)
        kinds["missing"] = np.concatenate([everywhere, kinds["missing"]])
    return {kind: rows for kind, rows in kinds.items() if len(rows)}


def thin(rows: NDArray[Any], most: int) -> NDArray[Any]:
    """At most `most` of the rows, evenly spread."""
    return rows[:: max(1, -(-len(rows) // most))]


def _near(points: FloatArray) -> FloatArray:
    """Rows near points; at a point itself scikit-learn's distance is about 1e-8 instead of 0."""
    if not len(points):
        return points
    spread = np.nan_to_num(np.std(np.nan_to_num(points), axis=0))
    moved = points + 0.1 * spread * np.random.default_rng(_SEED).normal(size=points.shape)
    return np.asarray(moved)


def _threshold_rows(values: BoundaryValues, most: int, random: np.random.Generator) -> FloatArray:
    """Rows in which every feature has a boundary value or a neighbour of one.

    Each value occurs at least twice, beside different values. If that needs more than `most` rows,
    one side of every boundary comes first, then the other sides, then other neighbours.
    """
    features = range(len(values.by_feature))
    columns = [neighbours(values, feature) for feature in features]
    most = min(most, MOST_THRESHOLD_VALUES // len(columns))
    length = min(2 * max(len(column) for column in columns), most)
    rows = np.empty((length, len(columns)))
    for feature, column in zip(features, columns, strict=True):
        if len(column) > length:
            parts = [*_sides(values, feature, random), random.permutation(column)]
        else:
            parts = [random.permutation(column) for _ in range(-(-length // len(column)))]
        rows[:, feature] = np.concatenate(parts)[:length]
    return rows


def _sides(
    values: BoundaryValues, feature: int, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """For each boundary value, the last input up to it and the first above it, in two parts.

    Each part has one of the two for each boundary value, at random.
    """
    boundary = values.by_feature[feature]
    boundary = boundary[np.isfinite(boundary)]
    if feature in values.categories:
        return random.permutation(boundary), np.empty(0)
    below, above = boundary, np.nextafter(boundary, np.inf)
    if feature in values.cast_to_float32:
        boundary = boundary[np.abs(boundary) < _FLOAT32_LARGEST]
        rounded = boundary.astype(np.float32)
        last = np.where(rounded > boundary, np.nextafter(rounded, np.float32(-np.inf)), rounded)
        below = last.astype(np.float64)
        above = np.nextafter(last, np.float32(np.inf)).astype(np.float64)
    swapped = random.random(len(below)) < 0.5
    order = random.permutation(len(below))
    return np.where(swapped, above, below)[order], np.where(swapped, below, above)[order]


def neighbours(values: BoundaryValues, feature: int) -> FloatArray:
    """A feature's boundary values with their neighbours; 0 for a feature without boundaries."""
    boundary = values.by_feature[feature]
    finite = boundary[np.isfinite(boundary)]
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
        # Halfway between two float32 values, rounding decides before the tree does.
        near += [below, here, above, (below + here) / 2, (here + above) / 2]
    every = np.unique(np.concatenate([*near, [0.0]]))
    with np.errstate(over="ignore"):
        cast = every.astype(np.float32) if casts else every
    return np.asarray(every[np.isfinite(cast)])


def _drawn_rows(
    training: FloatArray, values: BoundaryValues, random: np.random.Generator
) -> FloatArray:
    """Values drawn evenly from the range of each feature, and a tenth beyond; or its categories."""
    width = len(values.by_feature)
    count = max(FEWEST_DRAWN_ROWS, min(DRAWN_ROWS, MOST_DRAWN_VALUES // width))
    rows = np.empty((count, width))
    for feature, boundary in enumerate(values.by_feature):
        known = training[:, feature] if len(training) else boundary
        finite = known[np.isfinite(known)]
        if feature in values.categories:
            keys = boundary[np.isfinite(boundary)]
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
