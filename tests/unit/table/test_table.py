"""Rows in any form, put in the model's order."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pandas
import pytest

from poner.errors import InputError, SignatureError
from poner.rows import as_matrix, as_objects, as_records, order_columns
from poner.signature import Feature, Signature, wire_names

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


MIXED = Signature(
    features=(Feature("age", "age"), Feature("color", "the color", kind="category")), classes=None
)
MIXED_ROWS = [[1.0, "red"], [2.0, None], [np.nan, "unheard of"], [4.0, "añil"]]


@pytest.mark.parametrize(
    "rows",
    [
        MIXED_ROWS,
        np.array(MIXED_ROWS, dtype=object),
        [{"the color": color, "age": age} for age, color in MIXED_ROWS],
        pandas.DataFrame(MIXED_ROWS, columns=["age", "color"]),
        pandas.DataFrame(MIXED_ROWS, columns=["age", "color"]).astype({"color": "category"}),
        pandas.DataFrame(MIXED_ROWS, columns=["age", "color"]).astype({"color": "string"}),
    ],
    ids=["lists", "array", "dicts", "frame", "category", "string"],
)
def test_texts_become_their_places(rows: Any) -> None:
    """A known text is its place, another -1, and what is missing NaN."""
    matrix = as_matrix(rows, MIXED, ["añil", "red"])
    np.testing.assert_array_equal(matrix, [[1, 1], [2, np.nan], [np.nan, -1], [4, 0]])


def test_places_become_texts_again() -> None:
    """What is no place is a text that the model does not know, whatever its texts are."""
    matrix = np.array([[1, 1.0], [2, np.nan], [3, -1], [4, 7]])
    strings = ["añil", "\x00unknown"]
    objects = as_objects(matrix, MIXED, strings)
    assert objects[0].tolist() == [1.0, "\x00unknown"]
    assert objects[1, 1] != objects[1, 1]
    assert isinstance(objects[2, 1], str)
    assert objects[2, 1] not in strings
    assert objects[3, 1] == objects[2, 1]
    np.testing.assert_array_equal(
        as_matrix(objects, MIXED, strings), [[1, 1], [2, np.nan], [3, -1], [4, -1]]
    )
    assert as_objects(matrix, SIGNATURE, []) is matrix


def test_no_rows_of_texts_are_no_rows() -> None:
    """An empty list has no texts to look at."""
    assert as_matrix([], MIXED, ["red"]).shape == (0, 2)
    assert as_records([], MIXED) == []


def test_records_are_what_json_can_say() -> None:
    """Numbers, texts and null, by wire name."""
    assert as_records(MIXED_ROWS[:3], MIXED) == [
        {"age": 1.0, "color": "red"},
        {"age": 2.0, "color": None},
        {"age": None, "color": "unheard of"},
    ]
    assert as_records(np.array([[1, 2]]), SIGNATURE) == [{"meanArea": 1.0, "age": 2.0}]


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([[1, 2]], "Row 1 has no text for 'color'"),
        ([[1, "red"], [2, True]], "Row 2 has no text for 'color'"),
        ([["old", "red"]], "Row 1 has no number for 'age'"),
        ([[1, ["red"]]], "Row 1 has no text for 'color'"),
        ([[1, "red"], [[2], "red"]], "Row 2 has no number for 'age'"),
        ([[1, "red"], [2]], "Row 2 has 1 values, not 2"),
        ([[1]], "Row 1 has 1 values, not 2"),
        (["ab"], "Row 1 is not a list"),
        ([1, 2], "Row 1 is not a list"),
        (np.array([["1", "red", "x"]]), r"\(1, 3\)"),
        (np.array(["1", "red"]), r"\(2,\)"),
        ("red", "no table"),
        (5, "no table"),
        ([{"age": 1}], "'color'"),
    ],
    ids=str,
)
def test_what_is_no_text_or_number_is_named(rows: Any, named: str) -> None:
    """Each feature is asked for what it is."""
    with pytest.raises(InputError, match=named):
        as_matrix(rows, MIXED, ["red"])


def test_many_texts_are_looked_up_fast() -> None:
    """Forty thousand rows of three columns of texts take tens of milliseconds, not seconds."""
    names = [f"c{number}" for number in range(3)]
    signature = Signature(tuple(Feature(name, name, kind="category") for name in names), None)
    strings = [f"text {number}" for number in range(1000)]
    texts = np.random.default_rng(0).choice(strings, (40_000, 3)).astype(object)
    start = time.perf_counter()
    matrix = as_matrix(pandas.DataFrame(texts, columns=names), signature, strings)
    assert time.perf_counter() - start < 0.5  # 15 ms on two quiet cores
    assert matrix[7, 1] == strings.index(texts[7, 1])


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([[1]], "1 values, not 2|shape"),
        ([[1, 2], [3]], "Row 2"),
        ([["secret", 1]], "'meanArea'"),
        ([1, 2], "shape"),
        (pandas.DataFrame({"age": ["a"], "meanArea": [1]}), "Row 1 has no number for 'age'"),
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


@pytest.mark.parametrize("rows", [[[10**400, 1.0]], [{"a": 10**400, "b": 1.0}]])
def test_an_integer_beyond_float_is_refused(rows: list[object]) -> None:
    """JSON may hold such a number, which is no fault of poner's."""
    signature = Signature((Feature("a", "a"), Feature("b", "b")), classes=None)
    with pytest.raises(InputError, match="Row 1 has no number for 'a'"):
        as_matrix(rows, signature)


def test_a_row_without_values_is_refused() -> None:
    """It is a row; no rows at all are none."""
    signature = Signature((Feature("a", "a"),), classes=None)
    with pytest.raises(InputError, match="shape"):
        as_matrix([[]], signature)
    assert as_matrix([], signature).shape == (0, 1)


@pytest.mark.parametrize(
    "broken",
    [
        {"features": (Feature("a\ud800", "a"),)},
        {"features": (Feature("a", "a\udcff"),)},
        {"features": (Feature("a", "a", "category", categories=("\ud800",)),)},
        {"classes": ("x\ud800", "y")},
        {"classes": (("x", "\ud800"), ("y", "z"))},
        {"labels": ("\udcff",), "classes": (0,)},
        {"target": "\ud800"},
        {"metrics": {"\ud800": 1.0}},
    ],
)
def test_a_signature_holds_unicode_only(broken: dict[str, Any]) -> None:
    """Half a character in a model's names is an error with its text, not a fault while writing."""
    values: dict[str, Any] = {"features": (Feature("a", "a"),), "classes": None}
    with pytest.raises(SignatureError, match="not Unicode"):
        Signature(**{**values, **broken})
