"""What others made, changed or removed: refused, left alone, or put right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poner.deployer.descriptions import plan_lines
from poner.deployer.planning import ROLE_NOTE
from poner.deployer.settings import DeploySettings
from poner.errors import DeployError
from tests.support.shipping import NAME, Account

ROLE = "poner-cancer-eu-west-1"


def test_name_taken_by_a_function(account: Account) -> None:
    """A function that poner did not make is refused, and nothing is written."""
    account.deploy(account.bundle())
    account.take_tags_away()
    before = account.snapshot
    with pytest.raises(DeployError, match="cancer in eu-west-1 was not made by poner"):
        account.deploy(account.bundle("2"))
    assert account.snapshot == before


def test_function_of_another_name_tag(deployed: Account) -> None:
    """A copy of a function with its tags is not the function that the tag names."""
    deployed.rename("copy")
    with pytest.raises(DeployError, match="no tag poner:function=copy"):
        deployed.plan(deployed.bundle(name="copy"))


def test_name_taken_by_a_role(account: Account) -> None:
    """A role that poner did not make is refused, and nothing is written."""
    account.cloud.create_role(ROLE, {}, {"theirs": "yes"})
    before = account.snapshot
    with pytest.raises(DeployError, match=f"The role {ROLE} was not made by poner"):
        account.deploy(account.bundle())
    assert account.snapshot == before


def test_name_taken_meanwhile(account: Account) -> None:
    """A function that somebody makes while poner deploys is refused, too."""
    proposal = account.propose(account.bundle())
    other = Account(account.folder / "other", account.cloud)
    other.deploy(other.bundle())
    account.take_tags_away()
    before = account.snapshot["functions"]
    with pytest.raises(DeployError, match="was not made by poner"):
        account.carry_out(proposal)
    assert account.snapshot["functions"] == before


def test_role_deleted(deployed: Account) -> None:
    """A role that was deleted by hand is made again."""
    before = deployed.snapshot
    deployed.cloud.delete_role_policy(ROLE, "poner-logs")
    deployed.cloud.delete_role(ROLE)
    assert deployed.kinds(deployed.bundle()) == ["CreateRole", "PutRolePolicy"]
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


def test_role_policy_changed(deployed: Account) -> None:
    """A role that may do more, or less, than poner lets it is put right."""
    before = deployed.snapshot
    deployed.cloud.put_role_policy(ROLE, "poner-logs", {"Statement": []})
    assert deployed.kinds(deployed.bundle()) == ["PutRolePolicy"]
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


def test_alias_deleted(deployed: Account) -> None:
    """An alias that was deleted by hand comes back, with URL and permissions."""
    before = deployed.snapshot
    deployed.delete_alias()
    assert deployed.kinds(deployed.bundle()) == [
        "CreateAlias",
        "SetPermissions",
        "CreateUrl",
    ]
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


def test_url_deleted(deployed: Account) -> None:
    """A URL that was deleted by hand is made again; its permissions were left behind."""
    before = deployed.snapshot
    deployed.delete_url()
    assert deployed.kinds(deployed.bundle()) == ["CreateUrl"]
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


def test_url_streams(deployed: Account) -> None:
    """A URL that was told to stream results sends them whole again."""
    deployed.stream_url()
    assert deployed.kinds(deployed.bundle()) == ["UpdateUrl"]
    deployed.deploy(deployed.bundle())
    assert deployed.plan(deployed.bundle()).steps == ()


def test_role_deleted_with_variables(deployed: Account) -> None:
    """KMS knows the role that was there by more than its name, which the plan says."""
    settings = DeploySettings(environment={"KEY": "value"})
    deployed.deploy(deployed.bundle(), settings)
    assert ROLE_NOTE not in deployed.plan(deployed.bundle(), settings).notes
    deployed.cloud.delete_role_policy(ROLE, "poner-logs")
    deployed.cloud.delete_role(ROLE)
    assert ROLE_NOTE in deployed.plan(deployed.bundle(), settings).notes


def test_log_group_deleted(deployed: Account) -> None:
    """A log group that was deleted by hand is made again."""
    before = deployed.snapshot
    deployed.cloud.delete_log_group("/aws/lambda/cancer")
    deployed.deploy(deployed.bundle())
    assert deployed.snapshot == before


def test_version_deleted(deployed: Account) -> None:
    """Where the version that is wanted was deleted, it is published again."""
    deployed.deploy(deployed.bundle("2"))
    deployed.rollback()
    deployed.cloud.delete_version(NAME, "2")
    deployed.deploy(deployed.bundle("2"))
    assert deployed.live == ("3", {}, "previous=1")


def test_latest_changed(deployed: Account) -> None:
    """$LATEST is a workbench: what was changed there stays until the next version is made."""
    setup = replace(deployed.function.latest.setup, timeout_s=9)
    deployed.cloud.update_configuration(NAME, setup)
    assert deployed.plan(deployed.bundle()).steps == ()
    deployed.deploy(deployed.bundle("2"))
    assert deployed.function.latest.setup.timeout_s == 3


def test_alias_on_latest(deployed: Account) -> None:
    """An alias that was pointed at $LATEST gets a version, and does not remember $LATEST."""
    latest = replace(deployed.cloud.list_aliases(NAME)[0], version="$LATEST")
    deployed.cloud.update_alias(NAME, latest)
    deployed.deploy(deployed.bundle())
    assert deployed.live == ("1", {}, "")


def test_canary_where_the_alias_is_on_latest(deployed: Account) -> None:
    """$LATEST cannot share its traffic, so the new version gets all of it, and the plan says so."""
    latest = replace(deployed.cloud.list_aliases(NAME)[0], version="$LATEST")
    deployed.cloud.update_alias(NAME, latest)
    plan = deployed.plan(deployed.bundle("2"), percent=10)
    assert "no earlier version to share the traffic" in plan.notes[-1]
    assert not deployed.deploy(deployed.bundle("2"), percent=10).canary
    assert deployed.live == ("2", {}, "")


def test_plan_for_people_is_one_line_a_change(deployed: Account) -> None:
    """What changes is shown with old and new value."""
    lines = list(plan_lines(deployed.plan(deployed.bundle(memory_mb=256))))
    assert "      memory: 128 MB -> 256 MB" in lines


def test_version_published_by_hand(deployed: Account) -> None:
    """Of versions that are the same the newest answers."""
    deployed.deploy(deployed.bundle("2"))
    code = deployed.propose(deployed.bundle("1")).desired.code
    deployed.cloud.update_code(NAME, code, "x86_64")
    description = deployed.function.latest.setup.description
    deployed.cloud.publish_version(NAME, code.sha256, description)
    deployed.deploy(deployed.bundle("1"))
    assert deployed.live == ("3", {}, "previous=2")


def test_versions_by_hand_stay(account: Account) -> None:
    """A version that somebody published under a description of their own is not pruned."""
    account.deploy(account.bundle("1"))
    latest = account.function.latest.setup
    account.cloud.update_configuration(NAME, replace(latest, memory_mb=512))
    theirs = account.cloud.publish_version(NAME, latest.code_sha256, "audited in November")
    for source in ("2", "3", "4"):
        account.deploy(account.bundle(source), DeploySettings(keep=1))
    versions = account.snapshot["functions"][NAME]["versions"]
    assert theirs in versions
    assert len(versions) == 3
