"""Rows of any form become a Table, and a Table becomes what the model and requests take."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pandas
import pytest

from poner.artifacts import Table
from poner.errors import InputError
from poner.signature import Feature, Signature
from poner.table import (
    UNKNOWN_CODE,
    CategoryCodes,
    as_lists,
    as_records,
    order_columns,
    read_table,
    recode,
)
from poner_runtime import handler

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
    matrix = read_table(rows, SIGNATURE).numbers
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix, [[1, 2.5], [3, 4]])


def test_one_dict_is_one_row() -> None:
    """A single dict need not stand in a list."""
    assert read_table({"age": 1, "meanArea": 2}, SIGNATURE).numbers.tolist() == [[2, 1]]


def test_none_is_missing() -> None:
    """None becomes NaN."""
    assert math.isnan(read_table([[None, 1]], SIGNATURE).numbers[0, 0])


def test_no_rows_are_no_rows() -> None:
    """An empty list is a matrix without rows."""
    assert read_table([], SIGNATURE).numbers.shape == (0, 2)


OPTIONAL = Signature(
    (Feature("a", "a"), Feature("day", "the day", missing=True, ignored=True)), classes=None
)


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 1.0}, {"a": 2.0, "the day": object()}],
        [[1.0, "Monday"], [2.0, None]],
        np.array([[1.0, "Monday"], [2.0, None]], dtype=object),
        pandas.DataFrame({"a": [1.0, 2.0]}),
        pandas.DataFrame({"day": pandas.date_range("2026-01-01", periods=2), "a": [1.0, 2.0]}),
    ],
    ids=["dicts", "lists", "array", "DataFrame without", "DataFrame with"],
)
def test_what_the_model_ignores_may_be_absent_or_anything(rows: Any) -> None:
    """It is a missing number to the model."""
    table = read_table(rows, OPTIONAL)
    np.testing.assert_array_equal(table.numbers, [[1.0, np.nan], [2.0, np.nan]])
    with pytest.raises(InputError, match="no feature 'a'"):
        read_table({"day": 1}, OPTIONAL)


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
def test_texts_become_their_codes(rows: Any) -> None:
    """A known text has its index, another text -1, and a missing one NaN."""
    matrix = read_table(rows, MIXED, CategoryCodes(["añil", "red"])).numbers
    np.testing.assert_array_equal(matrix, [[1, 1], [2, np.nan], [np.nan, -1], [4, 0]])


def test_codes_become_texts_again() -> None:
    """A code without a text becomes a text that the vocabulary does not hold."""
    numbers = np.array([[1, 1.0], [2, np.nan], [3, UNKNOWN_CODE], [4, 7]])
    vocabulary = ["añil", "\x00unknown"]
    first, second, third, fourth = as_lists(Table(numbers, MIXED.kinds, vocabulary))
    assert first == [1.0, "\x00unknown"]
    assert second == [2.0, None]
    assert isinstance(third[1], str)
    assert third[1] not in vocabulary
    assert fourth[1] == third[1]


def test_a_table_goes_over_to_another_vocabulary() -> None:
    """Texts keep their meaning, and those that the other vocabulary lacks are unknown."""
    table = read_table([*MIXED_ROWS, [5.0, "green"]], MIXED)
    moved = recode(table, MIXED, ["green", "red"])
    np.testing.assert_array_equal(
        moved.numbers, [[1, 1], [2, np.nan], [np.nan, -1], [4, -1], [5, 0]]
    )


def test_a_table_of_another_kind_is_refused() -> None:
    """Numbers where the signature has a category, and texts where it has a number."""
    with pytest.raises(InputError, match="Row 1 has no text for 'color'"):
        recode(Table.of_numbers(np.ones((1, 2))), MIXED, [])
    texts = read_table([["red"]], Signature((Feature("a", "a", "category"),), None))
    with pytest.raises(InputError, match="Row 1 has no number for 'a'"):
        recode(texts, Signature((Feature("a", "a"),), None), [])


def test_the_function_on_lambda_has_the_same_unknown_code() -> None:
    """The handler imports nothing of poner, so it has a constant of its own."""
    assert handler.UNKNOWN_CODE == UNKNOWN_CODE


def test_an_array_of_floats_is_not_copied() -> None:
    """A batch of numbers goes to the kernel as it is."""
    matrix = np.ones((3, 2))
    assert read_table(matrix, SIGNATURE).numbers is matrix


FRAMES = {
    "bool": (pandas.Series([True, False]), [1, 0]),
    "boolean": (pandas.array([True, None], dtype="boolean"), [1, np.nan]),
    "Int64": (pandas.array([1, None], dtype="Int64"), [1, np.nan]),
    "Float64": (pandas.array([1.5, None], dtype="Float64"), [1.5, np.nan]),
    "category of numbers": (pandas.Categorical([3, None]), [3, np.nan]),
    "texts of numbers": (pandas.Series(["1.5", None], dtype=object), [1.5, np.nan]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_column_of_numbers_may_have_any_dtype(name: str) -> None:
    """Booleans are 1 and 0, pandas' NA is missing; alone, and beside a column of texts."""
    values, expected = FRAMES[name]
    column = read_table(pandas.DataFrame({"age": values, "meanArea": [1, 2]}), SIGNATURE).numbers
    np.testing.assert_array_equal(column[:, 1], expected)
    mixed = read_table(pandas.DataFrame({"age": values, "color": ["red", "red"]}), MIXED)
    np.testing.assert_array_equal(mixed.numbers[:, 0], expected)


