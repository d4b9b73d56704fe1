"""The README is true: its commands are run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()
BY_HAND = ("make ", "poner local", "curl ")
"""Commands of the README that other tests run: set-up, and a server in the background."""


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_notebook_example_runs(tmp_path: Path) -> None:
    """The Python example prints what its comment says."""
    (example,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == re.search(r"# (\[.*\])", example)[1]  # type: ignore[index]


def test_the_tour_runs(tmp_path: Path) -> None:
    """Each command of the tour works, and what train and predict print stands there."""
    (tmp_path / "bin").mkdir()
    poner = tmp_path / "bin" / "poner"
    poner.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from poner.cli import main; main()" "$@"\n'
    )
    poner.chmod(0o755)
    commands = re.findall(r"^\$ (.*)$", "\n".join(blocks("console")), re.MULTILINE)
    commands += [line for block in blocks("bash") for line in block.splitlines()]
    script = "\n".join(line for line in commands if not line.startswith(BY_HAND))
    assert script.count("poner ") == 5
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "COLUMNS": "100"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert line in README or line == "from-file"
