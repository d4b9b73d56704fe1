"""The rows on which parity is proved: ordinary ones, and ones made to be hard."""

from __future__ import annotations

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.program import Program

DRAWN_ROWS = 200
MOST_THRESHOLD_ROWS = 200_000
"""A forest with more distinct thresholds a feature than this allows has a draw of them tried."""

_SEED = 20261122
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)


def make_rows(training_rows: FloatArray, program: Program) -> dict[str, FloatArray]:
    """Rows by kind, each (n_rows, n_features) float64; kinds without rows are left out.

    Kinds: `training` as given; `thresholds`: each value at which an answer can change, and one
    ulp to either side; `drawn`: values within and a little beyond the thresholds; `missing` and
    `infinite` where the model takes them.
    """
    random = np.random.default_rng(_SEED)
    hard = _threshold_rows(program, random)
    drawn = _drawn_rows(program, random)
    kinds = {"training": _answerable(training_rows, program), "thresholds": hard, "drawn": drawn}
    mixed = np.concatenate([hard[-DRAWN_ROWS:], drawn])
    if program.allows_missing:
        everywhere = np.full((1, program.n_features), np.nan)
        kinds["missing"] = np.concatenate([everywhere, _with_holes(mixed, [np.nan], random)])
    if program.allows_infinite:
        kinds["infinite"] = _with_holes(mixed, [np.inf, -np.inf], random)
    return {kind: rows for kind, rows in kinds.items() if len(rows)}


def _answerable(rows: FloatArray, program: Program) -> FloatArray:
    """The rows that the model takes."""
    taken = np.ones(len(rows), bool)
    if not program.allows_missing:
        taken &= ~np.any(np.isnan(rows), axis=1)
    if not program.allows_infinite:
        taken &= ~np.any(np.isinf(rows), axis=1)
    return rows[taken]


def _threshold_rows(program: Program, random: np.random.Generator) -> FloatArray:
    """Rows in which every feature stands on a threshold of its own or an ulp beside it.

    Each value comes up at least twice, in different company.
    """
    columns = [_hard_values(values, program) for values in program.thresholds]
    length = min(2 * max(len(values) for values in columns), MOST_THRESHOLD_ROWS)
    rows = np.empty((length, program.n_features))
    for column, values in enumerate(columns):
        passes = -(-length // len(values))
        rows[:, column] = np.concatenate([random.permutation(values) for _ in range(passes)])[
            :length
        ]
    return rows


def _hard_values(thresholds: FloatArray, program: Program) -> FloatArray:
    """Each threshold with its neighbours; 0 for a feature without any."""
    finite = thresholds[np.isfinite(thresholds)]
    values = [finite, np.nextafter(finite, -np.inf), np.nextafter(finite, np.inf)]
    if program.casts_to_float32:
        rounded = np.clip(finite, -_FLOAT32_LARGEST, _FLOAT32_LARGEST).astype(np.float32)
        below, here, above = (
            near.astype(np.float64)
            for near in (
                np.nextafter(rounded, np.float32(-np.inf)),
                rounded,
                np.nextafter(rounded, np.float32(np.inf)),
            )
        )
        # Halfway between two float32 values rounding decides, before the tree does.
        values += [below, here, above, (below + here) / 2, (here + above) / 2]
    every = np.unique(np.concatenate([*values, [0.0]]))
    with np.errstate(over="ignore"):
        cast = every.astype(np.float32) if program.casts_to_float32 else every
    return np.asarray(every[np.isfinite(cast)])


def _drawn_rows(program: Program, random: np.random.Generator) -> FloatArray:
    """Values drawn evenly from the span of each feature's thresholds and a tenth beyond."""
    rows = np.empty((DRAWN_ROWS, program.n_features))
    for column, values in enumerate(program.thresholds):
        finite = values[np.isfinite(values)]
        low, high = (finite[0], finite[-1]) if len(finite) else (0.0, 1.0)
        share = random.uniform(-0.1, 1.1, DRAWN_ROWS)
        rows[:, column] = low * (1 - share) + high * share
    return rows


def _with_holes(rows: FloatArray, fillings: list[float], random: np.random.Generator) -> FloatArray:
    """The rows with a third of their values replaced."""
    holes = random.random(rows.shape) < 1 / 3
    return np.where(holes, random.choice(fillings, rows.shape), rows)
