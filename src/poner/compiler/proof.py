"""What a proof compares: a trained model, and what was compiled from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FloatArray, Table, TrainedModel
from poner.compiled_model import CompiledModel
from poner.compiler.program import Output, Program
from poner.compiler.readers.reading import Prediction
from poner.errors import ModelUnreadableError


@dataclass(frozen=True)
class Proof:
    """The model and its compiled form, to be asked the same."""

    model: TrainedModel
    """The model, with its oracle."""
    program: Program
    """What was read from it."""
    prediction: Prediction
    """Its classes."""
    compiled: CompiledModel
    """The kernel's tables, still without a proof."""

    def ask(self, output: Output, rows: FloatArray) -> FloatArray:
        """The model's own answers: (n_rows, width) float64, classes as their indices.

        Raises:
            ModelUnreadableError: it refuses a row.
        """
        methods = {Output.RAW: "_raw_predict"}
        method = methods.get(output, output.name.lower())
        table = Table(rows, self.compiled.signature.kinds, self.program.vocabulary)
        answer = self.model.oracle.answer(method, table)
        answer = answer.reshape(len(rows), -1)
        if output is Output.PREDICT and self.prediction.classes is not None:
            return class_indices(answer, self.prediction.classes)
        return answer.astype(np.float64)

    def refuses(self, rows: FloatArray) -> bool:
        """Whether the model refuses one of some rows, (n_rows, n_features).

        Each is asked twice at once: SparsePCA since 1.6 gives a single row in another shape.
        """
        try:
            self.ask(Output.PREDICT, np.repeat(rows, 2, axis=0))
        except ModelUnreadableError:
            return True
        return False


def class_indices(answers: NDArray[Any], classes: tuple[tuple[Any, ...], ...]) -> FloatArray:
    """The place of each answer among the classes of its output: (n_rows, n_outputs)."""
    columns = []
    for output, names in enumerate(classes):
        values, places = np.unique(answers[:, output], return_inverse=True)
        index = {name: float(place) for place, name in enumerate(names)}
        known = np.array([index.get(value, -1.0) for value in values.tolist()])
        columns.append(known[places.ravel()])
    return np.stack(columns, axis=1)
