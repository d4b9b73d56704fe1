"""Boundary values: for each feature, the inputs at which a Program's answer can change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations import (
    Above,
    CastFloat32,
    Combine,
    Digitize,
    Distances,
    Impute,
    Interpolate,
    Join,
    Linear,
    Operation,
    Pairing,
    Products,
    Recode,
    Replace,
    Require,
    Select,
    Splines,
    TreeEnsemble,
    Trees,
)
from poner.compiler.program import Program

_USUAL = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
"""What a step gets that has no values of its own, where the steps before it scale."""

_CATEGORIES = np.arange(-2.0, 258.0)
"""All that a node can tell apart that asks for a category."""

MOST_POINTS = 200
"""Rows taken from the points of distances."""

_REVERSIBLE = {Pairing.ADD, Pairing.SUBTRACT, Pairing.MULTIPLY, Pairing.DIVIDE}

MOST_VALUES = 100_000
"""Values kept for a column; more are thinned out evenly."""

_COMPARISONS = {
    Pairing.GREATER,
    Pairing.GREATER_EQUAL,
    Pairing.LESS,
    Pairing.LESS_EQUAL,
    Pairing.EQUAL,
    Pairing.NOT_EQUAL,
    Pairing.MINIMUM,
    Pairing.MAXIMUM,
}


@dataclass(frozen=True)
class BoundaryValues:
    """What to try of each feature."""

    by_feature: tuple[FloatArray, ...]
    """For each feature, values at which an answer can change, sorted."""
    categories: frozenset[int]
    """Features that are looked up: only these values are known."""
    cast_to_float32: frozenset[int]
    """Features that are rounded to float32 before anything else."""
    points: FloatArray
    """(n_points, n_features) rows at the points that distances are taken from, if any."""


def boundary_values(program: Program) -> BoundaryValues:
    """Each step's own values, taken back through the steps before it."""
    found: list[list[list[FloatArray]]] = [
        [[] for _ in range(program.width(register))] for register in range(len(program.steps) + 1)
    ]
    for number in range(len(program.steps), 0, -1):
        step = program.steps[number - 1]
        source = step.sources[0]
        for column, values in enumerate(_own_values(step.operation, program.width(source))):
            if values is not None:
                found[source][column].append(values)
        _take_back(program, number, found)
    return BoundaryValues(
        by_feature=tuple(_sorted(parts) for parts in found[0]),
        categories=program.origins(Recode),
        cast_to_float32=program.origins(CastFloat32),
        points=_rows_at_points(program),
    )


def _rows_at_points(program: Program) -> FloatArray:
    """The first points of distances that can be taken back to the row whole."""
    for step in program.steps:
        if isinstance(step.operation, Distances):
            points = step.operation.points
            rows = _row_behind(program, step.sources[0], points[:: -(-len(points) // MOST_POINTS)])
            if rows is not None:
                return rows
    return np.empty((0, program.n_features))


def _row_behind(program: Program, register: int, rows: FloatArray) -> FloatArray | None:
    """The rows that give these values of a register; None where that is not known."""
    while register:
        step = program.steps[register - 1]
        match step.operation:
            case Require() | Above() | CastFloat32() | Replace() | Impute():
                pass
            case Combine(pairing, operand) if operand is not None and pairing in _REVERSIBLE:
                with np.errstate(all="ignore"):
                    each = zip(rows.T, np.broadcast_to(operand, rows.shape[1:]), strict=True)
                    rows = np.stack([_undo(pairing, column, value) for column, value in each], 1)
            case _:
                return None
        register = step.sources[0]
    return rows


def _sorted(parts: list[FloatArray]) -> FloatArray:
    values = np.unique(np.concatenate(parts)) if parts else np.empty(0)
    return values[:: -(-len(values) // MOST_VALUES)] if len(values) > MOST_VALUES else values


def _own_values(operation: Operation, width: int) -> list[FloatArray | None]:
    """For each column of the source, the values at which this operation changes."""
    match operation:
        case TreeEnsemble(trees):
            return _thresholds(trees, width)
        case Recode(ends, keys) | Digitize(ends, keys) | Interpolate(ends, keys):
            return list(np.split(keys, ends[:-1]))
        case Combine(pairing, operand) if pairing in _COMPARISONS and operand is not None:
            return [np.array([value]) for value in np.broadcast_to(operand, (width,))]
        case Splines(ends=ends, knots=knots):
            return list(np.split(knots, ends[:-1]))
        case Above(bounds):
            return [np.array([bound]) for bound in bounds]
        case Replace(wanted):
            return [wanted] * width
        case Distances(points=points):
            return list(np.quantile(points, [0.0, 0.25, 0.5, 0.75, 1.0], axis=0).T)
        case Linear() | Products():
            return [_USUAL] * width
        case _:
            return [None] * width


def _thresholds(trees: Trees, width: int) -> list[FloatArray | None]:
    """For each column, its thresholds, or all categories where nodes look at its category."""
    inner, categories = ~trees.leaf, trees.categories
    by_category = inner & (categories.left_set >= 0) if categories else np.zeros_like(inner)
    by_threshold = inner & ~by_category
    asked = np.unique(trees.feature[by_category])
    threshold = np.concatenate([trees.threshold[by_threshold], np.tile(_CATEGORIES, len(asked))])
    feature = np.concatenate([trees.feature[by_threshold], np.repeat(asked, len(_CATEGORIES))])
    order = np.argsort(feature, kind="stable")
    ends = np.searchsorted(feature[order], np.arange(1, width))
    return [np.unique(part) for part in np.split(threshold[order], ends)]


def _take_back(program: Program, number: int, found: list[list[list[FloatArray]]]) -> None:
    """Where a step can be undone, what is hard for its result is so for its source."""
    step, mine = program.steps[number - 1], found[number]
    target = found[step.sources[0]]
    match step.operation:
        case Select(columns):
            for column, parts in zip(columns.tolist(), mine, strict=True):
                target[column] += parts
        case Join():
            rest = iter(mine)
            for source in step.sources:
                for own in found[source]:
                    own += next(rest)
        case Require() | Above() | CastFloat32() | Replace() | Impute():
            for own, parts in zip(target, mine, strict=True):
                own += parts
        case Combine(pairing, operand) if operand is not None:
            with np.errstate(all="ignore"):
                for own, parts, value in zip(
                    target, mine, np.broadcast_to(operand, (len(mine),)), strict=True
                ):
                    own += [_undo(pairing, part, value) for part in parts]
        case _:
            pass


def _undo(pairing: Pairing, values: FloatArray, operand: float) -> FloatArray:
    """What had to come in for these values to come out."""
    match pairing:
        case Pairing.ADD:
            return values - operand
        case Pairing.SUBTRACT:
            return values + operand
        case Pairing.MULTIPLY:
            return values / operand
        case Pairing.DIVIDE | Pairing.DIVIDE_OR_KEEP:
            return values * operand if operand else values
        case Pairing.FILL | Pairing.MINIMUM | Pairing.MAXIMUM:
            return values
        case _:
            return np.empty(0)
