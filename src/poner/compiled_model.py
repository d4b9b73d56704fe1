"""A compiled model: its file's bytes, and the estimator's own methods over the kernel."""

from __future__ import annotations

import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import (
    Feature,
    FloatArray,
    ParityEvidence,
    ParityReport,
    Provenance,
    Signature,
)
from poner.errors import InputError, KernelError, NotSupportedError
from poner.rows import as_matrix
from poner_runtime import _kernel
from poner_runtime.model import Model


@dataclass(frozen=True)
class CompiledModel:
    """A model as tables for the kernel, proved equal to the one it came from."""

    content: bytes
    """The bytes of its file (docs/model_format.md)."""
    signature: Signature
    """What goes in and what comes out."""
    provenance: Provenance
    """Where the model it was compiled from comes from."""
    parity: ParityReport | None = None
    """What was compared; None until it has been."""
    evidence: ParityEvidence | None = None
    """The compared rows with the model's own answers; None for a model read from a file."""

    def save(self, path: str | Path) -> Path:
        """Write the model file, whole or not at all; returns its path."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.content)
            Path(scratch).chmod(0o644)
            Path(scratch).replace(target)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
        return target

    def predict(self, X: Any) -> NDArray[Any]:
        """The predicted class or value of each row: (n_rows,).

        Args:
            X: (n_rows, n_features) array, lists, dicts by feature name, or a DataFrame.

        Raises:
            InputError: the rows do not fit the signature, or hold what the model refuses.
        """
        values = self._ask(_kernel.PREDICT, X)
        classes = self.signature.output_classes
        if classes is None:
            return values[:, 0] if values.shape[1] == 1 else values
        columns = [
            np.asarray(names)[values[:, output].astype(np.intp)]
            for output, names in enumerate(classes)
        ]
        return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)

    def predict_proba(self, X: Any) -> FloatArray | list[FloatArray]:
        """Probability of each class: (n_rows, n_classes) float64, in the classes' order.

        Of several outputs, a list of such arrays; or one array with a column an output, where the
        estimator gives that.

        Raises:
            NotSupportedError: the model has no probabilities.
            InputError: as for `predict`.
        """
        values = self._ask(_kernel.PREDICT_PROBA, X)
        classes = self.signature.output_classes or ()
        ends = np.cumsum([len(names) for names in classes])
        if len(classes) < 2 or values.shape[1] != ends[-1]:
            return values
        return np.split(values, ends[:-1], axis=1)

    def decision_function(self, X: Any) -> FloatArray:
        """Raw scores: (n_rows,) for two classes, else a column each.

        Raises:
            NotSupportedError: the model has no decision function.
            InputError: as for `predict`.
        """
        scores = self._ask(_kernel.DECISION_FUNCTION, X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _ask(self, output: int, X: Any) -> FloatArray:
        return self.evaluate(output, as_matrix(X, self.signature, self._strings))

    @property
    def _strings(self) -> list[str]:
        return list(self._model.metadata["strings"])

    def evaluate(self, output: int, rows: FloatArray) -> FloatArray:
        """One output by its number: (n_rows, n_features) in, (n_rows, width) out, float64."""
        if output not in self._model.outputs:
            raise NotSupportedError(
                "The model has no such output: its estimator offers no method of that name.",
                "Ask for one that the estimator has.",
                step="",
            )
        try:
            result = self._model.evaluate(output, np.ascontiguousarray(rows).tobytes())
        except _kernel.RefusedError as error:
            raise self._refusal(*error.args) from error
        return np.frombuffer(result).reshape(-1, self._model.outputs[output])

    def _refusal(self, row: int, column: int, reason: int) -> InputError:
        name = f"for {self.signature.wire_names[column]!r} " if column >= 0 else ""
        match reason:
            case _kernel.MISSING:
                return InputError(
                    f"Row {row + 1} has a missing value {name}that the model does not take.",
                    "Give a number.",
                )
            case _kernel.UNKNOWN:
                return InputError(
                    f"Row {row + 1} has a category {name}that the model does not know.",
                    "Give one that was there in training.",
                )
            case _:
                kind = self._model.metadata["number_type"]
                return InputError(
                    f"Row {row + 1} has a value {name}that the model refuses.",
                    f"Give a finite number within {kind}.",
                )

    def refusals(self, rows: FloatArray) -> NDArray[np.bool_]:
        """(n_rows,) whether `predict` refuses a row of (n_rows, n_features) float64."""
        refused = np.zeros(len(rows), bool)
        waiting = [(start, min(start + 256, len(rows))) for start in range(0, len(rows), 256)]
        while waiting:
            start, end = waiting.pop()
            if start == end:
                continue
            try:
                self._model.evaluate(
                    _kernel.PREDICT, np.ascontiguousarray(rows[start:end]).tobytes()
                )
            except _kernel.RefusedError as error:  # not the first: another step may refuse that
                place = start + error.args[0]
                refused[place] = True
                waiting += [(start, place), (place + 1, end)]
        return refused

    @functools.cached_property
    def _model(self) -> Model:
        return open_tables(self.content)


def open_tables(content: bytes) -> Model:
    """The kernel's model of a file's bytes.

    Raises:
        KernelError: the bytes are no compiled model, or a damaged one.
    """
    try:
        return Model(content)
    except ValueError as error:
        raise KernelError(
            f"The compiled model cannot be read: {error}.",
            "Make it anew with `poner build`.",
        ) from error


def _as_tuples(value: Any) -> Any:
    """JSON's lists as the tuples of artifacts."""
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def load_model(path: str | Path) -> CompiledModel:
    """Read a file that `CompiledModel.save` wrote, or the model.poner of a Bundle.

    Raises:
        KernelError: the file is missing or damaged.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise KernelError(
            f"The compiled model {path} cannot be read: {error.strerror}.",
            "Give the path of a file that compiled.save or `poner build` wrote.",
        ) from error
    metadata = open_tables(content).metadata
    features = tuple(Feature(**feature) for feature in metadata["features"])
    classes, labels = metadata["classes"], metadata["labels"]
    signature = Signature(
        features=features,
        classes=_as_tuples(classes),
        labels=None if labels is None else tuple(labels),
        target=metadata["target"],
    )
    parity = metadata["parity"] and ParityReport.from_dict(metadata["parity"])
    return CompiledModel(content, signature, Provenance(**metadata["provenance"]), parity)
