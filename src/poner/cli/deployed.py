"""`poner status`, `url`, `logs`, `rollback`, `promote`, `destroy`: the function on AWS."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable
from typing import Annotated

import typer

from poner import deployer, pipeline
from poner.cli.console import print_data, print_json, print_lines, say
from poner.cli.deploying import (
    FunctionArgument,
    FunctionOption,
    ProfileOption,
    RegionOption,
    YesOption,
    confirm,
    show_plan,
)
from poner.deploy_target import DeployTarget, open_target
from poner.errors import DeployError, UsageError

JsonOption = Annotated[bool, typer.Option("--json", help="Print the status as one line of JSON.")]

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def status(
    path: FunctionArgument = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: JsonOption = False,
) -> None:
    """Show what is deployed: the URL, the version that answers, and the other versions."""
    found = open_target(path, profile, region).function.read_status()
    if json_:
        print_json(dataclasses.asdict(found))
        return
    print_lines(f"{key:<12}{value}" for key, value in _facts(found))


def url(
    path: FunctionArgument = None, profile: ProfileOption = None, region: RegionOption = None
) -> None:
    """Print the URL of the deployed function."""
    found = open_target(path, profile, region).function.read_status()
    if found.url is None:
        raise DeployError(f"The function {found.name} has no URL.", "Make one with `poner deploy`.")
    print_data(found.url)


def logs(
    path: FunctionArgument = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Keep printing new events until Ctrl-C."),
    ] = False,
    since: Annotated[str, typer.Option(help="How far back to start: 90s, 10m, 2h, 1d.")] = "10m",
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print each event as a line of JSON.")
    ] = False,
) -> None:
    """Print the log of the deployed function."""
    since_ms = max(0, int(time.time()) - _seconds(since)) * 1000
    function = open_target(path, profile, region).function
    event = None
    for event in function.read_logs(since_ms, follow=follow):
        if json_:
            print_json(dataclasses.asdict(event))
        else:
            print_data(event.message)
    if event is None:
        say(f"The log of {function.name} has no events of the last {since}.")


def rollback(
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="VERSION",
            help="Number of the version in `poner status`. Default: the previous version.",
        ),
    ] = None,
    bundle: FunctionOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
) -> None:
    """Send all requests to the previous version, or to VERSION. Ends a canary."""
    target = open_target(bundle, profile, region)
    done = pipeline.roll_back(target.function, version, agree=_showing(target))
    _say_who_answers(done)


def promote(
    bundle: FunctionOption = None, profile: ProfileOption = None, region: RegionOption = None
) -> None:
    """Send all requests to the version that `poner deploy --canary` introduced."""
    target = open_target(bundle, profile, region)
    _say_who_answers(pipeline.promote(target.function, agree=_showing(target)))


def destroy(
    path: FunctionArgument = None,
    yes: YesOption = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
) -> None:
    """Delete from AWS everything that poner made for this function, and nothing else."""
    target = open_target(path, profile, region)

    def agree(plan: deployer.Plan) -> bool:
        if not plan.steps:
            say(f"There is nothing to delete: poner has not deployed {target.place}.")
            return True
        show_plan(plan, f"{target.place}:")
        return confirm("Delete all this, with its versions and logs?", yes=yes)

    reporter = pipeline.Reporter(notify=say)
    bucket = target.config.deploy.bucket
    if pipeline.remove(target.function, bucket, agree=agree, reporter=reporter) is None:
        say("Nothing was deleted.")
        raise typer.Exit(1)


def _showing(target: DeployTarget) -> Callable[[deployer.Plan], bool]:
    """Agrees to every plan, after printing it."""

    def agree(plan: deployer.Plan) -> bool:
        show_plan(plan, f"{target.place}:")
        return True

    return agree


def _say_who_answers(plan: deployer.Plan | None) -> None:
    if plan is not None and plan.live is not None:
        say(f"Version {plan.live} gets all requests.")


def _facts(found: deployer.Status) -> list[tuple[str, str]]:
    """The status as pairs of a name and a text, one line each."""
    retention = f", kept {found.retention_days} days" if found.retention_days else ""
    facts = [
        ("function", found.name),
        ("region", f"{found.region}, account {found.account}"),
        ("url", f"{found.url} ({found.auth})" if found.url else "none"),
        ("answers", f"version {found.live}" if found.live else "no version"),
        *(("canary", f"{share:.0%} to version {one}") for one, share in found.canary.items()),
        *([("rollback", f"to version {found.previous}")] if found.previous else []),
        ("reserved", _reserved(found.reserved_concurrency)),
        ("log", f"{found.log_group}{retention}" if found.log_group else "none"),
    ]
    for one in found.versions:
        what = f"{one.runtime}, {one.memory_mb} MB, {one.modified[:19]}, {one.description}"
        facts.append((f"version {one.version}", what))
    return facts


def _reserved(environments: int | None) -> str:
    return "nothing" if environments is None else f"{environments} environments, also its limit"


def _seconds(text: str) -> int:
    """`10m` in seconds.

    Raises:
        UsageError: the text is not a number with a unit.
    """
    matched = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if matched is None:
        raise UsageError(f"--since is no time: {text!r}.", "Write it as 90s, 10m, 2h or 1d.")
    return int(matched[1]) * _UNITS_S[matched[2]]
