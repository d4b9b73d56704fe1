"""The README is true: its commands are run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text()
BY_HAND = ("make ", "poner local", "curl ", "poner doctor", "poner plan", "poner deploy")
"""Commands of the README that other tests run: set-up, a server in the background, and AWS."""


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", blocks("python"), ids=["notebook", "pipeline"])
def test_the_python_examples_run(example: str, tmp_path: Path) -> None:
    """They print what their comments say."""
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = re.findall(r"print\(.*  # (.*)", example)
    assert expected
    assert done.stdout.splitlines()[-len(expected) :] == expected


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
    assert script.count("poner ") == 7
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
        assert line in README or line in ("from-file", "with-layers")
