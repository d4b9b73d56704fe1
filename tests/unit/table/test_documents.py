"""CSV, JSON and JSON lines as people have them become rows."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from poner.errors import InputError
from poner.signature import Feature, Signature
from poner.table import TextForm, read_records, read_text

MIXED = Signature(
    features=(Feature("age", "age"), Feature("color", "the color", kind="category")), classes=None
)


def rows_of(
    text: str,
    signature: Signature | None = MIXED,
    form: TextForm | None = None,
    decimal: str = ".",
) -> list[dict[str, Any]]:
    """The requests for the rows of a text."""
    return read_records(read_text(text, form, signature, decimal=decimal), signature)


# Dialects of CSV

ROWS = [{"age": 1.5, "color": "red"}, {"age": None, "color": None}, {"age": 2.0, "color": " blue "}]


@pytest.mark.parametrize(
    "text",
    [
        "age,color\n1.5,red\n,\n2, blue \n",
        "the color,age\nred,1.5\n,\n blue ,2\n",
        '\ufeffage,color\r\n1.5,"red"\r\n,\r\n 2 ," blue "\r\n',
        "age;color\n1.5;red\n;\n2; blue \n",
        "age\tcolor\n1.5\tred\n\t\n2\t blue \n",
        "age|color\n1.5|red\n|\n2| blue \n",
        '"age";"color"\r1.5;"red"\r;\r2;" blue "\r',
        "age,color\n1.5,red\n,\n\n2, blue \n\n   \n\n",
        "\n\nage,color\n1.5,red\n,\n2, blue ",
        ",age,color\n0,1.5,red\n1,,\n2,2, blue \n",
        '"","age","color"\n"1",1.5,"red"\n"2",NA,\n"3",2," blue "\n',
        "Unnamed: 0,age,color\n0,1.5,red\n1,,\n2,2, blue \n",
        ",Unnamed: 0,age,color\n7,0,1.5,red\n8,1,,\n9,2,2, blue \n",
        "age,color,\n1.5,red,\n,,\n2, blue , \n",
        " age , color \n1.5,red\nNaN,\n+2.e0, blue \n",
    ],
    ids=[
        "commas",
        "columns",
        "BOM",
        "semicolons",
        "tabs",
        "bars",
        "lone CR",
        "blank lines",
        "blank first lines",
        "index",
        "R",
        "index read as a column",
        "two indexes",
        "delimiter at the end",
        "spaces in the header",
    ],
)
def test_every_dialect_gives_the_same_rows(text: str) -> None:
    """With and without what Excel, pandas and R write around the cells."""
    assert rows_of(text) == ROWS


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("age;color\n1,5;red\n;\n2; blue \n", ","),
        ("age\tcolor\n1,5\tred\n\t\n2,0e0\t blue \n", ","),
        ('age,color\n"1,5",red\n,\n"2", blue \n', ","),
    ],
)
@pytest.mark.parametrize("signature", [MIXED, None], ids=["signature", "none"])
def test_decimal_commas_are_said(text: str, decimal: str, signature: Signature | None) -> None:
    """Where nobody says so, the error does, and names the column."""
    assert rows_of(text, signature, decimal=decimal) == ROWS
    with pytest.raises(InputError, match="'age'") as caught:
        rows_of(text, signature)
    assert "decimal comma" in caught.value.message
    assert "--decimal ," in caught.value.hint


@pytest.mark.parametrize("text", ["age;color\n1.5;red\n", "age;color\n1.234,5;red\n"])
def test_with_decimal_commas_a_point_is_no_number(text: str) -> None:
    """It may separate thousands."""
    with pytest.raises(InputError, match="Row 1 of the CSV has no number for 'age'"):
        rows_of(text, decimal=",")


def test_a_quoted_cell_goes_over_lines() -> None:
    """Its newlines stay as they are, and delimiters in it separate nothing."""
    text = 'age,color\n1,"two\r\nlines; and, a ""quote"""\n2,red\n'
    assert rows_of(text) == [
        {"age": 1.0, "color": 'two\r\nlines; and, a "quote"'},
        {"age": 2.0, "color": "red"},
    ]


def test_spaces_in_the_name_of_a_feature_count() -> None:
    """Without them, ` age` and `age` would be one name."""
    signature = Signature((Feature("age2", " age"), Feature("age", "age")), None)
    assert rows_of(" age,age , \n1,2,\n", signature) == [{"age2": 1, "age": 2}]


def test_one_column_has_no_delimiter() -> None:
    """A quoted empty cell is a row there, a blank line is none."""
    signature = Signature((Feature("age", "my age", missing=True),), None)
    assert rows_of('my age\n1\n""\n\n3\n', signature) == [{"age": 1}, {"age": None}, {"age": 3}]


