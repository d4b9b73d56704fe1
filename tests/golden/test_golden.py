"""What users read, held as whole texts: `make golden` writes them anew, the diff is reviewed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from poner.bundle import Bundle

FILES = Path(__file__).parent / "files"
COMMANDS = ["init", "train", "build", "local", "predict", "demo"]


def check(name: str, text: str) -> None:
    """Compare with the golden file, or write it where UPDATE_GOLDEN is set."""
    path = FILES / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str) -> None:
    """The help of every command, at 100 columns and without colours."""
    code = "from poner.cli import main; main()"
    arguments = [argument for argument in (command, "--help") if argument]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"},
    )
    text = "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"
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
