"""The command line: exit codes, streams, and two sentences instead of a traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from poner import cli
from poner.bundle import Bundle
from poner.cli import app
from tests.conftest import WIRE_NAMES

SCAN = dict(zip(WIRE_NAMES, [0.07951, 24.86, 26.58, 1866.0, 0.01], strict=True))


def run(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`poner` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from poner.cli import main; main()", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["build", "--engine", "nonsense"],
        ["build", "--architecture", "sparc"],
        ["build", "model.sav", "--features", "a,,b"],
        ["build", "model.sav", "--labels", "0"],
        ["build", "model.sav", "--runtime", "python2.7"],
        ["predict"],
        ["predict", "--data", "{}", "--url", "ftp://x"],
        ["predict", "nothing.csv", "--url", "http://127.0.0.1:1"],
        ["train"],
        ["local", "nowhere"],
        ["local", ".", "--runtime", "python3.11"],
        ["local", ".", "--runtime", "python3.11", "--handler", "a.b", "--env", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Wrong usage ends with 2, says why on standard error, and prints no data."""
    monkeypatch.chdir(tmp_path)
    assert app.run(arguments) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "nothing.sav"],
        ["build"],
        ["predict", "--data", "{}"],
        ["predict", "--data", "nope", "--url", "http://127.0.0.1:1"],
        ["predict", "--data", "3", "--url", "http://127.0.0.1:1"],
        ["predict", "--data", "[[1, 2]]", "--url", "http://127.0.0.1:1"],
        ["predict", "--data", "{}", "--url", "http://127.0.0.1:1"],
    ],
    ids=" ".join,
)
def test_failures_are_exit_code_1(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A failure ends with 1 and two sentences: what is wrong, and what to do."""
    monkeypatch.chdir(tmp_path)
    assert app.run(arguments) == 1
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Error: ")
    assert printed.err.count("\n") >= 2
    assert "Traceback" not in printed.err


def test_a_fault_of_ours_is_kept_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An unforeseen exception becomes a sentence with the path of its details."""
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("poner.templates.create_project", lambda *_, **__: 1 / 0)
    assert app.run(["init", str(tmp_path / "x")]) == 1
    printed = capfd.readouterr().err
    assert "Traceback" not in printed
    (details,) = (tmp_path / "faults").iterdir()
    modes = [path.stat().st_mode & 0o777 for path in (details.parent, details)]
    assert modes == [0o700, 0o600]
    assert details.name in printed.replace("\n", "")
    assert "ZeroDivisionError" in details.read_text()


@pytest.mark.parametrize(
    "arguments", [["--version"], ["predict", "--data", "[]", "--url", "http://127.0.0.1:1/"]]
)
def test_a_full_disk_behind_standard_output_is_said(arguments: list[str]) -> None:
    """A full disk behind standard output is an error, not a fault; also for a table."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from poner.cli import main; main()", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: Standard output cannot be written: No space left on device.",
        "  Free some space, or send the output elsewhere.",
    ]


def test_an_interruption_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An interruption gives exit code 130, as in shells, and one line."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("poner.templates.create_project", interrupt)
    assert app.run(["init", str(tmp_path / "x")]) == 130
    assert capfd.readouterr() == ("", "Interrupted.\n")


def test_an_interruption_while_starting_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An interruption during the imports gives one line, too."""

    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "poner.cli.app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "poner.cli.app")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130
    assert capfd.readouterr() == ("", "Interrupted.\n")


def test_a_fault_of_ours_is_kept_without_a_cache_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """If the cache cannot be written, the details go to the folder for temporary files."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("poner.templates.create_project", lambda *_, **__: 1 / 0)
    assert app.run(["init", str(tmp_path / "x")]) == 1
    assert "Traceback" not in capfd.readouterr().err
    (details,) = tmp_path.glob("poner-*/*.txt")
    assert "ZeroDivisionError" in details.read_text()


def test_a_fault_that_cannot_be_kept_is_said_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """If no folder can be written, there is still no traceback."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("poner.templates.create_project", lambda *_, **__: 1 / 0)
    with monkeypatch.context() as patched:  # pytest itself needs temporary files
        patched.setattr("tempfile.tempdir", str(tmp_path / "file"))
        assert app.run(["init", str(tmp_path / "x")]) == 1
    printed = capfd.readouterr().err
    assert "Traceback" not in printed
    assert "ZeroDivisionError" in printed


def test_a_full_disk_that_nobody_foresaw_is_two_sentences(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An unexpected full disk gives two sentences, not a fault."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")

    monkeypatch.setattr("poner.templates.create_project", fail)
    assert app.run(["init", "x"]) == 1
    assert capfd.readouterr().err.splitlines() == [
        "Error: /tmp/x cannot be written: No space left on device.",
        "  Free some space, or set TMPDIR to another folder for temporary files.",
    ]


def test_a_broken_poner_toml_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A wrong key or value in poner.toml is an error that names it."""
    monkeypatch.chdir(tmp_path)
    for text, key in (
        ("[function]\nmemory_mb = 1", "function.memory_mb"),
        ("[function]\nmemory = 128", "function.memory"),
        ('[project]\nname = "a b"', "project.name"),
        ("[function", "poner.toml"),
    ):
        Path("poner.toml").write_text(text)
        assert app.run(["build"]) == 1
        assert key in capfd.readouterr().err


def test_version_and_help(tmp_path: Path) -> None:
    """--version prints it; no arguments print the help and end with 2."""
    done = run("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "0.1.0\n")
    assert run(cwd=tmp_path).returncode == 2


def test_import_is_light(tmp_path: Path) -> None:
    """`import poner` loads neither scikit-learn nor numpy nor boto3."""
    code = "import sys, poner; print(sorted({'sklearn', 'numpy', 'boto3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_predict_asks_the_local_function(article_bundle: Bundle) -> None:
    """Without a URL, predict starts the bundle and stops it afterwards."""
    folder = article_bundle.folder.parent
    done = run("predict", "--json", "--data", json.dumps(SCAN), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "row": 1,
        "prediction": 1,
        "label": "malignant",
        "status": 200,
        "reason": "OK",
    }


def test_predict_reads_csv_by_either_name(article_bundle: Bundle, tmp_path: Path) -> None:
    """A CSV's columns may have either name, in any order; `-o csv` prints CSV."""
    folder = article_bundle.folder.parent
    names = list(reversed(WIRE_NAMES))
    values = ",".join(str(SCAN[name]) for name in names)
    (tmp_path / "scans.csv").write_text(",".join(names) + "\n" + values + "\n" + values + "\n")
    done = run("predict", tmp_path / "scans.csv", "-o", "csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "row,prediction,label,status,reason\n1,1,malignant,200,OK\n" + (
        "2,1,malignant,200,OK\n"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("meanConcavePoints,worstRadius,worstTexture,worstArea\n1,2,3,4\n", "worstConcavePoints"),
        (",".join([*WIRE_NAMES, "age"]) + "\n1,2,3,4,5,6\n", "age"),
        (",".join([*WIRE_NAMES, "worstArea"]) + "\n1,2,3,4,5,6\n", "worstArea"),
        (",".join(WIRE_NAMES) + "\n1,2,3,4,five\n", "worstConcavePoints"),
        (",".join(WIRE_NAMES) + "\n1,2,3\n", "worstArea"),
        ("", "empty"),
    ],
)
def test_a_csv_that_does_not_fit_is_named(
    article_bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    text: str,
    named: str,
) -> None:
    """An extra or missing column, or a cell that is not a number, is an error that names it."""
    (tmp_path / "scans.csv").write_text(text)
    monkeypatch.chdir(article_bundle.folder.parent)
    assert app.run(["predict", str(tmp_path / "scans.csv")]) == 1
    said = capfd.readouterr().err
    assert named in said
    assert "five" not in said


def test_a_refused_row_is_exit_code_1_with_its_reason(article_bundle: Bundle) -> None:
    """A row the function refuses is shown with its reason; the others are answered."""
    bad = {**SCAN, "worstArea": "large"}
    done = run(
        "predict", "--json", "--data", json.dumps([SCAN, bad]), cwd=article_bundle.folder.parent
    )
    assert done.returncode == 1
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["prediction"] == 1
    assert second["prediction"] is None
    assert second["reason"] == "'worstArea' must be a number, not a string"


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Two sentences and exit code 2, for every command but --version."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$1"; rmdir "$1"; exec "$2" -c "from poner.cli import main; main()" predict "{}"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(gone), sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: The current folder cannot be used:")


def test_closed_standard_input_is_an_error(tmp_path: Path, article_bundle: Bundle) -> None:
    """`predict -` says that there is nothing to read."""
    code = "import sys; sys.stdin = None; from poner.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "predict", "-", "--bundle", str(article_bundle.folder)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Standard input is closed.")
