"""`poner status`, `url`, `logs`, `rollback`, `promote` and `destroy`: what is on AWS already."""

from __future__ import annotations

import dataclasses
import re
import time
from typing import Annotated

import typer

from poner import deployer
from poner.cli.console import print_data, print_json, print_lines, say
from poner.cli.deploying import (
    FunctionArgument,
    FunctionOption,
    ProfileOption,
    RegionOption,
    Target,
    YesOption,
    confirm,
    open_target,
    show_plan,
)
from poner.errors import DeployError, UsageError

JsonOption = Annotated[bool, typer.Option("--json", help="Print all of it as one line of JSON.")]

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def status(
    path: FunctionArgument = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: JsonOption = False,
) -> None:
    """Show what is deployed: which version answers, at which URL, and what others there are."""
    found = _status(open_target(path, profile, region))
    if json_:
        print_json(dataclasses.asdict(found))
        return
    print_lines(f"{key:<12}{value}" for key, value in _facts(found))


def url(
    path: FunctionArgument = None, profile: ProfileOption = None, region: RegionOption = None
) -> None:
    """Print the Function URL."""
    target = open_target(path, profile, region)
    found = _status(target)
    if found.url is None:
        raise DeployError(f"{target.name} has no URL.", "Make it with `poner deploy`.")
    print_data(found.url)


def logs(
    path: FunctionArgument = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Go on with what is logged from now on, until Ctrl-C."),
    ] = False,
    since: Annotated[str, typer.Option(help="How far back to begin: 90s, 10m, 2h, 1d.")] = "10m",
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print each event as a line of JSON.")
    ] = False,
) -> None:
    """Print what the function logged."""
    since_ms = max(0, int(time.time()) - _seconds(since)) * 1000
    target = open_target(path, profile, region)
    deployer.observe_own(target.cloud, target.name)
    log_group = deployer.log_group_name(target.name)
    events = deployer.read_logs(target.cloud, log_group, since_ms, follow=follow)
    event = None
    for event in events:
        if json_:
            print_json(dataclasses.asdict(event))
        else:
            print_data(event.message)
    if event is None:
        say(f"{target.name} logged nothing in the last {since}.")


def rollback(
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="VERSION",
            help="Its number, of those in `poner status`; default: the one that answered before.",
        ),
    ] = None,
    bundle: FunctionOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
) -> None:
    """Go back to the version before, or to any that is left; withdraws a canary."""
    target = open_target(bundle, profile, region)
    observed = deployer.observe_own(target.cloud, target.name)
    _do(target, deployer.plan_rollback(target.name, observed, version))


def promote(
    bundle: FunctionOption = None, profile: ProfileOption = None, region: RegionOption = None
) -> None:
    """Send all traffic to the version that `poner deploy --canary` gave a share of it."""
    target = open_target(bundle, profile, region)
    observed = deployer.observe_own(target.cloud, target.name)
    _do(target, deployer.plan_promotion(target.name, observed))


def destroy(
    path: FunctionArgument = None,
    yes: YesOption = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
) -> None:
    """Remove from AWS all that poner made for this function, and only that."""
    target = open_target(path, profile, region)
    plan = deployer.plan_removal(target.cloud, target.name, bucket=target.config.deploy.bucket)
    if not plan.steps:
        say(f"There is nothing of poner's for {target.name} in {target.cloud.region}.")
        return
    show_plan(plan, f"{target.name} in {target.cloud.region}:")
    if not confirm("Remove all this? Logs and versions are lost.", yes=yes):
        say("Nothing was removed.")
        raise typer.Exit(1)
    deployer.do_plan(target.cloud, plan, notify=say, clock=deployer.Clock())


def _do(target: Target, plan: deployer.Plan) -> None:
    """Show and do a plan of one call, and say what answers then."""
    show_plan(plan, f"{target.name} in {target.cloud.region}:")
    deployer.do_plan(target.cloud, plan, notify=lambda line: None, clock=deployer.Clock())
    for step in plan.steps:
        if isinstance(step, deployer.MoveAlias):
            say(f"Version {step.main} answers all requests.")


def _status(target: Target) -> deployer.Status:
    observed = deployer.observe_own(target.cloud, target.name)
    return deployer.make_status(observed, target.name, target.cloud.region)


def _facts(found: deployer.Status) -> list[tuple[str, str]]:
    """What there is, a line each, in columns."""
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
    return "nothing" if environments is None else f"{environments} environments, and no more"


def _seconds(text: str) -> int:
    """`10m` in seconds.

    Raises:
        UsageError: it is no such time.
    """
    matched = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if matched is None:
        raise UsageError(f"--since does not take {text!r}.", "Write it as 90s, 10m, 2h or 1d.")
    return int(matched[1]) * _UNITS_S[matched[2]]