def test_a_delimiter_is_found_by_the_features() -> None:
    """A name that holds commas is no reason to take these for the delimiter."""
    signature = Signature((Feature("size", "size, cm, in all"), Feature("b", "b")), None)
    assert rows_of("size, cm, in all;b\n1;2\n", signature) == [{"size": 1, "b": 2}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age,color\n1,red\n2\n", "Row 2 of the CSV has no cell for 'color'"),
        ("age,color\n1,red\n2,red,3\n", "Row 2 of the CSV has 3 cells, but its header has 2"),
        ("age,color\n1,red,\n", "Row 1 of the CSV has 3 cells"),
        ("age,color\n1,5,red\n", "Row 1 of the CSV has 3 cells"),
        ("age,color,\n1,red,x\n", "Column 3 of the CSV has no name"),
        ('age,color\n1,"red\n2,blue\n', "The CSV cannot be read: unexpected end of data"),
        ('age,color\n1,"red"x\n', "The CSV cannot be read"),
        ("", "The CSV is empty"),
        ("\n \n".replace(" ", ""), "The CSV is empty"),
        ("x\n1\n", "The header of the CSV has 'x', which is not a feature"),
        ("age,color,age\n1,red,2\n", "has the feature 'age' twice"),
        ("age,color\none,red\n", "Row 1 of the CSV has no number for 'age'"),
        ("age,color\n1,red\n1_0,red\n", "Row 2 of the CSV has no number for 'age'"),
        ("age,color\n٣,red\n", "Row 1 of the CSV has no number for 'age'"),
        ("age,color\n0x10,red\n", "Row 1 of the CSV has no number for 'age'"),
        ("age,color\ninf,red\n", "Row 1 has an infinite value for 'age'"),
        ("age,color\n1e999,red\n", "Row 1 has an infinite value for 'age'"),
        ("age,color\n2026-12-01,red\n", "Row 1 of the CSV has no number for 'age'"),
    ],
)
def test_what_a_csv_does_not_say_is_refused(text: str, message: str) -> None:
    """By row and column, and never answered from a part of the line."""
    with pytest.raises(InputError, match=message):
        rows_of(text, form="csv")


@pytest.mark.parametrize("text", ["age\n1.5\n", "day,age\n2026-01-01,1.5\n"])
def test_a_column_that_the_model_ignores_is_optional(text: str) -> None:
    """What it holds in a CSV is not sent as a value."""
    day = Feature("day", "day", missing=True, ignored=True)
    signature = Signature((day, *MIXED.features[:1]), classes=None)
    assert rows_of(text, signature) == [{"day": None, "age": 1.5}]


@pytest.mark.parametrize("text", ["age,color\n1,\x00red\n", "age\n" + "1" * 200_000 + "\n"])
def test_a_csv_that_cannot_be_read_is_said(text: str) -> None:
    """Or is read, where this Python can."""
    with contextlib.suppress(InputError):
        rows_of(text, None)


# What a cell means


def test_a_category_stays_text() -> None:
    """Also where it looks like a number or a boolean; a number has no leading zeros."""
    cells = ["1.50", "01067", "True", "1_0", "+49", "inf"]
    text = "age,color\n" + "".join(f"007,{cell}\n" for cell in cells)
    assert rows_of(text) == [{"age": 7, "color": cell} for cell in cells]


@pytest.mark.parametrize(
    "word", ["NA", "N/A", "NaN", "nan", "null", "None", "<NA>", "#N/A", " ", ""]
)
def test_a_word_for_missing_is_missing(word: str) -> None:
    """For numbers always; for texts if the model takes gaps and has no category of this name."""
    gaps = Feature("color", "color", "category", missing=True, categories=("red",))
    named = Feature("shape", "shape", "category", missing=True, categories=("NA", "red"))
    strict = Feature("size", "size", "category", categories=("red",))
    signature = Signature((Feature("age", "age"), gaps, named, strict), None)
    (row,) = rows_of(f"age,color,shape,size\n{word},{word},{word},{word}\n", signature)
    assert row["age"] is None
    assert row["color"] is None
    assert row["shape"] == ("NA" if word == "NA" else None)
    assert row["size"] == (word if word.strip() else None)


def test_an_empty_cell_that_may_be_two_things_is_refused() -> None:
    """Pandas writes an empty text and a missing value alike."""
    both = Feature("color", "color", "category", missing=True, categories=("", "red"))
    with pytest.raises(InputError, match="Row 2 of the CSV has an empty cell for 'color'"):
        rows_of("color,age\nred,1\n,2\n", Signature((both, Feature("age", "age")), None))
    text = Feature("color", "color", "category", categories=("", "red"))
    signature = Signature((text, Feature("age", "age")), None)
    assert rows_of("color,age\n,2\n", signature) == [{"color": "", "age": 2}]


