"""The facts about a model that its function needs, the same for every engine.

The native engine's function finds it in model.poner, as a section that the kernel checks and reads
(docs/model_format.md). The functions of other engines find it beside the model, as JSON.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from typing import Any, Literal, get_args

import numpy as np

from poner.artifacts import Provenance
from poner.aws_lambda.functions import DEFAULT_BODY_LIMIT_BYTES
from poner.aws_lambda.quotas import REQUEST_BYTES
from poner.errors import SignatureError
from poner.signature import Feature, JsonScalar, Signature, holds_codes

SERVED_VERSION = 3
"""Version of both forms."""

NumberType = Literal["float64", "float32"]
"""The type that numbers of a request must fit."""

_HEADER = struct.Struct("<2I8I4I")
_SECTION_PLACE = struct.Struct("<40x2Q")
_FEATURE = np.dtype(
    [("kind", "<u4"), ("flags", "<u4"), ("minimum", "<f8"), ("maximum", "<f8"),
     ("quantiles_end", "<u4"), ("categories_end", "<u4")]
)  # fmt: skip
_KINDS: tuple[Literal["number"], Literal["category"]] = ("number", "category")
_NUMBER_TYPES: tuple[NumberType, ...] = get_args(NumberType)
_TAKES_NULL, _HAS_MINIMUM, _HAS_MAXIMUM, _IGNORED = 1, 2, 4, 8


_NUMBER_BYTES, _TEXT_BYTES = 24, 64
"""Most characters of a number in JSON, and what is taken for a text of which no value is known."""


def longest_request_bytes(signature: Signature) -> int:
    """The bytes that a request for one row may need, in JSON with the usual spaces."""
    total_bytes = len("{}")
    for feature in signature.features:
        value_bytes = _NUMBER_BYTES
        if holds_codes(feature.kind):
            texts = map(json.dumps, feature.categories)
            value_bytes = max(map(len, texts), default=_TEXT_BYTES)
        total_bytes += len(json.dumps(feature.wire_name)) + len(": , ") + value_bytes
    return total_bytes


def choose_body_limit(signature: Signature) -> int:
    """The longest body that a function should read: 64 KiB, or what one row may need.

    It is never more than Lambda takes, so that a row of a very wide model may not fit.
    """
    needed_bytes = max(DEFAULT_BODY_LIMIT_BYTES, longest_request_bytes(signature))
    return min(needed_bytes, REQUEST_BYTES)


@dataclass(frozen=True)
class LibraryModel:
    """Further facts for the function of an engine with a library."""

    file: str
    """Name of the file that the library reads, beside the function."""
    scores_method: str | None
    """`predict_proba` or `decision_function`, whichever the model has first; None for neither."""
    missing_as_none: tuple[int, ...]
    """Features whose missing values are None for the model; in others they are NaN."""
    typical: tuple[JsonScalar | None, ...] | None
    """A row of medians that the model answers, or None. If the model refuses a request, the
    function puts these values in the request to find the feature that is refused."""


@dataclass(frozen=True)
class ServedModel:
    """What a function needs to know of its model to read requests and write answers."""

    signature: Signature
    """Features, classes and target; its metrics and libraries are left out."""
    number_type: NumberType
    """The type that numbers of a request must fit."""
    body_limit_bytes: int
    """Longest request body that is read."""
    vocabulary: tuple[str, ...] = ()
    """The texts behind the native engine's category codes: code c stands for `vocabulary[c]`.
    Engines with a library take the texts themselves."""
    library: LibraryModel | None = None
    """Further facts for an engine with a library; None for the native engine."""

    def __post_init__(self) -> None:
        """Check that there is a label for each class.

        Raises:
            SignatureError: the numbers of labels and classes differ.
        """
        n_classes, n_labels = len(self._classes), len(self.signature.labels or ())
        if n_labels not in (0, n_classes):
            raise SignatureError(
                f"The signature has {n_labels} labels for {n_classes} classes.",
                "Give one label for each class in signature.json, or null.",
            )

    @property
    def _classes(self) -> list[str]:
        """The JSON text of each class in answers, output after output."""
        outputs = self.signature.output_classes or ()
        return [json.dumps(name) for names in outputs for name in names]

    def to_json(self) -> bytes:
        """The JSON file beside a library's model, with the keys that the kernel gives, too."""
        features = self.signature.features
        outputs = self.signature.output_classes
        described: dict[str, object] = {
            "version": SERVED_VERSION,
            "wire_names": [feature.wire_name for feature in features],
            "is_text": [holds_codes(feature.kind) for feature in features],
            "missing": [feature.missing for feature in features],
            "ignored": [feature.ignored for feature in features],
            "vocabulary": None,
            "classes": outputs and [list(map(json.dumps, names)) for names in outputs],
            "number_type": self.number_type,
            "body_limit_bytes": self.body_limit_bytes,
            **(asdict(self.library) if self.library else {}),
        }
        return json.dumps(described, indent=1).encode()

    def to_section(self, provenance: Provenance) -> bytes:
        """The section of model.poner."""
        signature, features = self.signature, self.signature.features
        codes = {text: code for code, text in enumerate(self.vocabulary)}
        for feature in features:
            for text in feature.categories:
                codes.setdefault(text, len(codes))
        lists = [
            [feature.wire_name for feature in features],
            [feature.column for feature in features],
            list(self.vocabulary),
            list(codes)[len(self.vocabulary) :],
            self._classes,
            list(signature.labels or ()),
            [] if signature.target is None else [signature.target],
            [json.dumps(asdict(provenance))],
        ]
        encoded = [[text.encode("utf-8", "surrogatepass") for text in texts] for texts in lists]
        strings = [string for part in encoded for string in part]
        quantiles = [value for feature in features for value in feature.quantiles]
        categories = [codes[text] for feature in features for text in feature.categories]
        class_ends = accumulate(map(len, signature.output_classes or ()))
        numbers = [
            *categories, *class_ends, *_order(encoded[0]), *_order(encoded[2]),
            *accumulate(map(len, strings)),
        ]  # fmt: skip
        header = _HEADER.pack(
            SERVED_VERSION, _NUMBER_TYPES.index(self.number_type) + 1, *map(len, lists),
            len(quantiles), len(categories), len(signature.output_classes or ()),
            self.body_limit_bytes,
        )  # fmt: skip
        records = np.array(list(_records(features)), _FEATURE)
        tables = (records, np.array(quantiles, "<f8"), np.array(numbers, "<u4"))
        return b"".join([header, *(table.tobytes() for table in tables), *strings])


