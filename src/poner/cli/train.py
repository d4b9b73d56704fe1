"""`poner train`: run the project's own train.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from poner.errors import PonerError, UsageError
from poner.extras import check_extra

SCRIPT = "train.py"


class TrainingError(PonerError):
    """The project's train.py failed."""


def train(
    search: Annotated[
        bool, typer.Option("--search", help="Search features and parameters anew (minutes).")
    ] = False,
) -> None:
    """Run train.py in this folder, with the Python that poner runs on."""
    run_script(Path.cwd(), search=search)


def run_script(folder: Path, *, search: bool = False) -> None:
    """Run a project's train.py in its folder.

    Raises:
        UsageError: there is none.
        MissingPackageError: scikit-learn is not installed.
        TrainingError: it failed; what it said is on standard error.
    """
    if not (folder / SCRIPT).is_file():
        raise UsageError(
            f"There is no {SCRIPT} in {folder}.",
            "Go to the project's folder, or make one with `poner init DIR`.",
        )
    check_extra("local", "`poner train`")
    command = [sys.executable, SCRIPT, *(["--search"] if search else [])]
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code != 0:
        raise TrainingError(
            f"{SCRIPT} ended with exit status {code}.",
            "What went wrong stands above; correct it and run `poner train` again.",
        )
