"""What pandas and polars write of a training frame is read back, for every dtype of theirs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas
import polars
import pytest

from poner.errors import InputError
from poner.signature import Feature, Kind, Signature
from poner.table import read_records, read_table, read_text

NUMBERS: dict[str, tuple[Any, list[float | None]]] = {
    "bool": (pandas.Series([True, False, True]), [1, 0, 1]),
    "boolean": (pandas.array([True, False, None], dtype="boolean"), [1, 0, None]),
    "objects of booleans": (pandas.Series([True, None, False], dtype=object), [1, None, 0]),
    "int8": (pandas.Series([1, 0, 3], dtype="int8"), [1, 0, 3]),
    "uint64": (pandas.Series([1, 0, 3], dtype="uint64"), [1, 0, 3]),
    "Int64": (pandas.array([1, None, 3], dtype="Int64"), [1, None, 3]),
    "Float32": (pandas.array([1.5, None, 3], dtype="Float32"), [1.5, None, 3]),
    "float16": (pandas.Series([1.5, np.nan, 0.25], dtype="float16"), [1.5, None, 0.25]),
    "float64": (pandas.Series([1e-5, np.nan, 1e22]), [1e-5, None, 1e22]),
    "categories of integers": (pandas.Categorical([3, 2, 1]), [3, 2, 1]),
    "categories of booleans": (pandas.Categorical([True, None, False]), [1, None, 0]),
    "categories of floats": (pandas.Categorical([1.5, None, 2.5]), [1.5, None, 2.5]),
    "decimals": (
        pandas.Series([Decimal("1.50"), Decimal("NaN"), None], dtype=object),
        [1.5, None, None],
    ),
    "sparse floats": (pandas.arrays.SparseArray([0.0, np.nan, 2.5]), [0, None, 2.5]),
    "sparse booleans": (pandas.arrays.SparseArray([True, False, True]), [1, 0, 1]),
}
TEXTS: dict[str, tuple[Any, list[str | None]]] = {
    "objects": (
        pandas.Series(["red", None, 'x,y;\n"q"\t'], dtype=object),
        ["red", None, 'x,y;\n"q"\t'],
    ),
    "NaN": (pandas.Series(["red", np.nan, "NA"], dtype=object), ["red", None, "NA"]),
    "str": (pandas.array(["red", None, "añil"], dtype="str"), ["red", None, "añil"]),
    "string": (pandas.array(["red", None, "1.50"], dtype="string"), ["red", None, "1.50"]),
    "category": (pandas.Categorical(["True", None, "01067"]), ["True", None, "01067"]),
}
COLUMNS = {**NUMBERS, **TEXTS}


def signature_for(values: list[Any]) -> Signature:
    """A column whose name is no identifier, and one that counts the rows."""
    texts = tuple(sorted(value for value in values if isinstance(value, str)))
    kind: Kind = "category" if texts else "number"
    feature = Feature("myColumn", "my column", kind, missing=True, categories=texts)
    return Signature((feature, Feature("n", "n")), None)


def expected(values: list[Any]) -> list[dict[str, Any]]:
    """The bodies of the requests for these values."""
    return [{"myColumn": value, "n": number} for number, value in enumerate(values)]


Writer = Callable[[Any], Any]
WRITERS: dict[str, Writer] = {
    "the frame": lambda X: X,
    "itertuples": lambda X: X.itertuples(),
    "itertuples without index": lambda X: X.itertuples(index=False),
    "iterrows": lambda X: (row for _, row in X.iterrows()),
    "to_records": lambda X: X.to_records(),
    "to_records without index": lambda X: X.to_records(index=False),
    "objects": lambda X: X.to_numpy(dtype=object),
    "a generator of lists": lambda X: (list(row) for row in X.to_numpy(dtype=object)),
    "zip": lambda X: zip(X["my column"], X["n"], strict=True),
    "map": lambda X: map(tuple, X.to_numpy(dtype=object)),
    **{
        f"to_dict {orient}": lambda X, orient=orient: X.to_dict(orient)
        for orient in ("dict", "list", "series", "split", "tight", "records", "index")
    },
}
TEXT_WRITERS: dict[str, tuple[Writer, Any, str]] = {
    "to_csv": (lambda X: X.to_csv(), "csv", "."),
    "to_csv without index": (lambda X: X.to_csv(index=False), "csv", "."),
    "to_csv with CRLF": (lambda X: "\ufeff" + X.to_csv(lineterminator="\r\n") + "\r\n", None, "."),
    "to_csv with semicolons": (lambda X: X.to_csv(sep=";"), "csv", "."),
    "to_csv with tabs": (lambda X: X.to_csv(sep="\t"), "tsv", "."),
    "to_csv with NA": (lambda X: X.to_csv(na_rep="<NA>"), "csv", "."),
    "JSON lines": (lambda X: X.to_json(orient="records", lines=True), "jsonl", "."),
    "JSON lines by content": (lambda X: X.to_json(orient="records", lines=True), None, "."),
    **{
        f"to_json {orient}": (lambda X, orient=orient: X.to_json(orient=orient), None, ".")
        for orient in ("records", "columns", "index", "split", "table", "values")
    },
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_frame_of_pandas_comes_back(name: str) -> None:
    """As a frame, by row, by column, and as each text that pandas writes."""
    column, values = COLUMNS[name]
    X = pandas.DataFrame({"my column": column, "n": [0, 1, 2]})
    signature = signature_for(values)
    for form, write in WRITERS.items():
        assert read_records(write(X), signature) == expected(values), form
    for form, (write, text_form, decimal) in TEXT_WRITERS.items():
        rows = read_text(write(X), text_form, signature, decimal=decimal)
        assert read_records(rows, signature) == expected(values), form


@pytest.mark.parametrize("names", [["x0", "x1"], [0, 1], [5, 7], ["0", "1"]], ids=str)
@pytest.mark.parametrize("orient", ["index", "dict"])
def test_rows_by_index_are_told_from_columns(names: list[Any], orient: Any) -> None:
    """By the features' names, or by their number where the columns have numbers for names."""
    signature = Signature((Feature("x0", "x0"), Feature("x1", "x1")), None)
    values = [[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]
    held = pandas.DataFrame(values, columns=names).to_dict(orient)
    assert read_table(held, signature).numbers.tolist() == values


def test_as_many_rows_as_features_by_index_are_told_by_the_names() -> None:
    """Their index, 0 and 1, could be the names of two columns."""
    signature = Signature((Feature("x0", "x0"), Feature("x1", "x1")), None)
    X = pandas.DataFrame([[0.0, 0.5], [1.0, 1.5]], columns=["x0", "x1"])
    assert read_table(X.to_dict("index"), signature).numbers.tolist() == X.to_numpy().tolist()


POLARS: dict[str, tuple[Any, list[Any]]] = {
    "Boolean": (polars.Boolean, [True, None, False]),
    "Int8": (polars.Int8, [1, None, 3]),
    "UInt64": (polars.UInt64, [1, None, 3]),
    "Int128": (polars.Int128, [1, None, 3]),
    "Float32": (polars.Float32, [1.5, None, 3]),
    "Float64": (polars.Float64, [1.5, math.nan, None]),
    "Decimal": (polars.Decimal(10, 2), [Decimal("1.50"), None, Decimal("2")]),
    "Null": (polars.Null, [None, None, None]),
    "String": (polars.String, ["red", None, 'x\n,"y']),
    "Categorical": (polars.Categorical, ["red", None, "NA"]),
    "Enum": (polars.Enum(["red", "1.50"]), ["red", None, "1.50"]),
}
POLARS_WRITERS: dict[str, Writer] = {
    "the frame": lambda X: X,
    "to_dicts": lambda X: X.to_dicts(),
    "to_dict": lambda X: X.to_dict(),
    "to_dict of lists": lambda X: X.to_dict(as_series=False),
    "rows": lambda X: X.rows(),
    "iter_rows": lambda X: X.iter_rows(),
    "iter_rows named": lambda X: X.iter_rows(named=True),
}
POLARS_TEXT_WRITERS: dict[str, tuple[Writer, Any, str]] = {
    "write_csv": (lambda X: X.write_csv(), "csv", "."),
    "semicolons": (lambda X: X.write_csv(separator=";"), "csv", "."),
    "commas": (lambda X: X.write_csv(separator=";", decimal_comma=True), "csv", ","),
    "write_ndjson": (lambda X: X.write_ndjson(), "jsonl", "."),
    "write_json": (lambda X: X.write_json(), "json", "."),
}


@pytest.mark.parametrize("name", POLARS)
def test_a_frame_of_polars_comes_back(name: str) -> None:
    """As a frame, by row, by column, and as each text that polars writes."""
    dtype, held = POLARS[name]
    X = polars.DataFrame({"my column": polars.Series(held, dtype=dtype), "n": [0, 1, 2]})
    values = [
        None
        if value is None or value != value
        else value
        if isinstance(value, str)
        else float(value)
        for value in held
    ]
    signature = signature_for(values)
    for form, write in POLARS_WRITERS.items():
        assert read_records(write(X), signature) == expected(values), form
    for form, (write, text_form, decimal) in POLARS_TEXT_WRITERS.items():
        rows = read_text(write(X), text_form, signature, decimal=decimal)
        assert read_records(rows, signature) == expected(values), form


@pytest.mark.parametrize("name", NUMBERS)
def test_a_table_has_the_same_numbers(name: str) -> None:
    """Rows for the kernel are read as rows for a request are."""
    column, values = NUMBERS[name]
    X = pandas.DataFrame({"my column": column, "n": [0, 1, 2]})
    wanted = [math.nan if value is None else value for value in values]
    for form, write in WRITERS.items():
        table = read_table(write(X), signature_for(values))
        np.testing.assert_array_equal(table.numbers[:, 0], wanted, form)


@pytest.mark.parametrize("name", COLUMNS)
def test_names_are_enough_without_a_signature(name: str) -> None:
    """A frame, dicts and JSON need no signature; a boolean is 1 or 0 there, too."""
    column, values = COLUMNS[name]
    X = pandas.DataFrame({"my column": column, "n": [0, 1, 2]})
    wanted = [{"my column": value, "n": n} for n, value in enumerate(values)]
    for form in ("the frame", "to_dict records", "to_dict list", "iterrows"):
        assert read_records(WRITERS[form](X), None) == wanted, form


NO_VALUES = {
    "dates": pandas.to_datetime(["2026-12-01", "2026-12-02"]),
    "dates of a zone": pandas.to_datetime(["2026-12-01", None]).tz_localize("Europe/Madrid"),
    "durations": pandas.to_timedelta([1, 2], unit="s"),
    "periods": pandas.period_range("2026-12", periods=2, freq="M"),
    "intervals": pandas.interval_range(0, 2),
    "complex": np.array([1 + 2j, 3]),
    "bytes": pandas.Series([b"1.5", b"2"], dtype=object),
    "tuples": pandas.Series([(1,), (2,)], dtype=object),
    "dates of numpy": pandas.Series([np.datetime64("2026-12-01", "ns"), None], dtype=object),
    "durations of numpy": pandas.Series([np.timedelta64(1, "ns"), None], dtype=object),
    "complex of numpy": pandas.Series([np.complex128(1), None], dtype=object),
}


@pytest.mark.parametrize("name", NO_VALUES)
@pytest.mark.parametrize("form", ["the frame", "to_dict records", "to_dict list", "itertuples"])
def test_what_no_request_holds_is_refused_by_row_and_column(name: str, form: str) -> None:
    """Dates are never sent as nanoseconds, nor complex numbers without their imaginary part."""
    X = pandas.DataFrame({"day": NO_VALUES[name], "n": [0, 1]})
    signature = Signature((Feature("day", "day"), Feature("n", "n")), None)
    for known in (signature, None) if form != "itertuples" else (signature,):
        with pytest.raises(InputError, match=r"Row 1 has .* for 'day'"):
            read_records(WRITERS[form](X), known)
    with pytest.raises(InputError, match=r"Row 1 has no number for 'day'"):
        read_table(WRITERS[form](X), signature)


@pytest.mark.parametrize("value", [math.inf, Decimal("-Infinity"), np.float32(np.inf)])
def test_an_infinite_number_is_never_sent(value: Any) -> None:
    """JSON lacks it; Python would write `Infinity`."""
    for signature in (signature_for([1]), None):
        for rows in (
            [{"n": 1, "my column": value}],
            pandas.DataFrame({"my column": [value], "n": [0]}),
        ):
            with pytest.raises(InputError, match="Row 1 has an infinite value for 'my"):
                read_records(rows, signature)


def test_fractions_and_numpy_scalars_are_numbers() -> None:
    """Whatever Python counts as a real number."""
    rows = [[Fraction(1, 2), np.int8(1)], [np.float16(0.25), np.bool_(True)], [np.array(3.5), 2]]
    assert read_table(rows, signature_for([1])).numbers.tolist() == [[0.5, 1], [0.25, 1], [3.5, 2]]


def chunks() -> Iterator[dict[str, float]]:
    """Rows that can be read once."""
    yield from ({"my column": 1.5, "n": number} for number in range(3))


def test_an_iterator_loses_no_row() -> None:
    """With a signature and without; the first row is looked at and kept."""
    assert len(read_records(chunks(), signature_for([1]))) == 3
    assert len(read_records(chunks(), None)) == 3
    assert len(read_records(filter(None, chunks()), None)) == 3
