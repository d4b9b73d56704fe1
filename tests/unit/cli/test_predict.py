"""`poner predict`: rows with texts and gaps in, classes with their labels out."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path

import pytest
from aiohttp import web

from poner.aws_lambda.functions import FunctionSettings
from poner.aws_lambda.runtimes import choose_runtimes
from poner.bundler import make_native_bundle
from poner.cli import app
from tests.support.mixing import mixed_model, with_proof
from tests.support.serving import answering, serving


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


CSV = "size,the color,shape,age\n1.5,red,,\n99,añil,round,1\n"
INPUTS = {
    "rows.csv": CSV.encode(),
    "rows.CSV": CSV.replace(",", ";").replace("1.5", "1,5").encode("utf-8-sig"),
    "rows.tsv": CSV.replace(",", "\t").encode(),
    "rows.txt": CSV.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
    "rows.jsonl": b'[1.5, "red", null, null]\n[99, "a\xc3\xb1il", "round", 1]\n',
    "rows.json": b'{"size": [1.5, 99], "color": ["red", "a\xc3\xb1il"], "shape": [null, "round"],'
    b' "age": [null, true]}',
}


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("from_stdin", [False, True], ids=["file", "stdin"])
def test_files_of_every_form_are_sent(
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    from_stdin: bool,
) -> None:
    """By suffix, and from standard input by content; with commas as decimal marks where told."""
    sent: list[object] = []

    async def handle(request: web.Request) -> web.Response:
        sent.append(await request.json())
        return answering(200, "yes")

    (tmp_path / name).write_bytes(INPUTS[name])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(INPUTS[name])))
    monkeypatch.chdir(folder)
    source = "-" if from_stdin else str(tmp_path / name)
    decimal = ["--decimal", ","] if name == "rows.CSV" else []
    with serving(handle) as url:
        assert app.run(["predict", source, "--url", url, *decimal]) == 0, capfd.readouterr().err
    first = {"size": 1.5, "color": "red", "shape": None, "age": None}
    assert first in sent
    assert {"size": 99, "color": "añil", "shape": "round", "age": 1} in sent


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le", "utf-16-be"])
def test_a_text_of_another_encoding_is_named(
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    encoding: str,
) -> None:
    """UTF-16 without its mark would be read as UTF-8 with null characters."""
    (tmp_path / "rows.csv").write_bytes(CSV.encode(encoding))
    monkeypatch.chdir(folder)
    assert app.run(["predict", str(tmp_path / "rows.csv"), "--url", "http://127.0.0.1:1"]) == 2
    assert "rows.csv cannot be read: it is not UTF-8." in capfd.readouterr().err


def test_another_decimal_mark_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    """There are two."""
    assert app.run(["predict", "--data", "{}", "--decimal", ";"]) == 2
    assert "';' is not a decimal mark" in capfd.readouterr().err


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
