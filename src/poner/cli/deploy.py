"""`poner plan` and `poner deploy`: put a Bundle on AWS."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from poner import deployer, pipeline
from poner.cli.console import print_data, print_json, print_lines, say
from poner.cli.deploying import (
    BundleArgument,
    ProfileOption,
    RegionOption,
    YesOption,
    confirm,
    show_plan,
)
from poner.deploy_target import DeployTarget, open_target
from poner.deployer.descriptions import as_json, plan_lines
from poner.doctor import changed_settings

CanaryOption = Annotated[
    int | None,
    typer.Option(
        "--canary",
        min=1,
        max=99,
        metavar="PERCENT",
        help="Share of requests for the new version; `poner promote` sends it the rest.",
    ),
]


def plan(
    path: BundleArgument = None,
    canary: CanaryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the plan as one line of JSON.")
    ] = False,
) -> None:
    """Show what a deploy would change on AWS, without changing anything."""
    target = open_target(path, profile, region)
    wish = _make_wish(target, canary, own=path is None)
    proposal = pipeline.plan(target.function.cloud, wish)
    if json_:
        print_json(as_json(proposal.plan))
        return
    for line in _heading(proposal):
        say(line)
    print_lines(plan_lines(proposal.plan))


def deploy(
    path: BundleArgument = None,
    canary: CanaryOption = None,
    yes: YesOption = False,
    skip_check: Annotated[
        bool,
        typer.Option("--skip-check", help="Do not test the URL after the deploy."),
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: Annotated[
        bool,
        typer.Option("--json", help="Print the deployment as one line of JSON."),
    ] = False,
) -> None:
    """Put a bundle on AWS Lambda and print its URL. Safe to repeat or interrupt."""
    target = open_target(path, profile, region)
    wish = _make_wish(target, canary, own=path is None)

    def agree(proposal: deployer.Proposal) -> bool:
        show_plan(proposal.plan, *_heading(proposal))
        return not proposal.plan.steps or confirm("Make these changes?", yes=yes)

    # no progress bars, which would overwrite the question
    deployment = pipeline.deploy(
        target.function.cloud,
        wish,
        agree=agree,
        check=not skip_check,
        reporter=pipeline.Reporter(notify=say),
    )
    if deployment is None:
        say("Nothing was changed.")
        raise typer.Exit(1)
    share = f"{canary}% of the" if deployment.canary else "all"
    say(f"Version {deployment.version} gets {share} requests.")
    if json_:
        print_json(dataclasses.asdict(deployment))
    else:
        print_data(deployment.url)


def _make_wish(target: DeployTarget, canary: int | None, *, own: bool) -> deployer.Wish:
    """What to deploy. Warns if poner.toml changed since the project's own Bundle was built."""
    wish = target.make_wish(canary or 0)
    newer = changed_settings(wish.bundle, target.config) if own else {}
    if newer:
        what = ", ".join(f"{key} = {value}" for key, value in newer.items())
        say(f"Note: the bundle is older than poner.toml, which says {what}; run `poner build`.")
    return wish


def _heading(proposal: deployer.Proposal) -> list[str]:
    desired, interrupted = proposal.desired, proposal.interrupted
    account = proposal.observed.identity.account
    heading = f"{desired.name} in {desired.region}, account {account}:"
    if interrupted is None:
        return [heading]
    done, planned = len(interrupted.done), len(interrupted.planned)
    return [
        f"The deploy of {interrupted.begun} stopped after {done} of {planned} steps; this one "
        "continues it.",
        heading,
    ]
