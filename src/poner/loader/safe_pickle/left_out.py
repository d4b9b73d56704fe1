"""Removes the parts that no prediction uses from a finished model."""

from __future__ import annotations

from typing import Any

from .imports import resolve
from .object_walk import every_part
from .unused import OWNERS, UNUSED, StandIn, counterpart, is_sampler


def leave_out(root: Any) -> Any:
    """Remove the unused parts of a model, in place, and give it classes of scikit-learn alone.

    Args:
        root: a model that was loaded with StandIns, or a copy of a model in memory.

    Returns:
        The model.
    """
    for value in every_part(root):
        kind: Any = type(value)
        state = getattr(value, "__dict__", None)
        if not isinstance(state, dict) or not kind.__module__.startswith(OWNERS):
            continue
        state.update((name, UNUSED[name]) for name in UNUSED.keys() & state.keys())
        if isinstance(state.get("steps"), list):
            state["steps"] = list(map(_without_sampler, state["steps"]))
        found = counterpart(kind.__module__, kind.__name__)
        if found is not None:
            value.__class__ = resolve(*found)
    return root


def _without_sampler(entry: Any) -> Any:
    """A step of a Pipeline; a sampler becomes a step that passes the rows through."""
    if type(entry) is not tuple or len(entry) != 2:
        return entry
    name, step = entry
    module = step.name if isinstance(step, StandIn) else type(step).__module__
    return (name, "passthrough") if is_sampler(module) else entry


def has_counterparts(root: Any) -> bool:
    """Whether a part of a model in memory is of a class that scikit-learn has a counterpart of."""
    return any(counterpart(type(part).__module__, type(part).__name__) for part in every_part(root))
