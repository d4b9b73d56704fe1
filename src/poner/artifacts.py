"""The frozen values that stages pass on, each made by one stage and read by the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from poner.signature import JsonScalar, Kind, Signature, category_places

FloatArray = NDArray[np.float64]
"""Rows or scores: float64, one row per sample."""


def is_missing(value: object) -> bool:
    """Whether a value means missing: None, NaN, pandas' NA or NaT, or numpy's masked."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    return isinstance(value, float | np.floating) and value != value


@dataclass(frozen=True, eq=False)
class Table:
    """Rows in the order of the model's features; the room `table` makes and reads them."""

    numbers: FloatArray
    """(n_rows, n_columns) float64: numbers, and category codes; NaN where a value is missing."""
    kinds: tuple[Kind, ...]
    """The kind of each column."""
    vocabulary: Sequence[str] = ()
    """The texts behind the category codes: code c stands for `vocabulary[c]`."""

    @classmethod
    def of_numbers(cls, matrix: FloatArray) -> Table:
        """A table without texts, which shares the matrix."""
        return cls(matrix, ("number",) * matrix.shape[1])

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.numbers)

    def take(self, rows: slice | NDArray[Any]) -> Table:
        """Some of the rows: a slice, indices or a mask."""
        return replace(self, numbers=self.numbers[rows])

    @cached_property
    def categories(self) -> list[int]:
        """Indices of the columns that hold category codes."""
        return category_places(self.kinds)


@dataclass(frozen=True)
class FittedObject:
    """One Python object of a fitted model, taken apart into plain data."""

    type_name: str
    """Module and class, such as `sklearn.tree._classes.DecisionTreeRegressor`."""
    attributes: Mapping[str, FittedValue]
    """Its state by attribute name; empty for types that predictions do not need."""


FittedValue = (
    None
    | bool
    | int
    | float
    | str
    | NDArray[Any]
    | list["FittedValue"]
    | dict[str, "FittedValue"]
    | FittedObject
)
"""Plain data: tuples, sets and object arrays arrive as lists."""


class Oracle(Protocol):
    """The fitted model itself, which gives the reference answers."""

    def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods, or of an estimator within it.

        Args:
            method: `predict`, `predict_proba`, `decision_function`, or scikit-learn's
                `_raw_predict` and `_raw_predict_init` of the boosting models.
            rows: NaN and infinities are passed on.
            place: attributes and indices that lead to the estimator within, such as
                `("steps", 1, 1)`; empty for the model itself.

        Returns:
            The method's result, as an array of numbers, booleans or strings; the columns of
            several outputs' probabilities stand side by side.

        Raises:
            ModelUnreadableError: the model has no such method, or it raised.
        """
        ...


@dataclass(frozen=True)
class Provenance:
    """The origin of a model."""

    file_name: str
    """Name of the model file; empty for an estimator in memory."""
    sha256: str
    """Hash of the model file; empty for an estimator in memory."""
    sklearn_version: str
    """The scikit-learn that fitted the model, and under which it was asked; empty for a graph."""
    numpy_version: str
    """The numpy under which the model was asked."""
    python_version: str
    """The Python under which the model was asked."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Scores the user recorded with `poner.save(..., metrics=...)`."""


@dataclass(frozen=True)
class ModelFile:
    """A model file for the engines that ship or convert it, written anew by poner."""

    name: str
    """Name of the file that it was read from, such as `clf.sav`."""
    write: Callable[[], bytes]
    """Writes the model anew; works as long as its oracle does."""
    libraries: Mapping[str, str]
    """Versions by package, such as `{"scikit-learn": "1.2.1"}`: those that made the model, or if
    that is not recorded, those under which it was asked."""
    modules: Mapping[str, bytes] = field(default_factory=dict)
    """The user's own modules that the model needs, by path, such as `features.py`."""
    frame_columns: tuple[str, ...] | None = None
    """Names of the training columns, if the model takes rows as DataFrames; None for arrays."""

    @cached_property
    def content(self) -> bytes:
        """A plain pickle of the model that was checked and asked, in poner's canonical form.

        Raises:
            ModelUnreadableError: the model holds an object that poner cannot write.
            ModelRefusedError: the process that read it wrote something else.
        """
        return self.write()


@dataclass(frozen=True)
class TrainedModel:
    """A fitted estimator as data, with the model itself to compare with."""

    estimator: FittedObject
    """The fitted state."""
    signature: Signature
    """The model's features, and its classes or target."""
    provenance: Provenance
    """The origin of the model."""
    oracle: Oracle
    """The model itself; usable as long as the loader keeps it open."""
    training_rows: Table
    """Rows of the training data; no rows if none were kept."""
    missing_as_none: tuple[int, ...] = ()
    """Features whose missing values are None to the model, NaN in all others; its oracle takes
    NaN for either."""
    file: ModelFile | None = None
    """The model as engines ship it; None for an estimator in memory, and for a graph."""
    graph: OnnxGraph | None = None
    """The model itself, where it is an ONNX graph; `estimator` then has no attributes."""


@dataclass(frozen=True)
class OutputParity:
    """The comparison of one output with the model's own; each row counts once."""

    output: str
    """`predict`, `predict_proba`, `decision_function`, or `raw`: a regressor before its link."""
    rows_tried: int
    """Number of compared rows."""
    rows_equal: int
    """Rows with the same bits."""
    rows_rounded: int
    """Rows with a difference within the tolerance."""
    rows_cancelled: int
    """Rows with a difference beyond it, where the terms of a sum cancel out."""
    rows_amplified: int
    """Rows with a difference beyond it, where the model's own answer moves as much when its
    inputs change in their last bits."""
    rows_tied: int
    """Rows with another answer, where the model's choice among equals is arbitrary."""
    largest_difference: float
    """Largest absolute difference of a number on a row without a tie."""
    largest_tied_difference: float
    """Largest absolute difference of a number on a row that is counted as tied."""
    tolerance: float
    """Relative to the number, or to the median size of the output where that is larger; 0 where
    the bits must be equal."""


