"""`poner predict`: rows with texts and gaps in, classes with their labels out."""

from __future__ import annotations

import contextlib
import datetime
import json
from pathlib import Path

import pytest
from aiohttp import web

from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import choose_runtimes
from poner.bundler import make_native_bundle
from poner.cli import app
from poner.cli.predict import read_bodies, read_csv
from poner.errors import InputError
from poner.signature import Feature, Signature
from tests.support.mixing import mixed_model, with_proof
from tests.support.serving import answering, serving

MIXED = Signature(
    features=(Feature("age", "age"), Feature("color", "the color", kind="category")), classes=None
)


@pytest.mark.parametrize(
    "text",
    [
        "age,color\n1.5,red\n,\n2, blue \n1,1.50\n",
        "the color,age\nred,1.5\n,\n blue ,2\n1.50,1\n",
        '\ufeffage,color\r\n1.5,"red"\r\n,\r\n 2 ," blue "\r\n"1",1.50\r\n'.lstrip("\ufeff"),
    ],
    ids=["wire names", "columns", "quotes"],
)
def test_a_category_of_a_csv_stays_text(text: str) -> None:
    """A category that looks like a number stays a text; an empty cell is null; spaces stay."""
    assert read_csv(text, MIXED) == [
        {"age": 1.5, "color": "red"},
        {"age": None, "color": None},
        {"age": 2.0, "color": " blue "},
        {"age": 1.0, "color": "1.50"},
    ]


@pytest.mark.parametrize("text", ["age\n1.5\n", "day,age\n2026-01-01,1.5\n"])
def test_a_column_that_the_model_ignores_is_optional(text: str) -> None:
    """What it holds in a CSV is not sent as a value."""
    day = Feature("day", "day", missing=True, ignored=True)
    signature = Signature((day, *MIXED.features[:1]), classes=None)
    assert read_csv(text, signature) == [{"day": None, "age": 1.5}]


def test_a_blank_cell_is_missing() -> None:
    """A blank cell is a missing value, for any feature."""
    assert read_csv("age,color\n  , \t\n", MIXED) == [{"age": None, "color": None}]


def test_without_a_signature_cells_are_guessed() -> None:
    """Without a signature, a cell that is not a number is sent as a text."""
    assert read_csv("age,color\n1.5,red\nnan,\n", None) == [
        {"age": 1.5, "color": "red"},
        {"age": None, "color": None},
    ]


def test_a_short_line_is_named() -> None:
    """A line with too few cells is an error that names the line."""
    with pytest.raises(InputError, match="Row 2 of the CSV has no cell for 'color'"):
        read_csv("age,color\n1,red\n2\n", MIXED)


@pytest.mark.parametrize(
    "text",
    [
        '{"age": 1.5, "the color": "red"}',
        '[{"color": "red", "age": 1.5}]',
        '[[1.5, "red"]]',
    ],
)
def test_json_of_any_form_is_read(text: str) -> None:
    """Objects by either name, and lists in the signature's order."""
    assert read_bodies(None, text, MIXED) == [{"age": 1.5, "color": "red"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with bundles of a model of one output with labels, and of one of several."""
    made = tmp_path_factory.mktemp("project")
    labelled = mixed_model("class", classes=("no", "yes"), labels=("benign", "malignant"))
    several = mixed_model("classes", classes=(("no", "yes"), (False, True)))
    for name, model in (("build", labelled), ("several", several)):
        make_native_bundle(
            with_proof(model, [[1.0, "red", "round", 1.0]]),
            made / name,
            runtime=choose_runtimes(None, datetime.date(2026, 11, 22))[0],
            architecture="x86_64",
            settings=FunctionSettings(),
        )
    (made / "rows.csv").write_text("size,the color,shape,age\n1,red,,\n99,añil,round,1\n1,puce,,\n")
    return made


def test_labels_are_printed_beside_classes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """From a CSV with texts to classes, labels, and the reason of the row that was refused."""
    monkeypatch.chdir(folder)
    assert app.run(["predict", "rows.csv", "-o", "csv"]) == 1
    assert capfd.readouterr().out.splitlines() == [
        "row,prediction,label,status,reason",
        "1,yes,malignant,200,OK",
        "2,yes,malignant,200,OK",
        "3,,,400,'color' is a category the model does not know",
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
@pytest.mark.parametrize(
    ("prediction", "code"),
    [("yes", 0), ("unheard of", 0), (["yes"], 0), (True, 0), (None, 1), ({"a": 1}, 1), ([[]], 1)],
    ids=str,
)
def test_any_prediction_is_printed_beside_labels(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    prediction: object,
    code: int,
    form: str,
) -> None:
    """Only classes have labels; an answer without a prediction is shown, with exit code 1."""

    async def handle(request: web.Request) -> web.Response:
        return answering(200, prediction)

    monkeypatch.chdir(folder)
    with serving(handle) as url:
        assert app.run(["predict", "rows.csv", "--url", url, "-o", form]) == code
    out = capfd.readouterr().out
    assert ("malignant" in out) == (prediction == "yes")
    assert ("no answer of the" in out) == (code == 1)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
        "[" + "9" * 10_000 + "]",
        '{"a": 1',
        "\ufeff{}",
    ],
    ids=lambda text: text[:9],
)
def test_what_is_no_json_is_said(text: str) -> None:
    """Input that is not JSON is an error, also if deeply nested or with long numbers."""
    with pytest.raises(InputError, match="not JSON") as caught:
        read_bodies(None, text, MIXED)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("text", ["age,color\n1,\x00red\n", "age\n" + "1" * 200_000 + "\n"])
def test_a_csv_that_cannot_be_read_is_said(text: str) -> None:
    """A CSV that cannot be read is an error, unless this Python can read it."""
    with contextlib.suppress(InputError):
        read_csv(text, None)


@pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
def test_several_outputs_are_printed(
    folder: Path, form: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Several outputs are printed as a JSON list, in every form, without labels."""
    monkeypatch.chdir(folder)
    row = json.dumps([[1.0, "red", "round", None]])
    assert app.run(["predict", "--bundle", "several", "--data", row, "-o", form]) == 0
    out = capfd.readouterr().out
    assert "label" not in out
    match form:
        case "csv":
            assert out.splitlines()[1] == '1,"[""no"", false]",200,OK'
        case "jsonl":
            assert json.loads(out)["prediction"] == ["no", False]
        case _:
            assert '["no", false]' in out


def test_the_csv_is_a_singular_thing() -> None:
    """The error about a CSV's columns uses the singular."""
    with pytest.raises(InputError, match="The header of the CSV has 'x', which is not a feature"):
        read_csv("x\n1\n", MIXED)
