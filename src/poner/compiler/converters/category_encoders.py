"""Encoders of category_encoders whose output columns each depend on one column of the input.

The model itself is asked: for each category that an encoder knows, for a text that it does not know
and for a missing value, what does `transform` give? So one converter takes encoders of any formula.
A column that is no category passes, or the encoder is not converted.

Source: category_encoders 2.6 to 2.11, utils.py and the module of each encoder, read 2026-12-01.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray, Table
from poner.compiler.converters.encoders import CategoryTable, category_key
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_list
from poner.errors import ModelUnreadableError
from poner.signature import Kind

_MISFIT = "its columns are malformed"
_PASSING = (-3.25, 7.5)
"""Numbers to find the columns that pass."""

_ORDINALS = ("ordinal_encoder", "base_n_encoder")
"""Attributes that hold the encoder which numbers the categories first."""


@dataclass(frozen=True)
class Column:
    """One encoded column of the input."""

    place: int
    """Its index."""
    categories: tuple[str | float, ...]
    """The categories that the encoder knows, apart from missing values."""


def convert_encoder(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Each output column is looked up by its input column's category, or is an input column."""
    width = scope.builder.width(source)
    columns = list(_encoded_columns(estimator, scope, width))
    try:
        questions = _Questions(columns, width, scope)
    except ModelUnreadableError as error:
        raise scope.unsupported(f"it answers no single changed value: {error.message}") from error
    outputs = range(questions.base.shape[1])
    return scope.builder.join([_output(output, questions, scope, source) for output in outputs])


class _Questions:
    """Rows that differ from one row in one column, with the encoder's answers."""

    def __init__(self, columns: Sequence[Column], width: int, scope: Scope) -> None:
        self.scope, self.width = scope, width
        self.columns = {column.place: column for column in columns}
        texts = {c for column in columns for c in column.categories if isinstance(c, str)}
        self.vocabulary = sorted(texts)
        kinds: list[Kind] = ["number"] * width
        for column in columns:
            if any(isinstance(category, str) for category in column.categories):
                kinds[column.place] = "category"
        self.kinds = tuple(kinds)
        self.base = self.ask([{}])
        self.known = {
            place: self.ask([{place: self._number(own)} for own in column.categories])
            for place, column in self.columns.items()
        }
        self.unknown = {place: self._try(place, self._strange(place)) for place in self.columns}
        self.missing = {place: self._try(place, np.nan) for place in self.columns}
        self.passing = {
            place: self.ask([{place: value} for value in _PASSING])
            for place in range(width)
            if place not in self.columns
        }

    def ask(self, changes: Sequence[dict[int, float]]) -> FloatArray:
        """The encoder's answers to the first row, changed in some columns."""
        rows = np.zeros((len(changes), self.width))
        for place, column in self.columns.items():
            rows[:, place] = self._number(column.categories[0])
        for row, change in zip(rows, changes, strict=True):
            for place, value in change.items():
                row[place] = value
        table = Table(rows, self.kinds, self.vocabulary)
        answers = self.scope.oracle.answer("transform", table, self.scope.place)
        return np.asarray(answers, dtype=np.float64)

    def _try(self, place: int, value: float) -> FloatArray | None:
        """The answer for a value in one column; None if the encoder refuses the value."""
        try:
            answers = self.ask([{place: value}])
        except ModelUnreadableError:
            return None
        return np.asarray(answers[0])

    def _number(self, category: str | float) -> float:
        return self.vocabulary.index(category) if isinstance(category, str) else category

    def _strange(self, place: int) -> float:
        """A value that is no category: a code without a text, or a number beyond all others."""
        if self.kinds[place] == "category":
            return -1.0
        return 1.0 + max(abs(float(own)) for own in self.columns[place].categories) * 2.0

    def changed_by(self, output: int) -> list[int]:
        """The input columns on which an output column depends."""
        base = self.base[0, output]
        answers = {**self.passing, **self.known}
        for place in self.columns:
            more = [self.unknown[place], self.missing[place]]
            held = [np.atleast_2d(own) for own in more if own is not None]
            answers[place] = np.concatenate([answers[place], *held])
        return [
            place
            for place, rows in sorted(answers.items())
            if not np.array_equal(rows[:, output], np.full(len(rows), base), equal_nan=True)
        ]