@dataclass(frozen=True)
class ParityReport:
    """The result of the proof; each row counts once, by its worst output."""

    rows_tried: int
    """Number of compared rows."""
    rows_equal: int
    """Rows whose every output is equal, to the bit or within its tolerance."""
    rows_by_kind: Mapping[str, int]
    """How many rows of each kind: training, points, thresholds, drawn, missing, infinite, unknown
    and typical."""
    outputs: tuple[OutputParity, ...]
    """The comparison output by output."""
    rows_cancelled: int = 0
    """Further rows that differ where the terms of a sum cancel out."""
    rows_amplified: int = 0
    """Further rows that differ where the model itself amplifies the last bits of its inputs."""
    rows_tied: int = 0
    """Further rows that differ where the model's choice among equals is arbitrary."""
    tied_among: tuple[str, ...] = ()
    """What the model chooses among on the tied rows, such as `neighbours`."""
    share_tied: float = 0.0
    """Share of the training rows that are counted as tied, 0 to 1; of all rows if no training row
    was compared."""
    rows_refused: int = 0
    """Rows left out because the model refuses them."""
    asked_alone: bool = False
    """Whether each row was asked alone, because the model answers otherwise beside other rows."""
    refusals_compared: int = 0
    """Number of refused rows that were checked with both models."""
    outputs_absent: tuple[str, ...] = ()
    """Outputs of the model that the engine does not compute."""

    @property
    def largest_difference(self) -> float:
        """Largest absolute difference of a number on a row without a tie."""
        return max((output.largest_difference for output in self.outputs), default=0.0)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ParityReport:
        """Read what `dataclasses.asdict` made."""
        lists = ("tied_among", "outputs_absent")
        plain = {**values, **{name: tuple(values[name]) for name in lists}}
        return cls(**{**plain, "outputs": tuple(OutputParity(**one) for one in values["outputs"])})


@dataclass(frozen=True)
class Examples:
    """Rows with answers: a model's own, or those of a compiled model that were proved equal."""

    signature: Signature
    """The signature, with the special values that the model was seen to accept."""
    rows: Table
    """The rows, with the texts behind their category codes."""
    rows_by_kind: Mapping[str, int]
    """Number of rows of each kind, in order; the typical row, if known, is last."""
    answers: Mapping[str, FloatArray]
    """By output, (n_rows, width) float64 each: `predict` as the index of the class or as the
    value, and what else the model has of `raw`, `decision_function` and `predict_proba`."""
    number_type: Literal["float64", "float32"]
    """`float32` where the model refuses numbers beyond it, else `float64`."""
    missing_as_none: tuple[int, ...]
    """Features whose missing values are None to the model; NaN in all others."""
    typical: tuple[JsonScalar | None, ...] | None
    """A row of medians that the model answers; None if none is known."""
    refused: tuple[tuple[JsonScalar | None, ...], ...] = ()
    """The typical row with one text that the model refuses, for each feature of which it does."""
    asked_alone: bool = False
    """Whether each row was asked alone, because the model's answers depend on the other rows."""
    rows_refused: int = 0
    """Number of rows left out because the model refuses them."""
    refusals_compared: int = 0
    """Number of these that were checked with both the model and its compiled form."""
    sha256: str = ""
    """SHA-256 of the model file that gave the answers; empty for the model's own answers."""

    @property
    def typical_place(self) -> int | None:
        """Index of the typical row in `rows`; None if there is none."""
        return len(self.rows) - 1 if self.rows_by_kind.get("typical") else None

    @property
    def predictions(self) -> FloatArray:
        """(n_rows, n_outputs) the answers of `predict`."""
        return self.answers["predict"]

    @property
    def scores_method(self) -> str | None:
        """`predict_proba` if there is one, else `decision_function`, else None."""
        scores = ("predict_proba", "decision_function")
        return next((output for output in scores if output in self.answers), None)

    def thinned(self, most: int) -> Examples:
        """At most that many rows of each kind, evenly spread."""
        starts = np.cumsum([0, *self.rows_by_kind.values()])
        parts = [
            np.arange(start, start + count)[:: max(1, -(-count // most))]
            for start, count in zip(starts, self.rows_by_kind.values(), strict=False)
        ]
        kept = np.concatenate(parts)
        return replace(
            self,
            rows=self.rows.take(kept),
            rows_by_kind={kind: len(p) for kind, p in zip(self.rows_by_kind, parts, strict=True)},
            answers={output: answers[kept] for output, answers in self.answers.items()},
        )


@dataclass(frozen=True)
class OnnxGraph:
    """A model as an ONNX graph: converted and not yet compared, or as the user gave it."""

    content: bytes
    """The graph, as onnxruntime reads it."""
    number_type: Literal["float64", "float32"]
    """The least precise type that it computes with."""
    converter: str
    """Name and version of what converted it, such as `skl2onnx 1.20.0`; empty if the user did."""
    outputs: tuple[str, ...] = ()
    """Names of the outputs: the answer, then the scores if any; the first two if empty."""
    whole: frozenset[int] = frozenset()
    """Features that take whole numbers only."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """Version of the file format (`ir`), and of each operator set by its domain; empty if poner
    chose them so that every onnxruntime on Lambda reads the graph."""
