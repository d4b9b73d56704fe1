"""Finds, column by column, whether a fitted model represents a missing value as NaN or as None.

poner stores a null of a request as NaN. An encoder that was fitted on None has None among its
categories and does not know NaN. The fitted attributes tell which of the two a column has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Optional

from ..safe_pickle.faults import FileUnreadableError
from .estimators import number_of_features

Columns = Sequence[Optional[int]]
"""For each column of a step's input: the model's column with the same values, or None for a
computed column."""

PLAIN = (str, int, float, bytes, type(None))
"""Types of values that hold no estimators."""

MOST_STEPS = 2_000_000
"""Most steps of a search: one for each column, several for each object. They take a few seconds."""

STEPS_OF_AN_OBJECT = 5


def columns_with_none(estimator: Any) -> frozenset[int]:
    """The model's columns in which None is the missing value.

    Raises:
        FileUnreadableError: the model's parts choose columns of each other in too many ways.
    """
    count = number_of_features(estimator)
    if count is None:
        return frozenset()
    search = _Search()
    search.look(estimator, range(count))
    while search.waiting:
        search.look_at(*search.waiting.pop())
    return frozenset(search.found)


class _Search:
    """Looks at every part of a model, once for each choice of columns that reaches it."""

    def __init__(self) -> None:
        self.found: set[int] = set()
        """Columns in which None is the missing value."""
        self.waiting: list[tuple[Any, Columns]] = []
        """Parts to visit, each with the model's columns that are its input."""
        self.seen: set[tuple[int, int]] = set()
        self.kept: list[Any] = []
        """Parts that were visited, kept alive so that Python does not reuse an id."""
        self.choices: dict[tuple[int | None, ...], Columns] = {}
        """One object for each choice of columns."""
        self.left = MOST_STEPS

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            FileUnreadableError: the search has taken too many steps.
        """
        self.left -= steps
        if self.left < 0:
            raise FileUnreadableError(
                "The model nests ColumnTransformers too deeply to follow their columns.",
                "Fit a model with fewer ColumnTransformers inside each other.",
            )

    def look(self, value: Any, columns: Columns) -> None:
        """Put a part on the waiting list, unless it was there before with the same columns."""
        if isinstance(value, PLAIN):
            return
        key = (id(value), id(columns))
        if key not in self.seen:
            self.seen.add(key)
            self.kept.append((value, columns))
            self.waiting.append((value, columns))

    def _same(self, columns: Columns) -> Columns:
        """The one object that stands for this choice of columns."""
        self.spend(len(columns))
        return self.choices.setdefault(tuple(columns), columns)

    def look_at(self, value: Any, columns: Columns) -> None:
        """Visit an estimator, or a container that may hold estimators."""
        self.spend(STEPS_OF_AN_OBJECT)
        parts: Iterable[Any] = ()
        if isinstance(value, (list, tuple)):
            parts = value
        elif hasattr(value, "dtype") and getattr(value.dtype, "hasobject", False) and value.ndim:
            parts = value.ravel().tolist()
        elif isinstance(value, dict):
            parts = list(value.values())
        elif hasattr(value, "get_params") and hasattr(value, "__dict__"):
            self._look_at_estimator(vars(value), columns)
        for part in parts:
            self.look(part, columns)

    def _look_at_estimator(self, state: dict[str, Any], columns: Columns) -> None:
        if "transformers_" in state:  # a ColumnTransformer; fitting turned its columns to positions
            for _, transformer, chosen in state["transformers_"]:
                self.look(transformer, self._same(choose(columns, chosen)))
        elif "steps" in state:
            for _, step in state["steps"]:
                self.look(step, columns)
                columns = self._same(_after(step, columns))
        elif "categories_" in state:
            for column, known in zip(columns, state["categories_"]):
                if column is not None and any(category is None for category in known):
                    self.found.add(column)
        elif "statistics_" in state and state.get("missing_values", 0) is None:
            self.found.update(column for column in columns if column is not None)
        else:
            for item in list(state.values()):
                self.look(item, columns)


def choose(columns: Columns, chosen: Any) -> Columns:
    """The columns that a ColumnTransformer chooses by a position, positions, a slice or a mask."""
    import numpy as np

    try:
        places = np.atleast_1d(np.arange(len(columns))[chosen]).tolist()
    except (IndexError, TypeError, ValueError):
        return [None] * len(columns)
    return [columns[place] for place in places]


def _after(step: Any, columns: Columns) -> Columns:
    """The output columns of a step; columns that the step changes, apart from gaps, are None."""
    if step is None or isinstance(step, str):
        return columns
    state = getattr(step, "__dict__", {})
    statistics = state.get("statistics_", ())
    kept = len(statistics) == len(columns) > 0
    whole = kept and all(value == value for value in statistics)  # NaN: the step drops the column
    if whole or ("func" in state and state["func"] is None):
        return columns
    return [None] * len(columns)
