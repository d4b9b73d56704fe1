"""Finds what a fitted model knows as missing, column by column: NaN, or None.

A row's null is NaN here. An encoder that was fitted on None has None among its categories, and
does not know NaN; which of the two it was can be read from what was fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

Columns = Sequence[Optional[int]]
"""The model's column that each column of a step's input is; None for one that was computed."""

DEEPEST = 100
"""Estimators inside estimators."""


def columns_with_none(estimator: Any) -> frozenset[int]:
    """The model's columns in which None, not NaN, is what is missing."""
    count = getattr(estimator, "n_features_in_", None)
    found: set[int] = set()
    if count is not None:
        _look(estimator, range(int(count)), found, 0)
    return frozenset(found)


def _look(value: Any, columns: Columns, found: set[int], depth: int) -> None:
    """Look at an estimator, or at whatever may hold some."""
    if depth > DEEPEST:
        return
    if isinstance(value, (list, tuple)):
        for item in value:
            _look(item, columns, found, depth + 1)
    elif hasattr(value, "dtype") and getattr(value.dtype, "hasobject", False) and value.ndim:
        _look(value.ravel().tolist(), columns, found, depth + 1)
    elif isinstance(value, dict):
        _look(list(value.values()), columns, found, depth + 1)
    elif hasattr(value, "get_params") and hasattr(value, "__dict__"):
        _look_at_estimator(value, vars(value), columns, found, depth)


def _look_at_estimator(
    value: Any, state: dict[str, Any], columns: Columns, found: set[int], depth: int
) -> None:
    if "transformers_" in state:  # a ColumnTransformer, whose columns are positions by now
        for _, transformer, chosen in state["transformers_"]:
            _look(transformer, _chosen(columns, chosen), found, depth + 1)
    elif "steps" in state:
        for _, step in state["steps"]:
            _look(step, columns, found, depth + 1)
            columns = _after(step, columns)
    elif "categories_" in state:
        for column, known in zip(columns, state["categories_"]):
            if column is not None and any(category is None for category in known):
                found.add(column)
    elif "statistics_" in state and state.get("missing_values", 0) is None:
        found.update(column for column in columns if column is not None)
    else:
        for item in list(state.values()):
            _look(item, columns, found, depth + 1)


def _chosen(columns: Columns, chosen: Any) -> Columns:
    """A ColumnTransformer's choice: a position, positions, a slice or a mask."""
    import numpy as np

    try:
        places = np.atleast_1d(np.arange(len(columns))[chosen]).tolist()
    except (IndexError, TypeError, ValueError):
        return [None] * len(columns)
    return [columns[place] for place in places]


def _after(step: Any, columns: Columns) -> Columns:
    """Which columns come out of a step as they went in, but for their gaps."""
    if step is None or isinstance(step, str):
        return columns
    state = getattr(step, "__dict__", {})
    statistics = state.get("statistics_", ())
    kept = len(statistics) == len(columns) > 0
    whole = kept and all(value == value for value in statistics)  # one without values is left out
    if whole or ("func" in state and state["func"] is None):
        return columns
    return [None] * len(columns)
