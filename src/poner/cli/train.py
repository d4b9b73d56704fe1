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
        bool, typer.Option("--search", help="Search features and parameters again (minutes).")
    ] = False,
) -> None:
    """Run this folder's train.py, with the Python that runs poner."""
    run_script(Path.cwd(), search=search)


def run_script(folder: Path, *, search: bool = False) -> None:
    """Run a project's train.py in its folder.

    Raises:
        UsageError: the folder has no train.py.
        MissingPackageError: scikit-learn is not installed.
        TrainingError: the script failed; its own message is on standard error.
    """
    if not (folder / SCRIPT).is_file():
        raise UsageError(
            f"There is no {SCRIPT} in {folder}.",
            "Change to the project's folder, or make one with `poner init DIR`.",
        )
    check_extra("local", "`poner train`")
    command = [sys.executable, SCRIPT, *(["--search"] if search else [])]
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code != 0:
        raise TrainingError(
            f"{SCRIPT} ended with exit status {code}.",
            "See its message above, correct the script and run `poner train` again.",
        )