TEXT_COLUMNS = {
    "object": pandas.Series(["red", None], dtype=object),
    "nan": pandas.Series(["red", np.nan], dtype=object),
    "string": pandas.array(["red", None], dtype="string"),
    "str": pandas.array(["red", None], dtype="str"),
    "category": pandas.Categorical(["red", None], categories=["blue", "red"]),
    "numpy": pandas.Series([np.str_("red"), None], dtype=object),
}


@pytest.mark.parametrize("name", TEXT_COLUMNS)
def test_a_column_of_texts_may_have_any_dtype(name: str) -> None:
    """The vocabulary is the texts that are there, and a gap is missing."""
    frame = pandas.DataFrame({"age": [1, 2], "color": TEXT_COLUMNS[name]})
    table = read_table(frame, MIXED)
    assert table.vocabulary == ["red"]
    assert type(table.vocabulary[0]) is str
    assert as_lists(table) == [[1.0, "red"], [2.0, None]]


def test_texts_of_pyarrow_are_texts() -> None:
    """Where pyarrow is installed, pandas may keep texts and numbers in it."""
    pyarrow = pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {
            "age": pandas.array([1, None], dtype="int64[pyarrow]"),
            "color": pandas.array(["red", None], dtype=pandas.ArrowDtype(pyarrow.string())),
        }
    )
    assert as_lists(read_table(frame, MIXED)) == [[1.0, "red"], [None, None]]


class OtherFrame:
    """A DataFrame that is not pandas': names, and columns that give arrays."""

    def __init__(self, values: dict[str, list[object]]) -> None:
        self.values = {name: pandas.Series(own, dtype=object) for name, own in values.items()}
        self.columns = list(values)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def to_numpy(self) -> Any:
        """All columns side by side."""
        return np.stack([column.to_numpy() for column in self.values.values()], axis=1)


def test_a_frame_need_not_be_pandas() -> None:
    """Such as one of polars, whose columns are chosen by name."""
    frame = OtherFrame({"color": ["red", None], "age": [1, None]})
    assert as_lists(read_table(frame, MIXED)) == [[1.0, "red"], [None, None]]


@pytest.mark.parametrize(
    "rows",
    [
        pandas.DataFrame({"age": [], "color": []}),
        np.empty((0, 2)),
        np.empty((0, 5)),
        np.empty(0),
        (row for row in ()),
    ],
    ids=["frame", "array", "wide array", "vector", "generator"],
)
def test_an_empty_table_has_no_rows(rows: Any) -> None:
    """Whatever its form, and however wide."""
    assert read_table(rows, MIXED).numbers.shape == (0, 2)


