"""What the commands about AWS share: settings, the account, the function's name, a question."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from poner import deployer
from poner.aws_lambda.cors import Cors
from poner.bundle import Bundle, is_bundle, read_bundle
from poner.cli.console import say
from poner.config import Config, read_config
from poner.errors import BundleError, UsageError

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


@dataclass(frozen=True)
class Target:
    """A function in an account."""

    config: Config
    """The project's settings."""
    folder: Path
    """Where its Bundle lies, or would."""
    bundle: Bundle | None
    """The Bundle; None if there is none."""
    name: str
    """The function."""
    cloud: deployer.Cloud
    """The account and region."""


def open_target(path: Path | None, profile: str | None, region: str | None) -> Target:
    """The function that a command is about, named by the Bundle, or by poner.toml without one.

    A damaged Bundle stands in nobody's way where poner.toml names the function.

    Raises:
        BundleError: the Bundle is damaged or, where it was asked for, missing.
        UsageError: nothing names a function.
    """
    config = read_config(Path.cwd())
    folder = path or Path(config.build.out)
    bundle = None
    if path is not None or is_bundle(folder):
        try:
            bundle = read_bundle(folder)
        except BundleError:
            if path is not None or "name" not in config.project.model_fields_set:
                raise
    elif not config.model_fields_set:
        raise UsageError(
            f"Neither poner.toml nor a bundle in {folder} names a function here.",
            "Go to the project's folder, or name the folder that `poner build` wrote.",
        )
    name = config.project.name if bundle is None else bundle.manifest.settings.name
    cloud = deployer.open_cloud(profile or config.deploy.profile, region or config.deploy.region)
    return Target(config, folder, bundle, name, cloud)


def make_settings(config: Config) -> deployer.DeploySettings:
    """[deploy] as values."""
    values = config.deploy.model_dump(exclude={"region", "profile", "cors"})
    cors = config.deploy.cors
    return deployer.DeploySettings(**values, cors=Cors(**cors.model_dump()) if cors else None)


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
    for line in (*heading, *deployer.plan_lines(plan)):
        say(line)
