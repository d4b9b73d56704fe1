"""The part that the engines with layers share: rows in, indices of classes or values out.

Runs beside numpy, on Python 3.9 and later.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

SERVED = "model.json"
"""File beside the model with the facts that a function needs about it."""


class RowRefusedError(Exception):
    """The model refuses a row; arguments: index of the row, column or -1, and the reason."""


class LayeredModel(ABC):
    """A model of another library, with the interface that the handler uses."""

    RefusedError = RowRefusedError
    BEYOND, UNKNOWN, OTHER = range(3)
    refusals: tuple[type[Exception], ...] = (ValueError, TypeError)
    """The exceptions with which the library refuses a row."""

    def __init__(self, served: dict[str, Any]) -> None:
        self.served = served
        """The content of model.json."""
        classes = served["classes"]
        self._places = classes and [
            {json.loads(name): float(place) for place, name in enumerate(names)}
            for names in classes
        ]
        typical = served["typical"]
        self._typical = typical and _with_nan(typical)

    def body_reader(self) -> None:  # noqa: B027  # complete: it returns None
        """None: the handler reads every request."""

    def predict_row(self, values: Sequence[Any]) -> float | tuple[float, ...]:
        """Index of the class, or a regressor's value, for one row in the order of the features.

        A model of several outputs gives a tuple of them.

        Args:
            values: floats and texts; NaN for a missing value.

        Raises:
            RowRefusedError: the model refuses the row.
        """
        try:
            answer = self.answer([values])
        except self.refusals:
            if self._typical and self._refuses(self._typical):
                raise  # the model refuses even its typical row, so the request is not the cause
            raise self._refusal(values) from None
        (row,) = self._listed(answer, 1)
        return tuple(row) if len(row) > 1 else row[0]

    def evaluate(
        self, rows: Sequence[Sequence[Any]], outputs: Sequence[str]
    ) -> dict[str, list[list[float]]]:
        """The model's answers to many rows, by output, without outputs that the model lacks.

        Args:
            rows: floats and texts; None or NaN for a missing value.
            outputs: `predict`, for the values of `predict_row`, and methods that give scores.
        """
        rows = [_with_nan(row) for row in rows]
        scores = {output: self.score(rows, output) for output in outputs if output != "predict"}
        found = {output: listed for output, listed in scores.items() if listed is not None}
        return {**found, "predict": self._listed(self.answer(rows), len(rows))}

    @abstractmethod
    def answer(self, rows: Sequence[Sequence[Any]]) -> Any:
        """The library's own answers to rows: (n_rows,) or (n_rows, n_outputs)."""

    @abstractmethod
    def score(self, rows: Sequence[Sequence[Any]], method: str) -> list[list[float]] | None:
        """The results of a method, (n_rows, width); None if the model lacks the method."""

    def _listed(self, answers: Any, n_rows: int) -> list[list[float]]:
        """Answers as indices of classes, or as values, of each output."""
        answers = np.asarray(answers).reshape(n_rows, -1)
        if not self._places:
            listed: list[list[float]] = answers.astype(np.float64).tolist()
            return listed
        return [
            [places[name] for places, name in zip(self._places, row)] for row in answers.tolist()
        ]

    def _refuses(self, values: Sequence[Any]) -> bool:
        refusals: tuple[type[Exception], ...] = (*self.refusals, RowRefusedError)
        try:
            self.answer([values])
        except refusals:
            return True
        return False

    def _refusal(self, values: Sequence[Any]) -> RowRefusedError:
        """The error that names the refused column of a row, and the reason."""
        column = self._refused_column(values) if self._typical else -1
        reason = self.OTHER
        if column >= 0 and isinstance(values[column], str):
            reason = self.UNKNOWN
        elif column >= 0 and self.served["number_type"] == "float32" and beyond(values[column]):
            reason = self.BEYOND
        return RowRefusedError(0, column, reason)

    def _refused_column(self, values: Sequence[Any]) -> int:
        """The feature whose value the model refuses even inside its typical row; -1 if none is.

        Bisection finds the shortest refused beginning of the row, so that many features need few
        questions.
        """
        taken, refused = 0, len(values)
        while refused - taken > 1:
            middle = (taken + refused) // 2
            if self._refuses([*values[:middle], *self._typical[middle:]]):
                refused = middle
            else:
                taken = middle
        alone = [*self._typical[:taken], values[taken], *self._typical[refused:]]
        return taken if self._refuses(alone) else -1


def beyond(values: Any) -> Any:
    """Whether finite numbers are infinite as float32."""
    with np.errstate(over="ignore"):
        return np.isfinite(values) & np.isinf(np.asarray(values).astype(np.float32))


def _with_nan(row: Sequence[Any]) -> list[Any]:
    return [np.nan if value is None else value for value in row]


def read_served(path: str) -> tuple[str, dict[str, Any]]:
    """The folder of a file, and the content of model.json in that folder."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120
    with open(os.path.join(folder, SERVED), encoding="utf-8") as file:  # noqa: PTH118, PTH123
        return folder, json.load(file)


def as_lists(scores: Any) -> list[list[float]]:
    """Scores as rows of numbers, with those of several outputs side by side."""
    if isinstance(scores, list):
        scores = np.concatenate(scores, axis=1)
    if hasattr(scores, "toarray"):
        scores = scores.toarray()
    listed: list[list[float]] = np.asarray(scores, np.float64).reshape(len(scores), -1).tolist()
    return listed
