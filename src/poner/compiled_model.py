"""A compiled model: its file's bytes, and the estimator's own methods over the kernel."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import Examples, FloatArray, ParityReport, Provenance
from poner.errors import (
    InputError,
    KernelError,
    NotSupportedError,
    SignatureError,
    StorageError,
)
from poner.served_model import ServedModel, read_section
from poner.signature import Signature, category_places
from poner.storage import disk_faults, write_file
from poner.table import PLAIN_NUMBERS, CategoryCodes, is_sparse, read_table, split_sparse
from poner_runtime import _kernel
from poner_runtime.model import Model

MAGIC = b"\x89PONER\r\n"
"""The first bytes of a compiled model."""

OUTPUTS = {
    "raw": _kernel.RAW,
    "decision_function": _kernel.DECISION_FUNCTION,
    "predict_proba": _kernel.PREDICT_PROBA,
    "predict": _kernel.PREDICT,
}
"""The number of each output in the model's file."""

_FEWEST_ROWS_A_THREAD = 64
"""The least rows for a thread: with fewer, starting it takes longer than it saves."""


@dataclass(frozen=True)
class CompiledModel:
    """A model as tables for the kernel, proved equal to the fitted model."""

    content: bytes
    """The bytes of its file (docs/model_format.md)."""
    served: ServedModel
    """The facts about the model that a function needs."""
    provenance: Provenance
    """The origin of the fitted model."""
    parity: ParityReport | None = None
    """The proof's report; None for a model read from a file, which holds no report."""
    evidence: Examples | None = None
    """The compared rows with its own answers; None for a model read from a file."""
    opened: Model | None = field(default=None, repr=False, compare=False)
    """The kernel's view of `content`, if it is already open."""

    def save(self, path: str | Path) -> Path:
        """Write the model file, whole or not at all; returns its path.

        Raises:
            StorageError: it cannot be written, or a file of another kind is there.
        """
        target = Path(path)
        with disk_faults(target, "Free some space, or name another place."):
            if target.is_file() and not _starts_like_ours(target):
                raise StorageError(
                    f"{target} is not a compiled model, so it is not replaced.",
                    "Name another place, or move that file elsewhere.",
                )
            write_file(target, self.content)
        return target

    def predict(self, X: Any, *, threads: int = 1) -> NDArray[Any]:
        """The predicted class or value of each row: (n_rows,), or (n_rows, n_outputs).

        Args:
            X: (n_rows, n_features) array, also masked or sparse; a DataFrame of pandas or polars;
                lists, dicts by feature name, or an iterator of these. None, NaN and masks stand
                for missing values. Numbers of every dtype are answered as the float64 numbers that
                they are equal to: rows in float32 as in float64.
            threads: number of threads that share the rows; the answer does not depend on it.

        Raises:
            InputError: the rows do not fit the signature, or hold what the model refuses.
        """
        values = self._ask(_kernel.PREDICT, X, threads)
        if self._class_arrays is None:
            return values[:, 0] if values.shape[1] == 1 else values
        columns = [
            names[values[:, output].astype(np.intp)]
            for output, names in enumerate(self._class_arrays)
        ]
        return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)

    def predict_proba(self, X: Any, *, threads: int = 1) -> FloatArray | list[FloatArray]:
        """Probability of each class: (n_rows, n_classes) float64, in the classes' order.

        A model of several outputs returns a list of such arrays.

        Args:
            X: as for `predict`.
            threads: as for `predict`.

        Raises:
            NotSupportedError: the model has no probabilities.
            InputError: as for `predict`.
        """
        values = self._ask(_kernel.PREDICT_PROBA, X, threads)
        classes = self._class_arrays or ()
        if len(classes) < 2 or sum(map(len, classes)) != values.shape[1]:
            return values
        ends = np.cumsum([len(names) for names in classes])
        return np.split(values, ends[:-1], axis=1)

    def decision_function(self, X: Any, *, threads: int = 1) -> FloatArray:
        """Raw scores: (n_rows,) for two classes, else one column per class.

        Args:
            X: as for `predict`.
            threads: as for `predict`.

        Raises:
            NotSupportedError: the model has no decision function.
            InputError: as for `predict`.
        """
        scores = self._ask(_kernel.DECISION_FUNCTION, X, threads)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _ask(self, output: int, X: Any, threads: int) -> FloatArray:
        """One output for rows of any form, with a shortcut for one row and for float64 arrays."""
        if output in self._model.outputs:
            found = None
            if type(X) is dict:
                found = self._ask_one(output, X)
            elif type(X) is list and len(X) == 1:
                found = self._ask_one(output, X[0])
            if found is not None:
                return found
        if (
            type(X) is not np.ndarray
            or X.dtype != np.float64
            or X.ndim != 2
            or X.shape[1] != len(self.signature.features)
            or self._categories
        ):
            if is_sparse(X):
                return self._ask_sparse(output, X, threads)
            X = read_table(X, self.signature, self._codes).numbers
        return self.evaluate(output, X, threads)

    def _ask_sparse(self, output: int, X: Any, threads: int) -> FloatArray:
        """One output for the rows of a sparse matrix, of which few are dense at a time."""
        answers: list[FloatArray] = []
        for part in split_sparse(X):
            rows = read_table(part, self.signature, self._codes).numbers
            answers.append(self.evaluate(output, rows, threads, first=sum(map(len, answers))))
        return np.concatenate(answers)

    def _ask_one(self, output: int, row: Any) -> FloatArray | None:
        """One output, (1, width), for a list, tuple or dict; None for anything out of the ordinary.

        This shortcut exists because making arrays takes longer than most models.
        """
        if type(row) not in (list, tuple, dict) or len(row) != len(self.signature.features):
            return None
        try:
            values = list(row) if type(row) is not dict else [row[name] for name in self._names]
            for place in self._categories:
                if type(values[place]) is not str:
                    return None
                values[place] = self._codes[values[place]]
            if not PLAIN_NUMBERS.issuperset(map(type, values)):
                return None
            found = _kernel.evaluate_row(self._model.tables, output, tuple(values))
        except (
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
        ):  # another name, no number, or it is refused
            return None
        return np.array([found], ndmin=2)

    @property
    def signature(self) -> Signature:
        """What goes in and what comes out."""
        return self.served.signature

    @property
    def vocabulary(self) -> Sequence[str]:
        """The texts behind the category codes in the kernel's rows."""
        return self.served.vocabulary

    @functools.cached_property
    def _codes(self) -> CategoryCodes:
        return CategoryCodes(self.vocabulary)

    @functools.cached_property
    def _names(self) -> tuple[str, ...]:
        return self.signature.wire_names

    @functools.cached_property
    def _categories(self) -> list[int]:
        return category_places(self.signature.kinds)

    @functools.cached_property
    def _class_arrays(self) -> list[NDArray[Any]] | None:
        """The classes of each output; all of one type, so that they fit in one array."""
        classes = self.signature.output_classes
        if classes is None:
            return None
        arrays = [np.asarray(names) for names in classes]
        mixed = len({array.dtype.kind for array in arrays}) > 1
        return [array.astype(object) for array in arrays] if mixed else arrays

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs that the model has."""
        return tuple(name for name, number in OUTPUTS.items() if number in self._model.outputs)

    def evaluate(
        self, output: int, rows: FloatArray, threads: int = 1, *, first: int = 0
    ) -> FloatArray:
        """One output by its number: (n_rows, n_features) in, (n_rows, width) out, float64.

        Args:
            output: its number in `OUTPUTS`.
            rows: codes and numbers; NaN where a value is missing.
            threads: rows are split among so many.
            first: how many rows the caller has evaluated before these, for messages.

        Raises:
            NotSupportedError: the model has no such output.
            InputError: the model refuses a row; the message names the first.
        """
        if output not in self._model.outputs:
            raise NotSupportedError(
                "The model has no such output: its estimator has no such method, or a method whose "
                "answer for a row depends on other rows.",
                "Ask for one that the estimator has.",
                step="",
            )
        if rows.dtype != np.float64 or not (rows.flags.c_contiguous and rows.flags.aligned):
            rows = np.require(rows, np.float64, ["C", "ALIGNED"])
        parts = min(threads, len(rows) // _FEWEST_ROWS_A_THREAD)
        if parts < 2:
            return self._evaluate_part(output, rows, first)
        ends = [len(rows) * part // parts for part in range(parts + 1)]
        with ThreadPoolExecutor(parts) as pool:  # the kernel releases the interpreter's lock
            futures = [
                pool.submit(self._evaluate_part, output, rows[start:end], first + start)
                for start, end in itertools.pairwise(ends)
            ]
            return np.concatenate([future.result() for future in futures])

    def _evaluate_part(self, output: int, rows: FloatArray, start: int) -> FloatArray:
        """Some of the rows, beginning with row `start`."""
        try:
            result = _kernel.evaluate(self._model.tables, output, rows)
        except _kernel.RefusedError as error:
            row, column, reason = self._first_refusal(output, rows, error)
            raise self._refusal(start + row, column, reason) from error
        return np.frombuffer(result).reshape(-1, self._model.outputs[output])

    def _first_refusal(
        self, output: int, rows: FloatArray, found: _kernel.RefusedError
    ) -> tuple[int, int, int]:
        """Row, column and reason of the first refused row.

        The kernel goes through a block of rows step by step: an earlier row may fail a later step.
        """
        while found.args[0]:
            try:
                _kernel.evaluate(self._model.tables, output, rows[: found.args[0]])
            except _kernel.RefusedError as error:
                found = error
            else:
                break
        return found.args

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
                return InputError(
                    f"Row {row + 1} has a value {name}that the model refuses.",
                    f"Give a finite number within {self.served.number_type}.",
                )

    def refusals(self, rows: FloatArray) -> NDArray[np.bool_]:
        """(n_rows,) whether `predict` refuses a row of (n_rows, n_features) float64."""
        refused = np.zeros(len(rows), bool)
        rows = np.require(rows, np.float64, ["C", "ALIGNED"])
        waiting = [(start, min(start + 256, len(rows))) for start in range(0, len(rows), 256)]
        while waiting:
            start, end = waiting.pop()
            if start == end:
                continue
            try:
                _kernel.evaluate(self._model.tables, _kernel.PREDICT, rows[start:end])
            except _kernel.RefusedError as error:  # not the first: another step may refuse that
                place = start + error.args[0]
                refused[place] = True
                waiting += [(start, place), (place + 1, end)]
        return refused

    @functools.cached_property
    def _model(self) -> Model:
        return self.opened or open_tables(self.content)


def _starts_like_ours(path: Path) -> bool:
    """Whether a file is empty, or begins as a compiled model does."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) in (MAGIC, b"")


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


def load(path: str | Path) -> CompiledModel:
    """Read a compiled model.

    Args:
        path: a file that `CompiledModel.save` wrote, or the model.poner of a Bundle.

    Returns:
        The model. Its `parity` is None: the manifest of a Bundle has the report of the proof.

    Raises:
        KernelError: the file is missing or damaged, or an older version of poner wrote it.

    Example:
        >>> poner.load("model.poner").predict(X[:3])
        array([0, 1, 0])
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise KernelError(
            f"The compiled model {path} cannot be read: {error.strerror}.",
            "Give the path of a file that compiled.save or `poner build` wrote.",
        ) from error
    model = open_tables(content)
    try:
        served, provenance = read_section(content)
    except (ValueError, TypeError, RecursionError, SignatureError) as error:
        raise KernelError(
            f"The compiled model {path} has no description of its features.",
            "Make it anew with `poner build`.",
        ) from error
    return CompiledModel(content, served, provenance, opened=model)
