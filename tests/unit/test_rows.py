"""Rows in any form, put in the model's order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas
import pytest

from poner.artifacts import Feature, Signature, wire_names
from poner.errors import InputError, SignatureError
from poner.rows import as_matrix, order_columns

SIGNATURE = Signature(
    features=(Feature("meanArea", "mean area"), Feature("age", "age")), classes=(0, 1)
)


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 2.5], [3, 4]],
        ((1, 2.5), (3, 4)),
        np.array([[1, 2.5], [3, 4]], dtype=np.float32),
        [{"age": 2.5, "meanArea": 1}, {"mean area": 3, "age": 4}],
        pandas.DataFrame({"age": [2.5, 4], "mean area": [1, 3]}),
        pandas.DataFrame({"meanArea": [1, 3], "age": [2.5, 4]}),
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_every_form_gives_the_same_matrix(rows: Any) -> None:
    """Lists, tuples, arrays, dicts and DataFrames by either name."""
    matrix = as_matrix(rows, SIGNATURE)
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix, [[1, 2.5], [3, 4]])


def test_one_dict_is_one_row() -> None:
    """A single dict need not stand in a list."""
    assert as_matrix({"age": 1, "meanArea": 2}, SIGNATURE).tolist() == [[2, 1]]


def test_none_is_missing() -> None:
    """None becomes NaN."""
    assert math.isnan(as_matrix([[None, 1]], SIGNATURE)[0, 0])


def test_no_rows_are_no_rows() -> None:
    """An empty list is a matrix without rows."""
    assert as_matrix([], SIGNATURE).shape == (0, 2)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([[1]], "1 values, not 2|shape"),
        ([[1, 2], [3]], "Row 2"),
        ([["secret", 1]], "'meanArea'"),
        ([1, 2], "shape"),
        ([{"age": 1}], "'meanArea'"),
        ([{"age": 1, "meanArea": 2, "size": 3}], "'size'"),
        ([{"age": 1, "meanArea": 2, "mean area": 3}], "twice"),
        (pandas.DataFrame({"age": [1]}), "'meanArea'"),
        (np.zeros((2, 3)), r"\(2, 3\)"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(rows: Any, named: str) -> None:
    """The error names the row or the feature, and never repeats a value."""
    with pytest.raises(InputError, match=named) as caught:
        as_matrix(rows, SIGNATURE)
    assert "secret" not in str(caught.value)


def test_columns_come_in_the_models_order() -> None:
    """order_columns says where each feature stands."""
    assert order_columns(["age", "mean area"], SIGNATURE) == [1, 0]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["mean concave points"], ("meanConcavePoints",)),
        (["sepal length (cm)"], ("sepalLengthCm",)),
        (["sepal_length"], ("sepal_length",)),
        (["Age", "x0"], ("Age", "x0")),
        (["año nuevo"], ("añoNuevo",)),
        (["a b", "a-b"], ("aB", "aB2")),
        (["%", ""], ("x0", "x1")),
    ],
    ids=str,
)
def test_wire_names(columns: list[str], names: tuple[str, ...]) -> None:
    """Identifiers stay; everything else becomes camelCase; each name is met once."""
    assert wire_names(columns) == names


def test_a_signature_reads_back() -> None:
    """signature.json gives what was written."""
    assert Signature.from_json(SIGNATURE.to_json()) == SIGNATURE


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"features": [{"wire_name": 1}], "classes": null}', "\ud800"],
    ids=repr,
)
def test_a_damaged_signature_is_said(text: str) -> None:
    """What is no signature is an error that says where."""
    with pytest.raises(SignatureError, match=r"signature\.json"):
        Signature.from_json(text)


def test_a_wire_name_twice_is_refused() -> None:
    """Two features cannot be asked for under one key."""
    twice = Signature(features=(Feature("a", "a"), Feature("a", "b")), classes=None)
    with pytest.raises(SignatureError, match="same wire name"):
        Signature.from_json(twice.to_json())
