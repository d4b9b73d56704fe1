"""The proof's view of a model: outputs of rows of numbers and category codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Oracle, Table
from poner.errors import ModelUnreadableError
from poner.proof.questions import ROWS_OF_A_KIND, BoundaryValues
from poner.signature import JsonScalar, Signature, category_places

_LAST_BITS = 2.0**-50
_MOVES, _MOVED_FACTOR = 16, 16.0
_METHODS = {"raw": "_raw_predict"}


@dataclass(frozen=True)
class Known:
    """The facts known about a model before it is asked."""

    signature: Signature
    """Which features are texts, and the classes."""
    vocabulary: Sequence[str]
    """The texts behind the category codes in its rows."""
    values: BoundaryValues
    """The values at which its answers can change."""
    has_raw: bool = False
    """Whether the model gives scores before the link function."""
    most_rows: int = ROWS_OF_A_KIND
    """The most rows of each kind."""


class AskedModel:
    """A model with its facts, which is asked with rows of numbers and category codes."""

    def __init__(self, oracle: Oracle, known: Known) -> None:
        self.oracle, self.known = oracle, known

    def table(self, rows: FloatArray) -> Table:
        """Rows with the texts behind their category codes."""
        return Table(rows, self.known.signature.kinds, self.known.vocabulary)

    def answer(self, output: str, rows: FloatArray) -> FloatArray:
        """The model's own answers: (n_rows, width) float64, classes as their indices.

        Raises:
            ModelUnreadableError: the model refuses a row, or has no such output.
        """
        method = _METHODS.get(output, output)
        answer = self.oracle.answer(method, self.table(rows)).reshape(len(rows), -1)
        classes = self.known.signature.output_classes
        if output == "predict" and classes is not None:
            return _class_indices(answer, classes)
        return answer.astype(np.float64)

    def takes(self, rows: FloatArray) -> bool:
        """Whether the model answers all of these rows.

        A single row is asked as a pair of equal rows: since scikit-learn 1.6, SparsePCA returns
        another shape for one row.
        """
        asked = np.repeat(rows, 2, axis=0) if len(rows) == 1 else rows
        try:
            self.oracle.answer("predict", self.table(asked))
        except ModelUnreadableError:
            return False
        return True

    def taken(self, rows: FloatArray) -> NDArray[np.bool_]:
        """(n_rows,) whether the model answers each row, found by bisection."""
        if not len(rows) or self.takes(rows):
            return np.ones(len(rows), bool)
        if len(rows) == 1:
            return np.zeros(1, bool)
        middle = len(rows) // 2
        return np.concatenate([self.taken(rows[:middle]), self.taken(rows[middle:])])

    def moved(self, output: str, rows: FloatArray) -> FloatArray:
        """How much the answers move when inputs change in their last bits: (n_rows, width).

        0 where the model refuses the changed row. Pipelines round often, so the inputs change by
        four times their last bit, and the result is 16 times the movement that was seen.
        """
        random = np.random.default_rng(len(rows))
        repeated = np.repeat(rows, _MOVES, axis=0)
        signs = random.choice([-1.0, 1.0], repeated.shape)
        signs[:, category_places(self.known.signature.kinds)] = 0.0
        own = self.answer(output, rows)
        try:
            answers = self.answer(output, repeated * (1.0 + signs * _LAST_BITS))
        except ModelUnreadableError:
            return np.zeros(own.shape)
        moved = np.abs(answers.reshape(len(rows), _MOVES, -1) - own[:, None])
        return np.asarray(_MOVED_FACTOR * moved.max(axis=1))


def _class_indices(
    answers: NDArray[Any], classes: tuple[tuple[JsonScalar, ...], ...]
) -> FloatArray:
    """The index of each answer among the classes of its output, (n_rows, n_outputs); -1 if none."""
    columns = []
    for output, names in enumerate(classes):
        values, places = np.unique(answers[:, output], return_inverse=True)
        index = {name: float(place) for place, name in enumerate(names)}
        known = np.array([index.get(value, -1.0) for value in values.tolist()])
        columns.append(known[places.ravel()])
    return np.stack(columns, axis=1)
