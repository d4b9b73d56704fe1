"""What the stages hand to each other: frozen values, each made in one room and read in the next."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from poner.errors import SignatureError
from poner.foreign_json import first_fault

FloatArray = NDArray[np.float64]
"""Rows or scores: float64, one row a sample."""

Rows = FloatArray | NDArray[np.object_]
"""Rows as a model takes them: float64, or where some features are texts, objects: floats, texts,
and None or `MISSING_TEXT`."""


class MissingText(float):
    """NaN that shows where it stands that its feature holds texts."""


MISSING_TEXT = MissingText("nan")
"""A text that is missing."""

JsonScalar = bool | int | float | str
"""A class as JSON can say it."""

PredictionValue = JsonScalar | list[JsonScalar]
"""What is predicted for a row as JSON says it: a class or a number, or of several outputs each."""

QUANTILE_STEPS = 20
"""A feature's quantiles are kept at 0, 1/20, ..., 1: 21 values."""

MOST_CATEGORIES = 1000
"""Texts of a feature that are kept in its signature."""


PACKAGE_NAME = re.compile(r"[a-z0-9]{1,40}(?:-[a-z0-9]{1,40}){0,5}")
"""A package's name as PEP 503 normalises it."""


def is_version(text: str) -> bool:
    """Whether a text is a version as PEP 440 normalises it: it may go into a requirement."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text)) == text
    except InvalidVersion:
        return False


def is_missing(value: object) -> bool:
    """Whether a value stands for nothing: None, NaN, or pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and value != value


def is_unicode(text: str) -> bool:
    """Whether a text has a form in UTF-8: half of a pair of surrogates has none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Feature:
    """One input of the model."""

    wire_name: str
    """The key in a request, such as `meanConcavePoints`."""
    column: str
    """The column it was trained on, such as `mean concave points`."""
    kind: Literal["number", "category"] = "number"
    """What the value is: a number, or a text."""
    missing: bool = False
    """Whether JSON null (NaN to the model) is an answerable value."""
    minimum: float | None = None
    """Smallest value seen in training, None if unknown."""
    maximum: float | None = None
    """Largest value seen in training, None if unknown."""
    quantiles: tuple[float, ...] = ()
    """Training quantiles at 0, 1/20, ..., 1; empty if unknown."""
    categories: tuple[str, ...] = ()
    """Texts seen in training, sorted, the first 1,000 of them; empty if unknown or a number."""


@dataclass(frozen=True)
class Signature:
    """What goes into the model and what comes out, in the model's own order."""

    features: tuple[Feature, ...]
    """The inputs, in the order of the model's columns."""
    classes: tuple[JsonScalar, ...] | tuple[tuple[JsonScalar, ...], ...] | None
    """A classifier's classes in the model's order; one tuple an output where there are several;
    None for a regressor."""
    labels: tuple[str, ...] | None = None
    """What each class means, in the order of `classes`, such as `malignant`."""
    target: str | None = None
    """Name of what is predicted, if known."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Scores the user recorded with `poner.save(..., metrics=...)`."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Versions that `poner.save` ran with, by package, such as `{"scikit-learn": "1.2.1"}`."""

    def __post_init__(self) -> None:
        """Refuse texts that neither JSON nor a request can hold.

        Raises:
            SignatureError: a text holds half a character; it is shown.
        """
        own: list[JsonScalar | None] = [*(self.labels or ()), self.target, *self.metrics]
        own += [name for names in self.output_classes or () for name in names]
        for feature in self.features:
            own += [feature.wire_name, feature.column, *feature.categories]
        for text in own:
            if isinstance(text, str) and not is_unicode(text):
                raise SignatureError(
                    f"The signature holds {text[:80]!r}, which is not Unicode.",
                    "Give features, classes and labels other names: no request can hold this one.",
                )

    @property
    def output_classes(self) -> tuple[tuple[JsonScalar, ...], ...] | None:
        """The classes of each output; None for a regressor."""
        if self.classes is None:
            return None
        several = tuple(names for names in self.classes if isinstance(names, tuple))
        return several or (tuple(name for name in self.classes if not isinstance(name, tuple)),)

    @property
    def wire_names(self) -> tuple[str, ...]:
        """The keys of a request, in the model's order."""
        return tuple(feature.wire_name for feature in self.features)

    def to_json(self) -> str:
        """Text of a signature.json of the first format, which names no model."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "signature.json") -> Signature:
        """Read what `to_json` wrote.

        Raises:
            SignatureError: the text does not describe a signature; `source` says where it stood.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            signature = TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            raise SignatureError(
                f"{source} does not describe a signature: {first_fault(error)}.",
                "Write it anew with poner.save(model, X, y, folder).",
            ) from error
        if len(set(signature.wire_names)) != len(signature.features):
            raise SignatureError(
                f"{source} gives two features the same wire name.",
                "Give each feature a wire_name of its own.",
            )
        for name, version in signature.libraries.items():
            if not PACKAGE_NAME.fullmatch(name) or not is_version(version):
                raise SignatureError(
                    f"{source} records {name[:40]!r} in version {version[:40]!r}, which is none.",
                    "Write it anew with poner.save(model, X, y, folder).",
                )
        return signature


def wire_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Request keys for training columns: identifiers as they are, all else in camelCase.

    `mean concave points` becomes `meanConcavePoints`; a name met twice gets a number.
    """
    names: list[str] = []
    taken: set[str] = set()
    next_count: dict[str, int] = {}
    for position, column in enumerate(columns):
        name = column
        if not column.isidentifier():
            words = re.findall(r"[^\W_]+", column) or [f"x{position}"]
            name = words[0].lower() + "".join(word[0].upper() + word[1:] for word in words[1:])
        unique, count = name, next_count.get(name, 2)
        while unique in taken:
            unique, count = f"{name}{count}", count + 1
        next_count[name] = count
        taken.add(unique)
        names.append(unique)
    return tuple(names)


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

    def answer(self, method: str, rows: Rows, place: Sequence[str | int] = ()) -> NDArray[Any]:
        """Call one of the estimator's own methods, or of an estimator within it.

        Args:
            method: `predict`, `predict_proba`, `decision_function`, or scikit-learn's
                `_raw_predict` and `_raw_predict_init` of the boosting models.
            rows: (n_rows, n_features); NaN and infinities are passed on.
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
    training_rows: Rows
    """(n_rows, n_features) rows of the training data; no rows if none were kept."""
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
    """(n_rows, n_features) float64, as the kernel takes them: texts as their places among the
    model's."""
    raw_output: int
    """Number of the compiled output that holds the raw scores."""
    raw: FloatArray
    """(n_rows, width) float64: the compiled model's raw scores."""
    predictions: FloatArray
    """(n_rows, n_outputs) float64: index of the class, or the regressor's value."""


@dataclass(frozen=True)
class Examples:
    """Rows with the model's own answers: what an engine that ships the model must answer too."""

    signature: Signature
    """What goes in, with what the model was seen to take, and what comes out."""
    rows: Rows
    """(n_rows, n_features) as the model takes them."""
    rows_by_kind: Mapping[str, int]
    """How many rows of each kind, in their order: training, thresholds, drawn, missing, and last
    the typical row, where one is known."""
    predictions: FloatArray
    """(n_rows, n_outputs) float64: index of the class, or the regressor's value."""
    scores_method: str | None
    """`predict_proba` or `decision_function`, whichever the model has first; None for neither."""
    scores: FloatArray
    """(n_rows, width) float64: what that method answers, or a regressor's values."""
    number_type: str
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
