"""Rows in whatever Python objects they come: each keeps its meaning, or is refused."""

from __future__ import annotations

import csv
import datetime
import io
import math
import sqlite3
from collections import OrderedDict, namedtuple
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas
import polars
import pytest
from scipy import sparse

from poner.errors import InputError
from poner.signature import Feature, Signature, wire_names
from poner.table import order_columns, read_records, read_table

COLUMNS = ["mean area", "age"]
SIGNATURE = Signature((Feature("meanArea", "mean area"), Feature("age", "age")), classes=None)
MATRIX = [[1.0, 2.5], [3.0, 4.0]]


class Scan(NamedTuple):
    """A row whose fields stand otherwise than in the model."""

    age: float
    meanArea: float  # noqa: N815  # a wire name


def queried() -> list[Any]:
    """Rows of a database."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    values = 'select 2.5 as age, 1 as "mean area" union all select 4, 3'
    rows = connection.execute(values).fetchall()
    connection.close()
    return rows


FRAME = pandas.DataFrame({"age": [2.5, 4], "mean area": [1, 3]})
FORMS: dict[str, Any] = {
    "named tuples": lambda: [Scan(2.5, 1), Scan(4, 3)],
    "rows of sqlite": queried,
    "Series": lambda: [FRAME.iloc[0], FRAME.iloc[1]],
    "structured array": lambda: np.array(
        [(2.5, 1), (4, 3)], dtype=[("age", "f8"), ("meanArea", "i4")]
    ),
    "records": lambda: list(FRAME.to_records(index=False)),
    "record array": lambda: FRAME.to_records(index=False),
    "DictReader": lambda: csv.DictReader(io.StringIO("age,mean area\n2.5,1\n4,3\n")),
    "DictReader of numbers": lambda: csv.DictReader(
        io.StringIO('"age","mean area"\n2.5,1\n4,3\n'), quoting=csv.QUOTE_NONNUMERIC
    ),
    "mappings": lambda: map(MappingProxyType, FRAME.to_dict("records")),
    "array of dicts": lambda: np.array(FRAME.to_dict("records"), dtype=object),
    "array of objects": lambda: np.array(MATRIX, dtype=object),
    "array of texts": lambda: np.array([["1", "2.5"], ["3", "4e0"]]),
    "sparse matrix": lambda: sparse.csr_matrix(MATRIX),
    "sparse array": lambda: sparse.coo_array(MATRIX),
    "matrix": lambda: np.asmatrix(MATRIX),
    "list of arrays": lambda: [np.array(row) for row in MATRIX],
    "dict of columns": lambda: OrderedDict({"age": (2.5, 4), "mean area": np.array([1, 3])}),
    "polars": lambda: polars.DataFrame({"age": [2.5, 4], "mean area": [1, 3]}),
    "integer columns": lambda: pandas.DataFrame(MATRIX),
    "columns of dates": lambda: pandas.DataFrame(
        MATRIX, columns=pandas.to_datetime(["2026-12-01", "2025-12-01"])
    ),
    "columns of tuples": lambda: pandas.DataFrame(
        MATRIX, columns=pandas.MultiIndex.from_tuples([("b", 1), ("a", 2)])
    ),
    "dicts by integers": lambda: pandas.DataFrame(MATRIX).to_dict("records"),
    "dict of columns by integers": lambda: pandas.DataFrame(MATRIX).to_dict("list"),
    "longdouble": lambda: np.array(MATRIX, dtype=np.longdouble),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_means_the_same(name: str) -> None:
    """By name where a row says names, and by place otherwise."""
    assert read_table(FORMS[name](), SIGNATURE).numbers.tolist() == MATRIX
    wanted = [{"meanArea": area, "age": age} for area, age in MATRIX]
    assert read_records(FORMS[name](), SIGNATURE) == wanted


@pytest.mark.parametrize(
    "row", [Scan(2.5, 1), FRAME.iloc[0], queried()[0]], ids=["tuple", "Series", "sqlite"]
)
def test_one_row_by_name_is_one_row(row: Any) -> None:
    """It need not stand in a list."""
    assert read_table(row, SIGNATURE).numbers.tolist() == [[1, 2.5]]


def test_masks_are_missing_values() -> None:
    """Of numbers, of objects, of records, and of rows in a list."""
    masked = np.ma.array(MATRIX, mask=[[True, False], [False, False]])
    wanted = [[np.nan, 2.5], [3, 4]]
    records = np.ma.array([(1, 2.5), (3, 4)], dtype=[("meanArea", "i8"), ("age", "f8")])
    records.mask[0] = (True, False)
    for rows in (masked, masked.astype(int).astype(object), list(masked), records):
        numbers = read_table(rows, SIGNATURE).numbers
        np.testing.assert_array_equal(np.isnan(numbers), np.isnan(wanted))
        assert numbers[1].tolist() == [3, 4]
    assert read_records(masked, SIGNATURE)[0] == {"meanArea": None, "age": 2.5}
    one = {"meanArea": np.ma.masked, "age": 2.5}
    assert read_records([one], SIGNATURE) == [{"meanArea": None, "age": 2.5}]
    assert math.isnan(read_table([one], SIGNATURE).numbers[0, 0])


def test_a_table_of_pyarrow_is_read() -> None:
    """Where pyarrow is installed."""
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"age": [2.5, 4], "mean area": [1, 3]})
    assert read_table(table, SIGNATURE).numbers.tolist() == MATRIX


Other = namedtuple("Other", ["size", "age"])  # as users write them
Renamed = namedtuple("Renamed", ["age", "1"], rename=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([Other(1, 2)], "Row 1 has 'size', which is not a feature"),
        ([Renamed(1, 2)], "The named tuples have 'age' where the model has 'meanArea'"),
        (np.array([[1 + 2j, 3]]), "Row 1 has no number for 'meanArea'"),
        ([[1, 2], [1 + 2j, 3]], "Row 2 has no number for 'meanArea'"),
        (np.array([["2026-12-01", "2026-12-02"]], dtype="datetime64[ns]"), "no number"),
        (np.array([[1, 2]], dtype="timedelta64[s]"), "no number"),
        (np.array([[b"1", b"2"]]), "Row 1 has no number for 'meanArea'"),
        ([[1, datetime.date(2026, 12, 1)]], "Row 1 has no number for 'age'"),
        ([[1, np.datetime64("2026-12-01", "ns")]], "Row 1 has no number for 'age'"),
        ([[np.timedelta64(1, "ns"), 1]], "Row 1 has no number for 'meanArea'"),
        ([["1_0", 2]], "Row 1 has no number for 'meanArea'"),
        ([[1, 2], ["", 2]], "Row 2 has no number for 'meanArea'"),
        (np.array([["1", "٣"]]), "Row 1 has no number for 'age'"),
        (np.array([(1, 2)], dtype=[("age", "f8"), ("z", "f8")]), "'z', which is not a feature"),
        (csv.DictReader(io.StringIO("age,mean area\n1,2,3\n")), "Row 1 of the CSV has more or"),
        (csv.DictReader(io.StringIO("age,mean area\n1,2\n3\n")), "Row 2 of the CSV has more or"),
        (csv.DictReader(io.StringIO('age,mean area\n"1"x,2\n'), strict=True), "cannot be read"),
        (pandas.DataFrame([[1, 2, 3]]), "The DataFrame has 3 columns, not 2"),
        (pandas.Series([1, 2]), r"shape \(2,\)"),
        (sparse.csr_matrix([[1.0]]), r"shape \(1, 1\)"),
        ([{1, 2}], "Row 1 is not a list of values"),
        (polars.DataFrame({"age": [{"a": 1}], "meanArea": [1]}), "Row 1 has no number for 'age'"),
        (polars.DataFrame({"age": [[1, 2]], "meanArea": [1]}), "Row 1 has no number for 'age'"),
        (
            polars.DataFrame(
                {"age": [[1, 2]], "meanArea": [1]}, schema_overrides={"age": polars.Array(int, 2)}
            ),
            "Row 1 has no number for 'age'",
        ),
        (polars.DataFrame({"age": [b"1"], "meanArea": [1]}), "Row 1 has no number for 'age'"),
        (polars.DataFrame({"age": [datetime.time(1)], "meanArea": [1]}), "no number for 'age'"),
        (polars.DataFrame({"age": [datetime.date(2026, 12, 1)], "meanArea": [1]}), "for 'age'"),
        (b"ab", "not a table"),
        ([b"ab"], "Row 1 is not a list of values"),
        ({"age": [1], "meanArea": [1, 2]}, "different numbers of values"),
        ([{"meanArea": 1, "mean area": 2, "age": 3}], "Row 1 has the feature 'meanArea' twice"),
        (iter([[1, 2], [3]]), "Row 2 has 1 values, not 2"),
        ([{1: 1, 0: 2}], "Row 1 has the keys 0 to 1 in another order"),
        ([{0: 1, 1: 2, 2: 3}], "Row 1 has 3 columns, not 2"),
        ([{"1": 1, "0": 2}], "Row 1 has '1', which is not a feature"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_means_something_else_is_refused(rows: Any, message: str) -> None:
    """By row and column; nothing is taken by its place where it has another meaning."""
    with pytest.raises(InputError, match=message):
        read_table(rows, SIGNATURE)


def test_many_names_are_not_listed_in_full() -> None:
    """A model may have a hundred thousand features."""
    wide = Signature(tuple(Feature(f"x{place}", f"x{place}") for place in range(1000)), None)
    with pytest.raises(InputError) as caught:
        read_table([{"x1": 1}], wide)
    assert len(caught.value.message) < 500
    with pytest.raises(InputError) as caught:
        read_table([{"y": 1}], wide)
    assert "and 980 more" in caught.value.hint


# Names that collide

COLLIDING = [
    ["mean radius", "meanRadius"],
    ["meanRadius", "mean radius"],
    ["mean radius", "meanRadius", "meanRadius2", "mean  radius"],
    ["a", "A b", "aB", "a b", "a-b"],
    ["0", "x0", ""],
    ["1 2", "12", "é", "e", "%", "x4"],
]


@pytest.mark.parametrize("columns", COLLIDING, ids=str)
def test_a_training_frame_of_any_names_is_read(columns: list[str]) -> None:
    """By its columns, and by wire names, whichever of them look alike."""
    names = wire_names(columns)
    features = tuple(Feature(*pair) for pair in zip(names, columns, strict=True))
    values = [float(place) for place in range(len(columns))]
    signature = Signature(features, None)
    assert len(set(names)) == len(names)
    for own in (columns, names):
        frame = pandas.DataFrame([values], columns=list(own))
        for rows in (frame[list(own)[::-1]], frame.to_dict("records"), frame.to_dict("list")):
            assert read_table(rows, signature).numbers.tolist() == [values]
            (record,) = read_records(rows, signature)
            assert record == dict(zip(names, values, strict=True))


def test_a_column_keeps_its_name_where_it_can() -> None:
    """`meanRadius` is its own wire name, and the other column gets a number."""
    assert wire_names(["mean radius", "meanRadius"]) == ("meanRadius2", "meanRadius")


def test_wire_names_of_an_older_signature_are_read() -> None:
    """It may have given the wire name of one column to another."""
    old = Signature(
        (Feature("meanRadius", "mean radius"), Feature("meanRadius2", "meanRadius")), None
    )
    assert order_columns(["meanRadius", "mean radius"], old, "Row 1") == [1, 0]
    assert order_columns(["meanRadius2", "meanRadius"], old, "Row 1") == [1, 0]


def test_names_that_mean_two_things_are_refused() -> None:
    """A signature by hand may exchange the names of two features."""
    swapped = Signature((Feature("b", "a"), Feature("a", "b")), None)
    with pytest.raises(InputError, match="'a', the training column of one feature and the wire"):
        order_columns(["a", "b"], swapped, "Row 1")


def test_a_name_of_half_a_character_is_refused() -> None:
    """No request can hold it; the error can be printed."""
    with pytest.raises(InputError) as caught:
        read_table([{"age": 1, "\ud800": 2}], SIGNATURE)
    assert str(caught.value).encode()
