"""Encoders of columns of objects that are no texts: whole numbers or booleans, and gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from poner_runtime.fitted import settle
from tests.support.compiling import assert_agrees

N_ROWS = 56
KINDS: dict[str, list[Any]] = {
    "whole numbers": [0, 1, 2, 3],
    "fractions": [0.0, 0.5, 1.0, 1.5],
    "booleans": [True, False],
    "numpy's numbers": [np.int64(4), np.float32(2.5), np.True_],
}
GAPS: dict[str, list[Any]] = {"no gap": [], "None": [None], "NaN": [np.nan], "both": [None, np.nan]}


def make_column(kind: str, gap: str) -> Any:
    """An array of objects; every seventh is a gap."""
    values, gaps = KINDS[kind], GAPS[gap]
    column = np.empty(N_ROWS, dtype=object)
    column[:] = [
        gaps[i % len(gaps)] if gaps and i % 7 == 0 else values[i % len(values)]
        for i in range(N_ROWS)
    ]
    return column


Y = np.arange(N_ROWS) % 3 % 2


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("kind", KINDS)
def test_objects_that_are_numbers(kind: str, gap: str) -> None:
    """One-hot and ordinal, of an array and of a DataFrame; a gap is what it was in training.

    A missing value of a request is None where None is a category.
    """
    column = make_column(kind, gap)
    rows = column[:, None]
    known = rows if gap != "both" else rows[[value == value for value in column]]
    for encoder in (
        OneHotEncoder(handle_unknown="ignore"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    ):
        model = make_pipeline(encoder, SimpleImputer(), DecisionTreeClassifier(random_state=0))
        assert_agrees(model.fit(rows, Y), known, tolerance=0.0)
        frame = pandas.DataFrame({"a": column}, dtype=object)
        assert_agrees(model.fit(frame, Y), frame.iloc[: len(known)] if gap != "both" else known)


def test_objects_beside_texts_and_numbers() -> None:
    """One encoder of three columns, two of which are no texts, and strict about categories."""
    frame = pandas.DataFrame(
        {
            "visits": make_column("whole numbers", "None"),
            "smoker": make_column("booleans", "None"),
            "city": np.array(["Lima", "Oslo", "Rome", None] * (N_ROWS // 4), dtype=object),
            "age": np.arange(N_ROWS, dtype=float),
        }
    ).astype({"visits": object, "smoker": object, "city": object})
    for encoder in (OneHotEncoder(), TargetEncoder(random_state=0, cv=2)):
        encode = make_column_transformer(
            (encoder, ["visits", "smoker", "city"]), ("passthrough", ["age"])
        )
        model = make_pipeline(encode, DecisionTreeClassifier(random_state=0)).fit(frame, Y)
        compiled = assert_agrees(model, frame)
        row = {"visits": None, "smoker": True, "city": "Oslo", "age": 3}
        table = pandas.DataFrame([row]).astype(frame.dtypes)
        assert compiled.predict([row]).tolist() == model.predict(table).tolist()


def test_filled_before_they_are_encoded() -> None:
    """An imputer of None gives objects to the encoder behind it."""
    rows = make_column("whole numbers", "None")[:, None]
    model = make_pipeline(
        SimpleImputer(missing_values=None, strategy="most_frequent"),
        OneHotEncoder(handle_unknown="ignore"),
        DecisionTreeClassifier(random_state=0),
    ).fit(rows, Y)
    assert_agrees(model, rows)


def test_numbers_too_large_for_float64_stay_objects() -> None:
    """Two of them would become one category."""
    encoder = OrdinalEncoder().fit(np.array([[2**60], [2**60 + 1], [7]], dtype=object))
    settle(encoder)
    assert encoder.categories_[0].tolist() == [7, 2**60, 2**60 + 1]
    assert encoder.categories_[0].dtype == object