def _order(strings: Sequence[bytes]) -> list[int]:
    """The indices of strings, sorted by their bytes."""
    return sorted(range(len(strings)), key=strings.__getitem__)


def _records(features: Sequence[Feature]) -> Iterator[tuple[Any, ...]]:
    """Each feature as its record."""
    quantiles_end = categories_end = 0
    for feature in features:
        quantiles_end += len(feature.quantiles)
        categories_end += len(feature.categories)
        flags = _TAKES_NULL * feature.missing
        flags |= _HAS_MINIMUM * (feature.minimum is not None)
        flags |= _HAS_MAXIMUM * (feature.maximum is not None)
        flags |= _IGNORED * feature.ignored
        ends = (quantiles_end, categories_end)
        kind = _KINDS.index(feature.kind)
        yield kind, flags, feature.minimum or 0.0, feature.maximum or 0.0, *ends


def read_section(content: bytes) -> tuple[ServedModel, Provenance]:
    """The facts about a model in its file, and the model's origin.

    Args:
        content: a whole file that the kernel has opened, and so checked.

    Raises:
        ValueError: it has no such section, or a text in it that only people read is damaged.
    """
    start, size = _SECTION_PLACE.unpack_from(content)
    if not size:
        raise ValueError("it has no description of its features")
    view = memoryview(content)[start : start + size]
    header = _HEADER.unpack_from(view)
    _, number_type, *counts, n_quantiles, n_categories, n_outputs, body_limit_bytes = header
    place = _HEADER.size

    def take(dtype: Any, count: int) -> Any:
        nonlocal place
        values = np.frombuffer(view, dtype, count, place)
        place += values.nbytes
        return values.tolist()

    records = take(_FEATURE, counts[0])
    quantiles, categories = take("<f8", n_quantiles), take("<u4", n_categories)
    class_ends = take("<u4", n_outputs)
    take("<u4", counts[0] + counts[2])  # the orders, which only the kernel searches by
    ends = take("<u4", sum(counts))
    strings = [str(view[place:][start:end], "utf-8", "surrogatepass") for start, end in _runs(ends)]
    lists = [strings[start:end] for start, end in _runs(accumulate(counts))]
    names, columns, vocabulary, other_texts, classes, labels, target, (provenance,) = lists
    texts = vocabulary + other_texts
    outputs = [tuple(map(json.loads, classes[start:end])) for start, end in _runs(class_ends)]
    signature = Signature(
        _read_features(records, names, columns, quantiles, [texts[code] for code in categories]),
        classes=None if not outputs else outputs[0] if len(outputs) == 1 else tuple(outputs),
        labels=tuple(labels) or None,
        target=target[0] if target else None,
    )
    served = ServedModel(
        signature, _NUMBER_TYPES[number_type - 1], body_limit_bytes, tuple(vocabulary)
    )
    return served, Provenance(**json.loads(provenance))


def _runs(ends: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Start and end of each of the runs that follow each other."""
    return pairwise([0, *ends])


def _read_features(
    records: Sequence[tuple[Any, ...]],
    names: Sequence[str],
    columns: Sequence[str],
    quantiles: Sequence[float],
    categories: Sequence[str],
) -> tuple[Feature, ...]:
    """The features from their records and from the quantiles and categories of all features."""
    features = []
    quantile = category = 0
    for name, column, record in zip(names, columns, records, strict=True):
        kind, flags, minimum, maximum, quantiles_end, categories_end = record
        feature = Feature(
            name,
            column,
            _KINDS[kind],
            missing=bool(flags & _TAKES_NULL),
            minimum=minimum if flags & _HAS_MINIMUM else None,
            maximum=maximum if flags & _HAS_MAXIMUM else None,
            quantiles=tuple(quantiles[quantile:quantiles_end]),
            categories=tuple(categories[category:categories_end]),
            ignored=bool(flags & _IGNORED),
        )
        features.append(feature)
        quantile, category = quantiles_end, categories_end
    return tuple(features)