def test_halves_of_characters_are_texts_like_others() -> None:
    """A model may have been trained on them; Python's JSON can say them."""
    table = read_table([[1, "half \ud83d"], [2, "\udcff"]], MIXED, CategoryCodes(["half \ud83d"]))
    assert table.numbers[:, 1].tolist() == [0.0, UNKNOWN_CODE]
    assert as_lists(read_table([[1, "\udcff"]], MIXED)) == [[1.0, "\udcff"]]


def test_no_rows_of_texts_are_no_rows() -> None:
    """An empty list has no texts to look at."""
    assert read_table([], MIXED).numbers.shape == (0, 2)
    assert as_records(read_table([], MIXED), MIXED.wire_names) == []


def test_records_are_what_json_can_say() -> None:
    """Numbers, texts and null, by wire name."""
    assert as_records(read_table(MIXED_ROWS[:3], MIXED), MIXED.wire_names) == [
        {"age": 1.0, "color": "red"},
        {"age": 2.0, "color": None},
        {"age": None, "color": "unheard of"},
    ]
    numbers = read_table(np.array([[1, 2]]), SIGNATURE)
    assert as_records(numbers, SIGNATURE.wire_names) == [{"meanArea": 1.0, "age": 2.0}]


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
        ("red", "not a table"),
        (5, "not a table"),
        (np.array(5.0), "not a table"),
        (pandas.DataFrame([["red", 1, 2]], columns=["color", "age", "age"]), "'age' twice"),
        ([{"age": 1, "color": "red", "z": 2}], "Row 1 has 'z', which is not a feature"),
        ([[1, b"red"]], "Row 1 has no text for 'color'"),
        (pandas.DataFrame({"age": [1], "color": [True]}), "Row 1 has no text for 'color'"),
        ([{"age": 1}], "'color'"),
    ],
    ids=str,
)
def test_what_is_no_text_or_number_is_named(rows: Any, named: str) -> None:
    """Each feature is asked for what it is."""
    with pytest.raises(InputError, match=named):
        read_table(rows, MIXED, CategoryCodes(["red"]))


def test_many_texts_are_looked_up_fast() -> None:
    """Forty thousand rows of three columns of texts take tens of milliseconds, not seconds."""
    names = [f"c{number}" for number in range(3)]
    signature = Signature(tuple(Feature(name, name, kind="category") for name in names), None)
    strings = [f"text {number}" for number in range(1000)]
    texts = np.random.default_rng(0).choice(strings, (40_000, 3)).astype(object)
    frame = pandas.DataFrame(texts, columns=names)
    start = time.process_time()
    matrix = read_table(frame, signature, CategoryCodes(strings)).numbers
    assert time.process_time() - start < 0.5  # 15 ms on two quiet cores
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
        ([{"age": 1, "meanArea": 2, "mean area": 3}], "Row 1 has the feature 'meanArea' twice"),
        (pandas.DataFrame({"age": [1]}), "The DataFrame has no feature 'meanArea'"),
        (pandas.DataFrame({"age": [1], "meanArea": pandas.to_datetime(["2026-01-01"])}), "Row 1"),
        (np.zeros((2, 3)), r"\(2, 3\)"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(rows: Any, named: str) -> None:
    """The error names the row or the feature, and never repeats a value."""
    with pytest.raises(InputError, match=named) as caught:
        read_table(rows, SIGNATURE)
    assert "secret" not in str(caught.value)


def test_columns_come_in_the_models_order() -> None:
    """order_columns says where each feature stands."""
    assert order_columns(["age", "mean area"], SIGNATURE, "The DataFrame") == [1, 0]


@pytest.mark.parametrize("rows", [[[10**400, 1.0]], [{"a": 10**400, "b": 1.0}]])
def test_an_integer_beyond_float_is_refused(rows: list[object]) -> None:
    """JSON may hold such a number, which is no fault of poner's."""
    signature = Signature((Feature("a", "a"), Feature("b", "b")), classes=None)
    with pytest.raises(InputError, match="Row 1 has no number for 'a'"):
        read_table(rows, signature)


def test_a_row_without_values_is_refused() -> None:
    """It is a row; no rows at all are none."""
    signature = Signature((Feature("a", "a"),), classes=None)
    with pytest.raises(InputError, match="shape"):
        read_table([[]], signature)
    assert read_table([], signature).numbers.shape == (0, 1)
