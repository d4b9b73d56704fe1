"""What users read, held as whole texts: `make golden` writes them anew, the diff is reviewed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from poner.bundle import Bundle

FILES = Path(__file__).parent / "files"
COMMANDS = [
    "init",
    "train",
    "build",
    "layer",
    "local",
    "predict",
    "doctor",
    "plan",
    "deploy",
    "status",
    "url",
    "logs",
    "rollback",
    "promote",
    "destroy",
    "export",
    "demo",
]

ASK_FOR_HELP = """
import contextlib, io, json, sys
from poner.cli import app
helps = {}
for command in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as text:
        app.run([*command.split(), "--help"])
    helps[command] = text.getvalue()
print(json.dumps(helps))
"""
"""One process for all: most of its time it imports."""


def check(name: str, text: str) -> None:
    """Compare with the golden file, or write it where UPDATE_GOLDEN is set."""
    path = FILES / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The help of every command, at 100 columns and without colours."""
    done = subprocess.run(
        [sys.executable, "-c", ASK_FOR_HELP, "", *COMMANDS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"},
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(helps: dict[str, str], command: str) -> None:
    """The help of every command."""
    text = "\n".join(line.rstrip() for line in helps[command].splitlines()) + "\n"
    check(f"help-{command or 'poner'}.txt", text)


def test_zip_listing(article_bundle: Bundle) -> None:
    """What is in function.zip, with modes; the versions of Python and their tags left out."""
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    with zipfile.ZipFile(article_bundle.function_zip) as archive:
        lines = [
            f"{entry.external_attr >> 16:o} {entry.filename.replace(tag, 'cpython-TAG')}\n"
            for entry in archive.infolist()
        ]
    check("function-zip.txt", "".join(lines))


def test_entry_file(article_bundle: Bundle) -> None:
    """lambda_function.py, as it stands in the zip."""
    with zipfile.ZipFile(article_bundle.function_zip) as archive:
        check("lambda_function.txt", archive.read("lambda_function.py").decode())
