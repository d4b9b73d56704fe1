"""The same flow from Python: `poner.deploy` gives a Deployment with the other verbs."""

from __future__ import annotations

import pytest

import poner
from poner.deployer import DeploySettings
from poner.errors import DeployError, UsageError
from tests.support.clouds import BUCKET, REGION
from tests.support.deploying import Project, account


def deploy(project: Project, **arguments: object) -> poner.Deployment:
    """Deploy the project's Bundle without its known row, since moto runs no function."""
    lines: list[str] = []
    return poner.deploy(
        project.folder / "build", region=REGION, check=False, notify=lines.append, **arguments
    )


def test_deployment_says_what_answers(project: Project):
    """URL and version; the default takes signed requests only."""
    deployment = deploy(project)
    found = deployment.status()
    assert found.url == deployment.url
    assert (found.live, found.auth) == ("1", "AWS_IAM")
    assert deployment.facts.account == found.account


def test_a_deployment_prints_as_one_line(project: Project):
    """`print(deployment)` shows name, version, region, URL and access."""
    deployment = deploy(project)
    name = deployment.facts.name
    assert str(deployment) == f"{name} version 1 in {REGION}: {deployment.url} (AWS_IAM)"


def test_settings_are_those_of_poner_toml_s_deploy_section(project: Project):
    """By the same names; what a command deployed is what Python deploys."""
    project.deploy()
    undisturbed = account()
    deploy(project, settings=DeploySettings(auth="none"))
    assert account() == undisturbed


def test_a_canary_is_promoted_and_rolled_back(project: Project):
    """The alias moves, and a rollback goes to the version before or to a named one."""
    deploy(project)
    project.rebuild("# 2")
    deployment = deploy(project, canary=10)
    assert deployment.facts.canary
    assert dict(deployment.status().canary) == {"2": 0.1}
    deployment.promote()
    assert (deployment.status().live, dict(deployment.status().canary)) == ("2", {})
    deployment.rollback()
    assert deployment.status().live == "1"
    deployment.rollback("2")
    assert deployment.status().live == "2"


def test_a_canary_is_a_percentage(project: Project):
    """100 and more would be no canary, and less than 0 no share."""
    before = account()
    for percent in (100, -1):
        with pytest.raises(UsageError, match=f"canary is {percent}"):
            deploy(project, canary=percent)
    assert account() == before


def test_destroy_leaves_nothing(project: Project):
    """Its uploads are deleted, too, and then there is no function to ask."""
    deployment = deploy(project, settings=DeploySettings(bucket=BUCKET))
    deployment.destroy()
    assert not any(account()[kind] for kind in ("functions", "roles", "uploads", "layers"))
    with pytest.raises(DeployError, match="There is no function cancer"):
        deployment.status()
