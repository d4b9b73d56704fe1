"""An ONNX graph as a model: its inputs are features, its outputs an answer and scores.

onnxruntime runs the graph in the confined child. The package onnx reads it first, since a graph may
name other files for its numbers, and since the classes are attributes of its nodes.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

from ..safe_pickle.faults import FileUnreadableError
from .graph_inputs import CONVERT_AGAIN, TEXT, as_numbers, as_texts, input_of, refusal
from .graph_nodes import Nodes, check_self_contained

LABELS = ("tensor(int64)", "tensor(int32)", TEXT)
"""Types of an output that names a class."""

PROBABILITY_ERROR = 1e-3
"""How far the probabilities of a row may be from adding up to 1."""


class Graph:
    """A graph that onnxruntime has opened."""

    def __init__(self, content: bytes, n_features: int | None) -> None:
        """Open a graph.

        Args:
            content: the file's content.
            n_features: number of features, for a graph that does not record it; else None.

        Raises:
            FileUnreadableError: the graph needs other files, or is not a model of rows of features.
        """
        import onnx
        import onnxruntime

        try:
            model = onnx.load_from_string(content)
        except Exception as error:  # protobuf's own class depends on its version
            raise FileUnreadableError(
                "The file is damaged, or is not an ONNX graph.", "Convert the model again."
            ) from error
        check_self_contained(model)
        wanted = onnxruntime.SessionOptions()
        wanted.intra_op_num_threads = wanted.inter_op_num_threads = 1  # the child starts no thread
        wanted.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(
                content, wanted, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises a class for each kind of fault
            raise FileUnreadableError(
                f"onnxruntime {onnxruntime.__version__} does not open the graph: {_reason(error)}",
                "Convert the model again for an operator set that this onnxruntime has.",
            ) from error
        self.inputs = [input_of(one, n_features) for one in self.session.get_inputs()]
        self.is_asked_alone = any(_batch(one) == 1 for one in self.session.get_inputs())
        self.has_probabilities: bool | None = None
        """Whether the scores are probabilities; None before they are asked for."""
        self.versions = {"ir": model.ir_version}
        for own in model.opset_import:
            self.versions["" if own.domain == "ai.onnx" else own.domain] = own.version
        nodes = Nodes(model)
        self._choose_outputs(nodes)
        self.known_texts = nodes.texts_of(self._columns())

    def _columns(self) -> dict[str, list[int]]:
        """The features of each input of texts, by their indices."""
        columns, place = {}, 0
        for own in self.inputs:
            if own.type == TEXT:
                columns[own.name] = list(range(place, place + own.width))
            place += own.width
        return columns

    def _choose_outputs(self, nodes: Nodes) -> None:
        """The answer is the output of labels, or else the first; the scores are another output."""
        found = self.session.get_outputs()
        labels = [one for one in found if one.type in LABELS]
        answer = (labels or found)[0]
        if not labels and answer.type not in ("tensor(float)", "tensor(double)"):
            raise FileUnreadableError(
                f"The graph's output {answer.name!r} is a {answer.type}, not a number or a class.",
                CONVERT_AGAIN,
            )
        if labels and (_width(answer) or 1) > 1:
            raise FileUnreadableError(
                f"The graph's output {answer.name!r} names several classes at once.",
                "Convert a model with one output for each target.",
            )
        others = [one for one in found if one is not answer and one.type not in LABELS]
        scores = others[:1] if labels else []
        self.outputs = [answer.name, *(one.name for one in scores)]
        self.ignored = [one.name for one in found if one.name not in self.outputs]
        self.is_classifier = bool(labels)
        self.classes = nodes.classes_of(answer.name) if labels else None
        width = _width(scores[0]) if scores and answer.type != TEXT else None
        if self.classes is None and width is not None and width > 1:
            self.classes = list(range(width))  # labels that count the columns of the scores

    def facts(self) -> dict[str, Any]:
        """The facts about the graph, as plain JSON values."""
        names: list[str] = []
        for own in self.inputs:
            several = [f"{own.name}{place}" for place in range(own.width)]
            names += [own.name] if own.width == 1 else several
        alone = len(self.inputs) == 1 and len(names) > 1
        kinds = [own.type for own in self.inputs for _ in range(own.width)]
        return {
            "n_features": len(names),
            "feature_names": None if alone else names,
            "texts": [place for place, kind in enumerate(kinds) if kind == TEXT],
            "known_texts": sorted(self.known_texts.items()),
            "whole": [place for place, kind in enumerate(kinds) if "int" in kind or "bool" in kind],
            "binary": [place for place, kind in enumerate(kinds) if "bool" in kind],
            "is_classifier": self.is_classifier,
            "classes": self.classes,
            "number_type": "float32" if "tensor(float)" in kinds else "float64",
            "outputs": self.outputs,
            "ignored": self.ignored,
            "versions": self.versions,
            "python_version": platform.python_version(),
            "numpy_version": _numpy_version(),
        }

    def answer(self, method: str, rows: Any, vocabulary: Sequence[str]) -> Any:
        """The graph's answer to rows.

        Args:
            method: `predict` or `predict_proba`.
            rows: (n_rows, n_features) float64, with category codes for texts.
            vocabulary: the texts behind the codes.

        Returns:
            (n_rows, width) numbers, or (n_rows, 1) classes.

        Raises:
            FileUnreadableError: the graph refuses a row, or has no such output.
        """
        import numpy as np

        if method not in ("predict", "predict_proba") or (
            method == "predict_proba" and len(self.outputs) < 2
        ):
            raise FileUnreadableError(f"The graph has no {method}.", "Ask for another method.")
        asks_scores = method == "predict_proba"
        parts = [rows[place : place + 1] for place in range(len(rows))]
        answered = [
            self._run(part, vocabulary) for part in (parts if self.is_asked_alone else [rows])
        ]
        answers, *scores = map(np.concatenate, zip(*answered))
        if any(
            values.dtype.kind == "f" and np.isnan(values).any() for values in (answers, *scores)
        ):
            raise refusal("gives answers that are not numbers")
        if asks_scores:
            self._check_probabilities(scores[0])
        return scores[0] if asks_scores else answers

    def _run(self, rows: Any, vocabulary: Sequence[str]) -> list[Any]:
        """The outputs for rows, each (n_rows, width)."""
        fed, place = {}, 0
        for own in self.inputs:
            columns = rows[:, place : place + own.width]
            value = (
                as_texts(columns, vocabulary) if own.type == TEXT else as_numbers(columns, own.type)
            )
            fed[own.name] = value[:, 0] if own.is_flat else value
            place += own.width
        try:
            answered = self.session.run(self.outputs, fed)
        except Exception as error:  # onnxruntime raises a class for each kind of fault
            raise refusal(f"raised {_reason(error)}") from error
        return [self._as_columns(values, len(rows)) for values in answered]

    def _as_columns(self, answered: Any, n_rows: int) -> Any:
        import numpy as np

        if isinstance(answered, list):  # ZipMap: a dictionary for each row
            answered = [[row[key] for key in self.classes or ()] for row in answered]
        values = np.asarray(answered)
        if values.dtype.hasobject:
            values = np.array(values.tolist(), dtype=str)
        if values.size % max(n_rows, 1) or (values.ndim and len(values) != n_rows):
            raise refusal("gives another number of answers than rows")
        return values.reshape(n_rows, -1)

    def _check_probabilities(self, scores: Any) -> None:
        """Decide once whether the scores are probabilities: not negative, with a sum of 1.

        Raises:
            FileUnreadableError: the scores are something else.
        """
        import numpy as np

        if self.has_probabilities is None:
            sums = np.abs(scores.sum(axis=1) - 1.0)
            self.has_probabilities = bool((scores >= 0).all() and (sums < PROBABILITY_ERROR).all())
        if not self.has_probabilities:
            raise FileUnreadableError(
                "The graph's scores are not probabilities.", "Ask for another method."
            )


def _batch(one: Any) -> int | None:
    return one.shape[0] if one.shape and isinstance(one.shape[0], int) else None


def _width(output: Any) -> int | None:
    """Number of columns of an output; None if the graph does not record it."""
    shape = output.shape or []
    return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300].rstrip(".")


def _numpy_version() -> str:
    import numpy

    return numpy.__version__
