"""What the stages hand to each other: frozen values, each made in one room and read in the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from poner.signature import JsonScalar, Kind, Signature

FloatArray = NDArray[np.float64]
"""Rows or scores: float64, one row a sample."""


def is_missing(value: object) -> bool:
    """Whether a value stands for nothing: None, NaN, or pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
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

    @property
    def categories(self) -> list[int]:
        """Indices of the columns that hold category codes."""
        return [column for column, kind in enumerate(self.kinds) if kind == "category"]


@dataclass(frozen=True)
class FittedObject:
    """One Python object of a fitted model, taken apart into plain data."""

    type_name: str
    """Module and class, such as `sklearn.tree._classes.DecisionTreeRegressor`."""
    attributes: Mapping[str, FittedValue]
    """Its state by attribute name; empty for types that carry nothing a prediction needs."""


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
    """The fitted model itself, to be asked what it answers."""

    def answer(self, method: str, rows: Table, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods, or of an estimator within it.

        Args:
            method: `predict`, `predict_proba`, `decision_function`, or scikit-learn's
                `_raw_predict` and `_raw_predict_init` of the boosting models.
            rows: NaN and infinities are passed on.
            place: attributes and indices that lead to the estimator within, such as
                `("steps", 1, 1)`; empty for the model itself.

        Returns:
            What the method returned, as an array of numbers, booleans or strings; of several
            outputs' probabilities, their columns side by side.

        Raises:
            ModelUnreadableError: the model has no such method, or it raised.
        """
        ...


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from."""

    file_name: str
    """Name of the model file; empty for an estimator in memory."""
    sha256: str
    """Hash of the model file; empty for an estimator in memory."""
    sklearn_version: str
    """The scikit-learn that fitted the model, and under which it was asked."""
    numpy_version: str
    """The numpy under which the model was asked."""
    python_version: str
    """The Python under which the model was asked."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Scores the user recorded with `poner.save(..., metrics=...)`."""


@dataclass(frozen=True)
class ModelFile:
    """A model as the engines ship and convert it: never the bytes that the user gave."""

    name: str
    """Name of the file that it was read from, such as `clf.sav`."""
    write: Callable[[], bytes]
    """Writes the model anew; works as long as its oracle does."""
    libraries: Mapping[str, str]
    """Versions by package, such as `{"scikit-learn": "1.2.1"}`: what the model was made with, and
    where nobody wrote that down, what it was asked with."""
    modules: Mapping[str, bytes] = field(default_factory=dict)
    """The user's own modules that it needs, by path, such as `features.py`."""

    @cached_property
    def content(self) -> bytes:
        """A plain pickle of the model that was checked and asked, in poner's canonical form.

        Raises:
            ModelUnreadableError: the model holds what is not written anew.
            ModelRefusedError: the process that read it wrote something else.
        """
        return self.write()


@dataclass(frozen=True)
class TrainedModel:
    """A fitted estimator as data, with the living model to compare with."""

    estimator: FittedObject
    """The fitted state."""
    signature: Signature
    """What goes in and what comes out."""
    provenance: Provenance
    """Where it comes from."""
    oracle: Oracle
    """The model itself; usable as long as the loader keeps it open."""
    training_rows: Table
    """Rows of the training data; no rows if none were kept."""
    none_of: tuple[int, ...] = ()
    """Features whose missing values are None to the model, NaN in all others; its oracle takes
    NaN for either."""
    file: ModelFile | None = None
    """The model as engines ship it; None for an estimator in memory."""


@dataclass(frozen=True)
class OutputParity:
    """How one output of the compiled model compares with the model's own."""

    output: str
    """`decision_function`, `predict_proba` or `predict`."""
    rows_tried: int
    """Rows on which both were asked."""
    rows_equal: int
    """Rows on which they answered the same bits."""
    largest_difference: float
    """Largest absolute difference; 0 where all are equal."""
    tolerance: float = 0.0
    """What answers may differ by, relative; 0 where every bit must be equal."""


@dataclass(frozen=True)
class ParityReport:
    """What was compared before the compiled model was let go."""

    rows_tried: int
    """Rows on which the model and its compiled form were both asked."""
    rows_equal: int
    """Rows on which the raw scores agree, to the bit where scikit-learn's own are one fixed sum,
    and the predictions are the same."""
    largest_difference: float
    """Largest absolute difference of a raw score."""
    rows_by_kind: Mapping[str, int]
    """How many rows of each kind: training, points, thresholds, drawn, missing, infinite, unknown
    and typical."""
    outputs: tuple[OutputParity, ...]
    """The comparison output by output, the raw scores first."""
    rows_refused: int = 0
    """Rows that both refused."""
    rows_tied: int = 0
    """Rows among the equal ones that were answered otherwise, where a tie lets rounding decide."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ParityReport:
        """Read what `dataclasses.asdict` made."""
        outputs = tuple(OutputParity(**output) for output in values["outputs"])
        return cls(**{**values, "outputs": outputs})


@dataclass(frozen=True)
class ParityEvidence:
    """The rows of the parity proof with the answers that were proved, to be tried again."""

    rows: FloatArray
    """(n_rows, n_features) float64, with category codes by the model's vocabulary."""
    raw_output: int
    """Number of the compiled output that holds the raw scores."""
    raw: FloatArray
    """(n_rows, width) float64: the compiled model's raw scores."""
    predictions: FloatArray
    """(n_rows, n_outputs) float64: index of the class, or the regressor's value."""
    sha256: str
    """Hash of the model file whose answers these are, in hexadecimal."""


@dataclass(frozen=True)
class Examples:
    """Rows with the model's own answers: what an engine that ships the model must answer too."""

    signature: Signature
    """What goes in, with what the model was seen to take, and what comes out."""
    rows: Table
    """The rows, with the texts behind their category codes."""
    rows_by_kind: Mapping[str, int]
    """How many rows of each kind, in their order: training, thresholds, drawn, missing, and last
    the typical row, where one is known."""
    predictions: FloatArray
    """(n_rows, n_outputs) float64: index of the class, or the regressor's value."""
    scores_method: str | None
    """`predict_proba` or `decision_function`, whichever the model has first; None for neither."""
    scores: FloatArray
    """(n_rows, width) float64: what that method answers, or a regressor's values."""
    number_type: Literal["float64", "float32"]
    """`float32` where the model refuses numbers beyond it, else `float64`."""
    none_of: tuple[int, ...]
    """Features whose missing values are None to the model; NaN in all others."""
    typical: tuple[JsonScalar | None, ...] | None
    """A row made of medians that the model answers; None where none is known."""
    refused: tuple[tuple[JsonScalar | None, ...], ...] = ()
    """The typical row with one text that the model refuses, for each feature of which it does."""
    asked_alone: bool = False
    """Whether each row was asked alone, as the model answers otherwise for rows together."""

    @property
    def typical_place(self) -> int | None:
        """Place of the typical row among `rows`; None where it is not there."""
        return len(self.rows) - 1 if self.rows_by_kind.get("typical") else None


@dataclass(frozen=True)
class OnnxGraph:
    """A model converted to ONNX; not yet compared with it."""

    content: bytes
    """The graph, as onnxruntime reads it."""
    number_type: Literal["float64", "float32"]
    """The fewest digits that it computes with."""
    converter: str
    """Name and version of what converted it, such as `skl2onnx 1.20.0`."""
