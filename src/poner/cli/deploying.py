"""What the commands about AWS share: options, the question before a change, printed plans."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from poner import deployer
from poner.cli.console import say
from poner.deployer.descriptions import plan_lines
from poner.errors import UsageError

BundleArgument = Annotated[
    Path | None, typer.Argument(metavar="PATH", help="Bundle. Default: this project's.")
]
FunctionArgument = Annotated[
    Path | None,
    typer.Argument(metavar="PATH", help="Bundle of the function. Default: this project's."),
]
FunctionOption = Annotated[
    Path | None,
    typer.Option("--bundle", help="Bundle of the function. Default: this project's."),
]
ProfileOption = Annotated[
    str | None, typer.Option(help="AWS profile. Default: poner.toml's, then AWS_PROFILE.")
]
RegionOption = Annotated[
    str | None,
    typer.Option(help="AWS region. Default: poner.toml's, then AWS_REGION, then the profile's."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the change.")]


def confirm(question: str, *, yes: bool) -> bool:
    """Ask a question on the terminal; the default answer is no.

    Raises:
        UsageError: standard input is not a terminal.
        Abort: the input ended, or was interrupted.
    """
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("Without a terminal, poner cannot ask.", "Add --yes to agree in advance.")
    while True:
        say(f"{question} [y/N]: ", end="")
        try:
            answer = sys.stdin.readline()  # typer.confirm writes to standard output
        except KeyboardInterrupt:
            answer = ""
        if not answer:
            say("")
            raise typer.Abort
        if answer.strip().lower() in ("y", "yes"):
            return True
        if answer.strip().lower() in ("n", "no", ""):
            return False


def show_plan(plan: deployer.Plan, *heading: str) -> None:
    """Print a plan below its heading, for people."""
    for line in (*heading, *plan_lines(plan)):
        say(line)
