"""The onnx engine: the model as a graph, and onnxruntime in a layer."""

from __future__ import annotations

import os

# From 1.32 on onnxruntime keeps an identifier of the device and reports to its makers. Requests
# hold patients' data, so a function sends data only in its answers.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

from poner_runtime.layered import LayeredModel, RowRefusedError, as_lists, beyond, read_served

_TYPES = {"tensor(double)": np.float64, "tensor(float)": np.float32}
_FATAL = 4
_MISSING_TEXT = "nan"


def open_beside(path: str) -> OnnxModel:
    """The model in the folder of a file; `__file__` of lambda_function.py."""
    folder, served = read_served(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _FATAL  # errors are raised; log lines could hold values
    session = onnxruntime.InferenceSession(
        os.path.join(folder, served["file"]),  # noqa: PTH118
        options,
        providers=["CPUExecutionProvider"],
    )
    return OnnxModel(session, served)


class OnnxModel(LayeredModel):
    """A graph with one input for all features, or one input for each feature.

    Its outputs are the label or value, and a classifier's probabilities or scores.
    """

    refusals = (ValueError, TypeError, Fail, InvalidArgument, RuntimeException)

    def __init__(self, session: Any, served: dict[str, Any]) -> None:
        super().__init__(served)
        self._session = session
        self._inputs = [(one.name, _TYPES.get(one.type)) for one in session.get_inputs()]
        self._outputs = [one.name for one in session.get_outputs()]
        self._has_two_decisions = served["scores_method"] == "decision_function" and [
            len(places) for places in self._places
        ] == [2]

    def answer(self, rows: Sequence[Sequence[Any]]) -> Any:
        """The graph's first output."""
        return self._session.run(self._outputs[:1], self._feed(rows))[0]

    def score(self, rows: Sequence[Sequence[Any]], method: str) -> list[list[float]] | None:
        """The graph's second output; for two classes, the decision value of the second class.

        Converters differ in which of the two values they negate, so the label decides.
        """
        if len(self._outputs) < 2 or self.served["scores_method"] != method:
            return None
        labels, scores = self._session.run(self._outputs[:2], self._feed(rows))
        if getattr(scores, "ndim", 0) == 3:  # (n_outputs, n_rows, n_classes)
            scores = list(scores)
        listed = as_lists(scores)
        if self._has_two_decisions and len(listed[0]) == 2:
            places = self._listed(labels, len(rows))
            return [[max(row) if place else min(row)] for row, (place,) in zip(listed, places)]
        return listed

    def _feed(self, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Rows as the graph's inputs.

        Raises:
            RowRefusedError: a number is beyond what the model takes.
        """
        number_type = self._inputs[0][1]
        if self._inputs[0][0] == "X":
            return {"X": self._numbers(np.array(rows, dtype=np.float64), 0, number_type)}
        columns = zip(self._inputs, zip(*rows))
        return {
            name: self._column(values, place, number_type)
            for place, ((name, number_type), values) in enumerate(columns)
        }

    def _column(self, values: Sequence[Any], place: int, number_type: Any) -> Any:
        """One feature as (n_rows, 1)."""
        if number_type is not None:
            return self._numbers(np.array(values, dtype=np.float64)[:, None], place, number_type)
        texts = [value if isinstance(value, str) else _MISSING_TEXT for value in values]
        return np.array(texts, dtype=object)[:, None]

    def _numbers(self, table: Any, place: int, number_type: Any) -> Any:
        if self.served["number_type"] == "float32":
            for row, column in np.argwhere(beyond(table)).tolist():
                raise RowRefusedError(row, place + column, self.BEYOND)
        return table.astype(number_type)