def test_booleans_are_numbers_where_training_saw_nothing_else() -> None:
    """As pandas, polars and R write them; for a measurement a boolean is a mistake."""
    flag = Feature("flag", "flag", minimum=0.0, maximum=1.0)
    signature = Signature((flag, Feature("area", "area", minimum=0.0, maximum=90.0)), None)
    assert rows_of("flag,area\nTrue,1\nfalse,2\nTRUE,3\n", signature) == [
        {"flag": 1, "area": 1},
        {"flag": 0, "area": 2},
        {"flag": 1, "area": 3},
    ]
    with pytest.raises(InputError, match="Row 1 of the CSV has no number for 'area'"):
        rows_of("flag,area\nTrue,True\n", signature)
    assert rows_of('[{"flag": true, "area": true}]', signature) == [{"flag": 1, "area": True}]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.5", "", "-2e3"], [1.5, None, -2000]),
        (["1", "nan", "NA"], [1, None, None]),
        (["1", "Nan"], ["1", "Nan"]),
        (["Nan", "Inf"], ["Nan", "Inf"]),
        (["red", "", "7"], ["red", None, "7"]),
        (["01067", "10115"], ["01067", "10115"]),
        (["1_0", "2"], ["1_0", "2"]),
        (["+49", "2"], ["+49", "2"]),
        (["True", "False", ""], [1, 0, None]),
        (["NA", "red"], ["NA", "red"]),
    ],
    ids=str,
)
def test_without_a_signature_columns_are_guessed(cells: list[str], expected: list[object]) -> None:
    """All cells of a column together; the function refuses what is guessed wrong."""
    text = "a,n\n" + "".join(f"{cell},{number}\n" for number, cell in enumerate(cells))
    assert [row["a"] for row in rows_of(text, None)] == expected


def test_an_infinite_number_among_others_is_named() -> None:
    """Also without a signature; Python would write it as no JSON."""
    with pytest.raises(InputError, match="Row 2 has an infinite value for 'a'"):
        rows_of("a,n\n1,0\ninf,1\n", None)


# JSON


@pytest.mark.parametrize(
    "text",
    [
        '{"age": 1.5, "the color": "red"}',
        '\ufeff[{"color": "red", "age": 1.5}]',
        '[[1.5, "red"]]',
        '{"age": [1.5], "color": ["red"]}',
        '{"age": {"0": 1.5}, "the color": {"0": "red"}}',
        '{"0": {"age": 1.5, "the color": "red"}}',
        '{"columns": ["age", "color"], "index": [7], "data": [[1.5, "red"]]}',
    ],
)
def test_json_of_any_form_is_read(text: str) -> None:
    """Objects by either name, lists in the signature's order, and the forms of pandas."""
    assert rows_of(text) == [{"age": 1.5, "color": "red"}]


def test_json_lines_are_read() -> None:
    """By their suffix or by their content; a line may be blank, and U+2028 ends none."""
    text = '{"age": 1, "color": "a\u2028b"}\r\n\n{"age": NaN, "color": null}\n'
    wanted = [{"age": 1, "color": "a\u2028b"}, {"age": None, "color": None}]
    assert rows_of(text) == rows_of(text, form="jsonl") == wanted
    assert rows_of('[1, "red"]\n[2, null]\n') == [
        {"age": 1, "color": "red"},
        {"age": 2, "color": None},
    ]


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        ("[" * 100_000, None, "not JSON"),
        ('{"a":' * 100_000, None, "not JSON"),
        ("[" * 100_000 + "]" * 100_000, None, "not JSON"),
        ("[" + "9" * 10_000 + "]", None, "not JSON"),
        ('{"a": 1', None, "not JSON"),
        ('{"age": 1}\n{"age": 2', None, "Line 2 of the input is not JSON"),
        ('{"age": 1}\n\n3\n', "jsonl", "not a JSON object or array"),
        ("3", "json", "not a JSON object or array"),
        ('{"age": 1, "age": 2, "color": "red"}', None, "the key 'age' twice"),
        ('[{"age": Infinity, "color": "red"}]', None, "Row 1 has an infinite value for 'age'"),
        ('[{"age": [1], "color": "red"}]', None, "Row 1 has a value of the type list for 'age'"),
        ('{"age": [1, 2], "color": ["red"]}', None, "different numbers of values"),
        ('{"age": {"0": 1}, "color": {"1": "red"}}', None, "'color' has other rows"),
        ('{"columns": ["age", "color"], "data": [[1]]}', None, "Row 1 of 'data'"),
        ('{"columns": 5, "data": [[1]]}', None, "Row 1 has a value of the type list for 'data'"),
        ('{"schema": {}, "data": [1]}', None, "The rows of 'data' are not objects"),
        ('{"schema": {"primaryKey": 5}, "data": [{}]}', None, "'primaryKey' is not a list"),
        ('{"columns": ["age", "age"], "data": [[1, 2]]}', None, "has the feature 'age' twice"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_json_is_said(text: str, form: TextForm | None, message: str) -> None:
    """However deep it is nested and however long its numbers are; nothing of it is dropped."""
    with pytest.raises(InputError, match=message) as caught:
        rows_of(text, form=form)
    assert len(caught.value.message) < 200
