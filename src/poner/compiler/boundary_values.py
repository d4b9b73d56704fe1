"""Boundary values: for each feature, the inputs at which a Program's answer can change.

Each operation gives the values at which its own result changes (`Operation.boundary_values`), and
its source's values for given results (`Operation.undo`). Going back from the last step to the first
yields values of the features.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FloatArray
from poner.compiler.operations.distances import Distances
from poner.compiler.operations.lookup import Recode
from poner.compiler.operations.plumbing import CastFloat32
from poner.compiler.program import Program
from poner.proof import BoundaryValues

MOST_POINTS = 200
"""The most rows taken from the points of distances."""

MOST_VALUES = 100_000
"""The most values kept for a column; more are thinned out evenly."""


def boundary_values(program: Program) -> BoundaryValues:
    """The boundary values of all steps, as values of the features."""
    found: list[list[list[FloatArray]]] = [
        [[] for _ in range(program.width(register))] for register in range(len(program.steps) + 1)
    ]
    with np.errstate(all="ignore"):
        for number in range(len(program.steps), 0, -1):
            step = program.steps[number - 1]
            first = found[step.sources[0]]
            for parts, own in zip(first, step.operation.boundary_values(len(first)), strict=True):
                parts += [] if own is None else [own]
            widths = [program.width(source) for source in step.sources]
            for column, parts in enumerate(found[number]):
                for values in parts:
                    undone = step.operation.undo(column, values, *widths)
                    if undone is not None:
                        found[step.sources[undone.source]][undone.column].append(undone.values)
        points = _rows_at_points(program)
    return BoundaryValues(
        by_feature=tuple(_sorted(parts) for parts in found[0]),
        categories=program.origins(Recode),
        cast_to_float32=program.origins(CastFloat32),
        points=points,
    )


def _sorted(parts: list[FloatArray]) -> FloatArray:
    values = np.unique(np.concatenate(parts)) if parts else np.empty(0)
    return values[:: -(-len(values) // MOST_VALUES)] if len(values) > MOST_VALUES else values


def _rows_at_points(program: Program) -> FloatArray:
    """Rows at the points of the first distances from which there is a way back to the features."""
    for step in program.steps:
        if isinstance(step.operation, Distances):
            points = step.operation.points
            rows = _row_behind(program, step.sources[0], points[:: -(-len(points) // MOST_POINTS)])
            if rows is not None:
                return rows
    return np.empty((0, program.n_features))


def _row_behind(program: Program, register: int, rows: FloatArray) -> FloatArray | None:
    """The feature rows that produce these rows of a register; None if a feature is not found."""
    while register:
        step = program.steps[register - 1]
        widths = [program.width(source) for source in step.sources]
        columns = {}
        for column, values in enumerate(rows.T):
            undone = step.operation.undo(column, values, *widths)
            if undone is not None and undone.source == 0:
                columns[undone.column] = undone.values
        if len(columns) < widths[0]:
            return None
        rows = np.stack([columns[column] for column in range(widths[0])], axis=1)
        register = step.sources[0]
    return rows
