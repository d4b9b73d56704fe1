"""The signature of a model: its features, and its classes or its target.

It names the keys of a request and the classes of an answer. The loader makes it;
all stages read it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Literal, assert_never

from poner.errors import SignatureError
from poner.foreign_json import first_fault

MODEL_NAME = "clf.sav"
"""File of a model's folder: the pickled estimator, under the article's name for it."""

SIGNATURE_NAME = "signature.json"
"""File of a model's folder: the Signature, and the model file that it belongs to."""

TRAINING_ROWS_NAME = "training_rows.json"
"""File of a model's folder: `{"columns": [...], "rows": [[...]]}` for the parity proof, null for
missing values. It is never shipped."""

JsonScalar = bool | int | float | str
"""A class as a JSON value."""

PredictionValue = JsonScalar | list[JsonScalar]
"""The prediction for a row as JSON: a class or a number, or a list of them for several outputs."""

QUANTILE_STEPS = 20
"""A feature has 21 quantiles: at 0, 1/20, ..., 1."""

MOST_FEATURES_WITH_QUANTILES = 5_000
"""A signature with more features keeps no quantiles, which would take more than the model."""

MOST_CATEGORIES = 1000
"""Most texts of a feature that its signature keeps."""

PACKAGE_NAME = re.compile(r"[a-z0-9]{1,40}(?:-[a-z0-9]{1,40}){0,5}")
"""A package's name as PEP 503 normalises it."""

Kind = Literal["number", "category"]
"""The kind of a feature's values: numbers, or texts that become category codes."""


def category_places(kinds: Sequence[Kind]) -> list[int]:
    """Indices of the columns that hold category codes; the others hold numbers."""
    return [place for place, kind in enumerate(kinds) if holds_codes(kind)]


def holds_codes(kind: Kind) -> bool:
    """Whether a column of this kind holds category codes, and requests have texts there."""
    match kind:
        case "number":
            return False
        case "category":
            return True
        case _:
            assert_never(kind)


def is_version(text: str) -> bool:
    """Whether a text is a version as PEP 440 normalises it: it may go into a requirement."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text)) == text
    except InvalidVersion:
        return False


def is_unicode(text: str) -> bool:
    """Whether a text can be written in UTF-8: one with a lone surrogate cannot."""
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
    kind: Kind = "number"
    """The kind of its values."""
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
    ignored: bool = False
    """Whether no step of the model reads the value: requests may leave it out, or hold anything.
    Such a feature is a number that is always missing."""


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a model, in the model's own order."""

    features: tuple[Feature, ...]
    """The inputs, in the order of the model's columns."""
    classes: tuple[JsonScalar, ...] | tuple[tuple[JsonScalar, ...], ...] | None
    """A classifier's classes in the model's order; one tuple for each output if there are several;
    None for a regressor."""
    labels: tuple[str, ...] | None = None
    """The label of each class, such as `malignant`, in the order of `classes`."""
    target: str | None = None
    """Name of the predicted quantity; None if unknown."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Scores the user recorded with `poner.save(..., metrics=...)`."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Versions that `poner.save` ran with, by package, such as `{"scikit-learn": "1.2.1"}`."""

    def __post_init__(self) -> None:
        """Refuse what JSON cannot hold: texts that are not Unicode, metrics that are not finite.

        Raises:
            SignatureError: a text holds a lone surrogate, or a metric is NaN or infinite.
        """
        self._check_texts()
        for name, value in self.metrics.items():
            if not math.isfinite(value):
                raise SignatureError(
                    f"The metric {name!r} is NaN or infinite, which JSON lacks.",
                    "Leave the metric out.",
                )

    def _check_texts(self) -> None:
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

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kind of each feature, in the model's order."""
        return tuple(feature.kind for feature in self.features)

    @property
    def ignored(self) -> frozenset[int]:
        """Indices of the features that the model ignores."""
        return frozenset(place for place, each in enumerate(self.features) if each.ignored)

    @property
    def wire_names(self) -> tuple[str, ...]:
        """The keys of a request, in the model's order."""
        return tuple(feature.wire_name for feature in self.features)

    def to_json(self) -> str:
        """The Signature as JSON: a signature.json of the first format, which names no model."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = SIGNATURE_NAME) -> Signature:
        """Read what `to_json` wrote.

        Raises:
            SignatureError: the text is not a signature; the message names `source`.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            signature = TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            raise SignatureError(
                f"{source} does not describe a signature: {first_fault(error)}.",
                "Write a new one with poner.save(model, X, y, folder).",
            ) from error
        if len(set(signature.wire_names)) != len(signature.features):
            raise SignatureError(
                f"{source} gives two features the same wire name.",
                "Give each feature a wire_name of its own.",
            )
        for name, version in signature.libraries.items():
            if not PACKAGE_NAME.fullmatch(name) or not is_version(version):
                raise SignatureError(
                    f"{source} records {name[:40]!r} with {version[:40]!r}, which is no version.",
                    "Write a new one with poner.save(model, X, y, folder).",
                )
        return signature


def wire_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Request keys for training columns: identifiers unchanged, other names in camelCase.

    `mean concave points` becomes `meanConcavePoints`. A number tells a name from one that was
    given before, and from every other column: `mean radius` beside `meanRadius` is `meanRadius2`.
    """
    names: list[str] = []
    reserved, taken = set(columns), set[str]()
    next_count: dict[str, int] = {}
    for position, column in enumerate(columns):
        name = column
        if not column.isidentifier():
            words = re.findall(r"[^\W_]+", column) or [f"x{position}"]
            name = words[0].lower() + "".join(word[0].upper() + word[1:] for word in words[1:])
        unique, count = name, next_count.get(name, 2)
        while unique in taken or (unique in reserved and unique != column):
            unique, count = f"{name}{count}", count + 1
        next_count[name] = count
        taken.add(unique)
        names.append(unique)
    return tuple(names)
