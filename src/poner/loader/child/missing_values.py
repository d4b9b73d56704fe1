"""Finds what a fitted model knows as missing, column by column: NaN, or None.

A row's null is NaN here. An encoder that was fitted on None has None among its categories, and
does not know NaN; which of the two it was can be read from what was fitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Optional

from ..safe_pickle.faults import FileUnreadableError
from .estimators import number_of_features

Columns = Sequence[Optional[int]]
"""The model's column that each column of a step's input is; None for one that was computed."""

PLAIN = (str, int, float, bytes, type(None))
"""Values that hold no estimators."""

MOST_STEPS = 2_000_000
"""Columns looked at, and objects, which count for more; a few seconds."""

STEPS_OF_AN_OBJECT = 5


def columns_with_none(estimator: Any) -> frozenset[int]:
    """The model's columns in which None, not NaN, is what is missing.

    Raises:
        FileUnreadableError: its parts choose columns of each other without end.
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
        """Columns in which None is missing."""
        self.waiting: list[tuple[Any, Columns]] = []
        """Parts to look at, each with the model's columns that are its input."""
        self.seen: set[tuple[int, int]] = set()
        self.kept: list[Any] = []
        """What was looked at: alive, so that no id is used twice."""
        self.choices: dict[tuple[int | None, ...], Columns] = {}
        """Choices of columns, each once."""
        self.left = MOST_STEPS

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            FileUnreadableError: there were too many.
        """
        self.left -= steps
        if self.left < 0:
            raise FileUnreadableError(
                "The model's parts choose columns of each other in more ways than can be followed.",
                "Fit a model with fewer ColumnTransformers inside each other.",
            )

    def look(self, value: Any, columns: Columns) -> None:
        """Look at a part later, unless it was looked at already."""
        if isinstance(value, PLAIN):
            return
        key = (id(value), id(columns))
        if key not in self.seen:
            self.seen.add(key)
            self.kept.append((value, columns))
            self.waiting.append((value, columns))

    def _same(self, columns: Columns) -> Columns:
        """The choice of these columns, however often it is made."""
        self.spend(len(columns))
        return self.choices.setdefault(tuple(columns), columns)

    def look_at(self, value: Any, columns: Columns) -> None:
        """Look at an estimator, or at whatever may hold some."""
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
        if "transformers_" in state:  # a ColumnTransformer, whose columns are positions by now
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
