"""`poner doctor`: finds what blocks a build or a deploy, and names the fix."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from poner.bundle import is_bundle, read_bundle
from poner.cli.console import print_json, print_lines, say
from poner.cli.deploying import BundleArgument, ProfileOption, RegionOption
from poner.config import read_config
from poner.deploy_target import open_cloud
from poner.deployer.doctor import Intention, any_account, check_account
from poner.deployer.failures import CloudError
from poner.deployer.policy import make_policy
from poner.deployer.resources import Document
from poner.doctor import Project, check_project
from poner.findings import Finding


def doctor(
    path: BundleArgument = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    policy: Annotated[
        bool, typer.Option("--policy", help="Print the IAM policy that poner needs, as JSON.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Find what blocks a build or a deploy, and say how to fix it."""
    if policy:
        print_json(_make_policy(path, profile, region), indent=2)
        return
    today = datetime.date.today()
    project = check_project(Path(), path, today)
    if not json_:
        _show(project.findings)
    of_cloud = check_account(
        lambda: open_cloud(project.config, profile, region),
        _intention(project),
        today,
    )
    findings = (*project.findings, *of_cloud)
    if json_:
        print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        _show(of_cloud)
    states = [finding.state for finding in findings]
    to_fix, warnings = states.count("fix"), states.count("warning")
    say(f"{to_fix} to fix, {warnings} {'warning' if warnings == 1 else 'warnings'}.")
    if to_fix:
        raise typer.Exit(1)


def _intention(project: Project) -> Intention:
    bundle = project.bundle
    manifest = bundle.manifest if bundle else None
    zips = (manifest.function, *(layer.zip for layer in manifest.layers)) if manifest else ()
    return Intention(
        name=manifest.settings.name if manifest else project.config.project.name,
        runtime=project.runtime,
        settings=project.config.deploy,
        zip_bytes=tuple(record.size_bytes for record in zips),
    )


def _make_policy(path: Path | None, profile: str | None, region: str | None) -> Document:
    """The IAM policy of this project; for any account if AWS does not tell the account."""
    config = read_config(Path())
    folder = path or Path(config.build.out)
    name = config.project.name
    if path is not None or is_bundle(folder):
        name = read_bundle(folder).manifest.settings.name
    cloud = open_cloud(config, profile, region)
    try:
        identity = cloud.get_identity()
    except CloudError as error:
        identity = any_account(cloud.region)
        say(f"{error.message} The policy has * for the account; put yours there.")
    return make_policy(name, cloud.region, identity, config.deploy)


def _show(findings: Sequence[Finding]) -> None:
    """Print a line for each finding, and its remedy below."""
    for finding in findings:
        print_lines([f"{finding.state:<8} {finding.check:<12}  {finding.found}"])
        if finding.remedy:
            print_lines([f"{'':<8} {'':<12}  {finding.remedy}"])
