"""`poner init`: a project to start from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from poner import templates
from poner.cli.console import print_data, say


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new project.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the Lambda function. Default: the folder's name.")
    ] = None,
) -> None:
    """Create an example project: train.py, poner.toml and README.md."""
    for path in templates.create_project(folder, name=name):
        print_data(str(path))
    say(f"Next: cd {shlex.quote(str(folder))} && poner train")
