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

_TYPES = {
    "tensor(double)": np.float64,
    "tensor(float)": np.float32,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
_FATAL = 4
_MISSING_TEXT = "nan"
_LARGEST_WHOLE = 2.0**53


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
    """A graph whose inputs take the features in order, one or several each.

    Its outputs are the label or value, and a classifier's probabilities or scores.
    """

    refusals = (ValueError, TypeError, Fail, InvalidArgument, RuntimeException)

    def __init__(self, session: Any, served: dict[str, Any]) -> None:
        super().__init__(served)
        self._session = session
        self._inputs = session.get_inputs()
        self._widths = [_width(one.shape, len(served["wire_names"])) for one in self._inputs]
        self._takes_one_row = any(one.shape[0] == 1 for one in self._inputs)
        names = [one.name for one in session.get_outputs()]
        self._outputs = served["outputs"] or names[:2]
        self._has_two_decisions = served["scores_method"] == "decision_function" and [
            len(places) for places in self._places
        ] == [2]

    def answer(self, rows: Sequence[Sequence[Any]]) -> Any:
        """The graph's output with the label or value."""
        return self._run(self._outputs[:1], rows)[0]

    def score(self, rows: Sequence[Sequence[Any]], method: str) -> list[list[float]] | None:
        """The graph's scores; for two classes, the decision value of the second class.

        Converters differ in which of the two values they negate, so the label decides.
        """
        if len(self._outputs) < 2 or self.served["scores_method"] != method:
            return None
        labels, scores = self._run(self._outputs, rows)
        if isinstance(scores, list) and isinstance(scores[0], dict):  # ZipMap's dictionary a row
            scores = np.array([[row[name] for name in self._places[0]] for row in scores])
        if getattr(scores, "ndim", 0) == 3:  # (n_outputs, n_rows, n_classes)
            scores = list(scores)
        listed = as_lists(scores)
        if self._has_two_decisions and len(listed[0]) == 2:
            places = self._listed(labels, len(rows))
            return [[max(row) if place else min(row)] for row, (place,) in zip(listed, places)]
        return listed

    def _run(self, outputs: list[str], rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Outputs of the graph for rows; a graph for one row at a time gets them one by one."""
        if len(rows) == 1 or not self._takes_one_row:
            return self._session.run(outputs, self._feed(rows))  # type: ignore[no-any-return]
        parts = [self._session.run(outputs, self._feed([row])) for row in rows]
        return [
            [one[0] for one in part] if isinstance(part[0], list) else np.concatenate(part)
            for part in zip(*parts)
        ]

    def _feed(self, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Rows as the graph's inputs.

        Raises:
            RowRefusedError: a number is beyond what the model takes.
        """
        fed, place = {}, 0
        for one, width in zip(self._inputs, self._widths):
            values = [row[place : place + width] for row in rows]
            table = _texts(values) if one.type not in _TYPES else self._numbers(values, place, one)
            fed[one.name] = table[:, 0] if len(one.shape) == 1 else table
            place += width
        return fed

    def _numbers(self, values: Sequence[Sequence[Any]], place: int, one: Any) -> Any:
        """Numbers as an input's type; `place` is the index of their first feature."""
        table, number_type = np.array(values, dtype=np.float64), _TYPES[one.type]
        if self.served["number_type"] == "float32":
            for row, column in np.argwhere(beyond(table)).tolist():
                raise RowRefusedError(row, place + column, self.BEYOND)
        if number_type in (np.float64, np.float32):
            return table.astype(number_type)
        with np.errstate(invalid="ignore"):
            cast: Any = table.astype(number_type)
        for row, column in np.argwhere((cast != table) | (abs(table) > _LARGEST_WHOLE)).tolist():
            raise RowRefusedError(row, place + column, self.OTHER)
        return cast


def _width(shape: Sequence[Any], n_features: int) -> int:
    """The number of features that an input of this shape takes; all if it does not say."""
    if len(shape) == 1:
        return 1
    return shape[1] if isinstance(shape[1], int) else n_features


def _texts(values: Sequence[Sequence[Any]]) -> Any:
    return np.array(
        [[one if isinstance(one, str) else _MISSING_TEXT for one in row] for row in values],
        dtype=object,
    )
