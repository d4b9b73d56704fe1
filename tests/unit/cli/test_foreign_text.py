"""Foreign text never adds lines to a command's output and never controls the terminal."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from rich.table import Table
from rich.text import Text

from poner.cli import app, console
from poner.emulator import write_log, write_to_stderr
from poner.errors import ModelRefusedError
from tests.support.commands import run
from tests.support.serving import Handle, serving

EVIL = "\x1b[32mgood\x9b0m\u202e\n[bold]Error: forged[/bold] :smile:\r\x7f\ud800"
SHOWN = r"\x1b[32mgood\x9b0m\u202e\n[bold]Error: forged[/bold] :smile:\r\x7f\ud800"


def saying(prediction: object = "", reason: str = EVIL, status: int = 400) -> Handle:
    """Answers each request with this text."""
    body = json.dumps({"reason": reason, "prediction": prediction, "status": str(status)})

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    return handle


class Screen(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A message is one line, in which foreign markup, escapes and newlines have no effect."""
    console.say(f"Answered {EVIL}.")
    assert capsys.readouterr().err == f"Answered {SHOWN}.\n"


def test_lines_for_people_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for people are one line each, also in a pipe."""
    console.print_lines([EVIL, "b"])
    assert capsys.readouterr().out == f"{SHOWN}\nb\n"


def test_errors_are_two_lines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error is two lines, whatever name it contains."""

    def refuse(*_: object, **__: object) -> None:
        raise ModelRefusedError(f"It names {EVIL}.", f"Leave out {EVIL}.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("poner.pipeline.build", refuse)
    assert app.run(["build", "clf.sav"]) == 1
    assert capsys.readouterr().err == f"Error: It names {SHOWN}.\n  Leave out {SHOWN}.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [f"com{EVIL}"],
        ["build", f"--option{EVIL}"],
        ["build", "--engine", EVIL],
        ["predict", "--url", f"http://{EVIL}", "--data", "{}"],
        ["predict", f"{EVIL}.csv", "--url", "http://127.0.0.1:1"],
        ["local", f"/tmp/{EVIL}"],
        ["logs", "--since", EVIL],
        ["init", f"/proc/{EVIL}"],
    ],
    ids=lambda arguments: arguments[0].split("\x1b")[0],
)
def test_arguments_that_are_quoted_are_escaped(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Quoted arguments are escaped, also in the parser's errors."""
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.code in (1, 2)
    assert [line[:6] for line in done.err.splitlines()] == ["Error:", "  " + done.error[1][2:6]]
    assert printed_plainly(done.said)


def printed_plainly(text: str) -> bool:
    """Whether a text has no effect on a terminal."""
    return all(letter == "\n" or letter.isprintable() for letter in text)


def test_a_choice_is_listed_on_one_line() -> None:
    """The choices of an option are listed on one line."""
    done = run("export")
    assert done.error[0] == "Error: Missing argument 'form'. Choose from: sam, terraform"


@pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
def test_answers_on_a_terminal_are_escaped(
    form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Answers on a terminal are escaped, in every output form."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "dumb")  # which shows no bold headings
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    with serving(saying(EVIL, status=200)) as url:
        assert app.run(["predict", "--url", url, "--data", "{}", "-o", form]) == 0
    shown = screen.getvalue()
    assert all(letter == "\n" or letter.isprintable() for letter in shown)
    assert "good" in shown


def test_data_in_a_pipe_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Data in a pipe is unchanged, except that lone surrogates are escaped."""
    monkeypatch.chdir(tmp_path)
    said = "\x1b[32m\x9b\u202e\n:smile:"
    with serving(saying(said, said, 200)) as url:
        done = run("predict", "--url", url, "--data", "{}", "-o", "csv")
    assert list(csv.reader(io.StringIO(done.out)))[1] == ["1", said, "200", said]
    with serving(saying(EVIL, EVIL, 200)) as url:
        done = run("predict", "--url", url, "--data", "{}", "-o", "csv")
    assert list(csv.reader(io.StringIO(done.out)))[1][1] == EVIL.replace("\ud800", r"\ud800")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_stays_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str) -> None:
    """JSON stays valid JSON with the same meaning, on any standard output."""
    monkeypatch.chdir(tmp_path)
    said = f"{EVIL} añil 日本語 👨‍👩‍👧"
    with serving(saying(said, said, 200)) as url:
        done = run("predict", "--url", url, "--data", "{}", "--json", encoding=encoding)
    assert printed_plainly(done.out)
    assert len(done.out.splitlines()) == 1
    line = json.loads(done.out)
    assert (line["prediction"], line["reason"]) == (said, said)


def test_a_table_takes_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Cells of a table are plain text, without rich's markup."""
    table = Table()
    table.add_column("a")
    table.add_row("[red]x[/red] :smile:")
    console.MESSAGES.print(table)
    assert "[red]x[/red] :smile:" in capsys.readouterr().err
    assert Text.from_markup("[red]x").plain == "x"


def test_a_log_keeps_its_lines_and_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    """Log events keep newlines and tabs; other control characters are escaped."""
    write_log("START\tx\nTraceback\x1b[2J\r")
    write_to_stderr(f"POST /{EVIL} 200")
    assert capsys.readouterr().err == f"START\tx\nTraceback\\x1b[2J\\r\nPOST /{SHOWN} 200\n"


def test_warnings_and_logs_of_libraries_are_escaped() -> None:
    """Warnings and log records of libraries are escaped, too."""
    program = Path(__file__).with_name("make_noise.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    shown = r"\x1b[32mgood\x9b0m\u202e\nError: forged"
    assert done.stderr.splitlines() == [
        f"UserWarning: {shown}",
        f"library: said {shown}",
        f"Error in the background (ValueError): {shown}",
        f"Error in the background (ValueError): {shown}",
    ]


def test_the_details_of_a_fault_are_escaped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file with a fault's details is escaped, since users will read it."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(EVIL)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("poner.pipeline.build", fail)
    assert run("build", "clf.sav").code == 1
    (file,) = (tmp_path / "cache").rglob("*.txt")
    text = file.read_text()
    assert "RuntimeError" in text
    assert printed_plainly(text)
