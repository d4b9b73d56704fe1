"""`poner plan` and `poner deploy`: a Bundle to AWS."""

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
        help="Give a new version this share of the traffic; `poner promote` gives it the rest.",
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
    """Show what a deploy would change on AWS, and change nothing."""
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
        typer.Option(
            "--skip-check", help="Do not end by asking the URL a row whose answer is known."
        ),
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    json_: Annotated[
        bool,
        typer.Option(
            "--json", help="Print what is deployed as one line of JSON, instead of the URL."
        ),
    ] = False,
) -> None:
    """Put a bundle on AWS Lambda behind a Function URL; may be repeated and interrupted."""
    target = open_target(path, profile, region)
    wish = _make_wish(target, canary, own=path is None)

    def agree(proposal: deployer.Proposal) -> bool:
        show_plan(proposal.plan, *_heading(proposal))
        return not proposal.plan.steps or confirm("Do this?", yes=yes)

    # lines only: where bars are drawn, the question would be wiped away
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
    share = f" gets {canary}% of the traffic" if deployment.canary else " answers"
    say(f"Version {deployment.version}{share}.")
    if json_:
        print_json(dataclasses.asdict(deployment))
    else:
        print_data(deployment.url)


def _make_wish(target: DeployTarget, canary: int | None, *, own: bool) -> deployer.Wish:
    """What is to be deployed; says where the project's own Bundle is older than poner.toml."""
    wish = target.make_wish(canary or 0)
    newer = changed_settings(wish.bundle, target.config) if own else {}
    if newer:
        what = ", ".join(f"{key} = {value}" for key, value in newer.items())
        say(f"Note: poner.toml now has {what}; run `poner build` to have it in the bundle.")
    return wish


def _heading(proposal: deployer.Proposal) -> list[str]:
    desired, interrupted = proposal.desired, proposal.interrupted
    account = proposal.observed.identity.account
    heading = f"{desired.name} in {desired.region}, account {account}:"
    if interrupted is None:
        return [heading]
    done, planned = len(interrupted.done), len(interrupted.planned)
    return [
        f"A deploy begun at {interrupted.begun} stopped after {done} of {planned} steps; this one "
        "goes on from what is there.",
        heading,
    ]
