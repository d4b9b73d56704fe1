"""Finds the columns that a step changes: those that the user names, or that it was fitted on.

A step of some columns either keeps their number, so that each stays in its place, or names the
columns that it gives, as a OneHotEncoder does; the names that the next part was fitted on then say
where they go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError
from . import column_steps, contents, transformers
from .column_steps import Placed
from .contents import Source


class Step(NamedTuple):
    """What stands before the model: a transformer, or a dict with one for each of some columns."""

    value: Any
    """The fitted object."""
    source: Source
    """Where it comes from."""
    columns: tuple[str, ...] = ()
    """The columns that it changes; empty for all, or for those that it knows itself."""


class Columns(NamedTuple):
    """The columns between two steps."""

    names: Sequence[str] | None
    """Their names; None if they have none."""
    width: int | None
    """How many they are; None if that is not known."""


def columns_of(estimator: Any) -> Columns:
    """The columns that an estimator was fitted on."""
    names = contents.names_of_columns(estimator)
    width = contents.number_of_columns(estimator)
    return Columns(names, len(names) if width is None and names else width)


def columns_before(step: Step, after: Columns) -> Columns:
    """The columns that a step takes, by those that the next part takes."""
    placed = find_placed(step, after)
    if not placed and not contents.encodes_targets(step.value):
        return columns_of(step.value)
    if after.names is None:
        return after if all(own.stays for own in placed) else Columns(None, None)
    replaced = {name: own.columns for own in placed if not own.stays for name in own.given}
    names = dict.fromkeys(own for name in after.names for own in replaced.get(name, (name,)))
    return Columns(list(names), len(names))


def find_placed(step: Step, after: Columns) -> list[Placed]:
    """The transformers of a step with their columns; empty if it takes all columns.

    Args:
        step: a transformer, or a dict of some.
        after: the columns that the next part takes.

    Raises:
        FileUnreadableError: a transformer gives more columns than it takes, and does not name them.
    """
    if isinstance(step.value, dict):
        placed = [_place((str(key),), part, step) for key, part in step.value.items()]
        return [own for own in placed if after.names is None or set(own.given) <= set(after.names)]
    if step.columns:
        return [_place(step.columns, step.value, step)]
    if contents.encodes_targets(step.value):
        return [_place(tuple(after.names or ("x0",)), step.value, step)] if after.width == 1 else []
    own, given = contents.names_of_columns(step.value), transformers.names_given(step.value)
    if own is None or given is None or after.names is None:
        return []
    return [_place(tuple(own), step.value, step)] if set(given) < set(after.names) else []


def _place(columns: tuple[str, ...], value: Any, step: Step) -> Placed:
    transformer = column_steps.as_transformer(value, step.source)
    width = transformers.width_given(transformer)
    if width in (None, len(columns)):
        return Placed(columns, transformer, columns)
    given = transformers.names_given(transformer, columns)
    if given is None:
        raise FileUnreadableError(
            f"{step.source.name} gives {width} columns for {len(columns)} and does not name them, "
            "so nothing says where they go.",
            "Save the steps and the model as one Pipeline with a ColumnTransformer.",
        )
    return Placed(columns, transformer, tuple(given))


def describe(step: Step, placed: Sequence[Placed]) -> list[str]:
    """Sentences on what a step changes, where the user did not say it."""
    if isinstance(step.value, dict):
        used = {own.columns[0] for own in placed}
        return [
            f"{step.source.name} also holds a transformer for {key}, which is no column of the "
            "model, so it is not used. If it encodes the target, add `--target-labels "
            f"{step.source.at(str(key)).quoted}`."
            for key in step.value
            if str(key) not in used
        ]
    if step.columns or contents.encodes_targets(step.value):
        return []
    (own,) = placed
    columns = ", ".join(own.columns)
    if own.stays:
        return [f"{step.source.name} changes the columns {columns}; the others pass unchanged."]
    given = ", ".join(own.given[:10]) + (", ..." if len(own.given) > 10 else "")
    return [f"{step.source.name} turns {columns} into {given}; the other columns pass unchanged."]
