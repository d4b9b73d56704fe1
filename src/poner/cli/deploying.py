"""What the commands about AWS share: arguments, the question, and how a plan is shown."""

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
    Path | None, typer.Argument(metavar="PATH", help="The bundle; default: as poner.toml says.")
]
FunctionArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH", help="Bundle that names the function; default: as poner.toml says."
    ),
]
FunctionOption = Annotated[
    Path | None,
    typer.Option("--bundle", help="Bundle that names the function; default: as poner.toml says."),
]
ProfileOption = Annotated[
    str | None, typer.Option(help="AWS profile; default: poner.toml's, then AWS_PROFILE.")
]
RegionOption = Annotated[
    str | None,
    typer.Option(help="AWS region; default: poner.toml's, then AWS_REGION, then the profile's."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def confirm(question: str, *, yes: bool) -> bool:
    """Whether to go on; no is the default.

    Raises:
        UsageError: there is nobody to ask.
        Abort: the input ended, or was interrupted.
    """
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to ask on.", "Add --yes to do it without being asked."
        )
    while True:
        say(f"{question} [y/N]: ", end="")
        try:
            answer = sys.stdin.readline()  # typer.confirm writes a blank to standard output
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
    """A plan with lines above it, for people."""
    for line in (*heading, *plan_lines(plan)):
        say(line)