def _output(output: int, questions: _Questions, scope: Scope, source: int) -> int:
    """The register of one output column."""
    builder = scope.builder
    places = questions.changed_by(output)
    if len(places) > 1:
        raise scope.unsupported("one of its columns depends on several columns of its input")
    place = places[0] if places else next(iter(questions.columns), 0)
    column = builder.select(source, np.array([place]))
    if place not in questions.columns:
        if not np.array_equal(questions.passing[place][:, output], _PASSING):
            raise scope.unsupported("it changes a column that is not among its `cols`")
        return column
    unknown, missing = questions.unknown[place], questions.missing[place]
    if missing is None:
        column = builder.require(column, allow_infinite=True)
    keys = [category_key(own, scope, source, place) for own in questions.columns[place].categories]
    values = questions.known[place][:, output].tolist()
    if missing is not None:
        keys, values = [*keys, None], [*values, float(missing[output])]
    table = CategoryTable()
    table.add_column(keys, values, 0.0 if unknown is None else float(unknown[output]))
    return builder.add(table.recode(refuse_unknown=unknown is None), column)


def _encoded_columns(estimator: FittedObject, scope: Scope, width: int) -> Iterator[Column]:
    """The columns of the input that the encoder encodes, with their categories."""
    if "feature_names_in_" not in estimator.attributes:
        raise scope.unsupported("it does not record the columns of its input")
    names = get_list(estimator, "feature_names_in_")
    if len(names) != width:
        raise scope.damaged(_MISFIT)
    for name, known in _mappings(_first_encoder(estimator), scope):
        if name not in names:
            raise scope.damaged(_MISFIT)
        categories = [own for own in known if own is not None and own == own]
        if not categories or not all(isinstance(own, str | int | float) for own in categories):
            raise scope.unsupported("its categories are neither texts nor numbers")
        yield Column(names.index(name), tuple(categories))


def _first_encoder(estimator: FittedObject) -> FittedObject:
    """The encoder that sees the categories themselves."""
    for name in _ORDINALS:
        inner = estimator.attributes.get(name)
        if isinstance(inner, FittedObject):
            return _first_encoder(inner)
    return estimator


def _mappings(estimator: FittedObject, scope: Scope) -> Iterator[tuple[FittedValue, list[Any]]]:
    """The name of each encoded column, with the categories of its mapping."""
    mapping = estimator.attributes.get("mapping")
    pairs: list[tuple[FittedValue, FittedValue]] = []
    if isinstance(mapping, dict):
        pairs = list(mapping.items())
    elif isinstance(mapping, list):
        for entry in mapping:
            if not isinstance(entry, dict):
                raise scope.damaged(_MISFIT)
            pairs.append((entry.get("col"), entry.get("mapping")))
    for name, series in pairs:
        known = series.attributes.get("index") if isinstance(series, FittedObject) else None
        if not isinstance(known, list):
            raise scope.unsupported("its mapping is not one that it made itself")
        yield name, known


_ENCODERS = {
    "backward_difference": "BackwardDifferenceEncoder",
    "basen": "BaseNEncoder",
    "binary": "BinaryEncoder",
    "cat_boost": "CatBoostEncoder",
    "count": "CountEncoder",
    "gray": "GrayEncoder",
    "helmert": "HelmertEncoder",
    "james_stein": "JamesSteinEncoder",
    "leave_one_out": "LeaveOneOutEncoder",
    "m_estimate": "MEstimateEncoder",
    "one_hot": "OneHotEncoder",
    "ordinal": "OrdinalEncoder",
    "polynomial": "PolynomialEncoder",
    "quantile_encoder": "QuantileEncoder",
    "rankhot": "RankHotEncoder",
    "sum_coding": "SumEncoder",
    "target_encoder": "TargetEncoder",
    "woe": "WOEEncoder",
}

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"category_encoders.{module}.{name}": convert_encoder for module, name in _ENCODERS.items()
}
