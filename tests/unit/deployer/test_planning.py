"""What a deploy does, seen from what was there before and what is there afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from poner.bundle import Bundle
from poner.deployer.descriptions import plan_lines
from poner.deployer.desired import PUBLIC_STATEMENTS
from poner.deployer.settings import TAG
from poner.deployer.steps import (
    MoveAlias,
    PublishVersion,
    TagFunction,
    UpdateCode,
    UpdateConfiguration,
)
from poner.signature import Feature
from tests.fakes.fake_cloud import FakeCloud
from tests.support.shipping import NAME, PUBLIC, Account, CountedReads

ROLE = "poner-cancer-eu-west-1"


def test_first_deploy(account: Account) -> None:
    """A first deploy leaves all that is listed in docs/deploying.md."""
    deployment = account.deploy(account.bundle())
    function = account.snapshot["functions"][NAME]
    assert function["tags"] == {TAG: NAME}
    assert list(function["versions"]) == ["1"]
    assert function["aliases"]["live"]["version"] == "1"
    assert function["aliases"]["live"]["url"] == {"auth": "NONE", "cors": None}
    assert tuple(function["aliases"]["live"]["statements"].values()) == tuple(
        sorted(PUBLIC_STATEMENTS, key=lambda one: one.sid)
    )
    assert account.snapshot["roles"][ROLE]["tags"] == {TAG: NAME}
    assert account.snapshot["log_groups"] == {
        "/aws/lambda/cancer": {"retention_days": 30, "tags": {TAG: NAME}}
    }
    assert deployment.url == account.cloud.get_url(NAME, "live").url
    assert (deployment.version, deployment.auth, deployment.canary) == ("1", "NONE", False)


def test_first_deploy_in_few_writes(account: Account) -> None:
    """A first deploy of a native bundle makes 9 writes, one with five layers and a cap 15."""
    assert account.count_writes(lambda: account.deploy(account.bundle())) == 9
    layers = tuple("abcde")
    other = account.bundle(layers=layers, name="other")
    wish = replace(PUBLIC, reserved_concurrency=5)
    assert account.count_writes(lambda: account.deploy(other, wish)) == 15


def test_role_may_write_its_log_only(deployed: Account) -> None:
    """The role of poner's allows two actions on one log group."""
    (statement,) = deployed.snapshot["roles"][ROLE]["policies"]["poner-logs"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/cancer:*",
    }


def test_nothing_to_change(deployed: Account) -> None:
    """A second deploy writes nothing and asks eight things."""
    before = deployed.snapshot
    deployed.cloud, cloud = CountedReads(deployed.cloud), deployed.cloud
    proposal = deployed.propose(deployed.bundle())
    assert sum(deployed.cloud.counts.values()) == 8
    deployed.cloud = cloud
    assert deployed.count_writes(lambda: deployed.carry_out(proposal)) == 0
    assert deployed.snapshot == before
    assert deployed.journals == []


def test_first_look_is_short(account: Account) -> None:
    """Where there is no function, its parts are not asked for."""
    account.cloud = CountedReads(account.cloud)
    account.propose(account.bundle())
    assert sum(account.cloud.counts.values()) == 4


def test_second_machine_takes_over(deployed: Account, tmp_path: Path) -> None:
    """Another machine, without journals, finds nothing to change."""
    assert Account(tmp_path / "other", deployed.cloud).plan(deployed.bundle()).steps == ()


def test_two_regions_have_two_roles(account: Account) -> None:
    """IAM knows no regions, so the role's name holds the function's."""
    account.deploy(account.bundle())
    account.cloud = FakeCloud("us-east-1")
    account.deploy(account.bundle())
    assert list(account.snapshot["roles"]) == ["poner-cancer-us-east-1"]


def test_deployment_after_nothing(deployed: Account) -> None:
    """A deploy that changes nothing still knows the URL and the version."""
    first = deployed.deploy(deployed.bundle())
    assert (first.version, first.url) == ("1", deployed.cloud.get_url(NAME, "live").url)


def test_new_code(deployed: Account) -> None:
    """Other code is one version more; what answered is remembered."""
    steps = deployed.plan(deployed.bundle("2")).steps
    assert [type(step) for step in steps] == [UpdateCode, PublishVersion, MoveAlias]
    deployed.deploy(deployed.bundle("2"))
    assert deployed.live == ("2", {}, "previous=1")


def test_new_settings(deployed: Account) -> None:
    """Another memory is one version more, with the same code, which is not sent again."""
    bundle = deployed.bundle(memory_mb=256)
    (update, _, _) = steps = deployed.plan(bundle).steps
    assert [type(step) for step in steps] == [UpdateConfiguration, PublishVersion, MoveAlias]
    assert [change.field for change in update.changes] == ["memory"]
    deployed.deploy(bundle)
    assert deployed.live[0] == "2"
    assert deployed.snapshot["functions"][NAME]["versions"]["2"]["memory_mb"] == 256


def test_new_architecture(deployed: Account) -> None:
    """Another architecture goes with the code."""
    deployed.deploy(deployed.bundle(architecture="arm64"))
    version = deployed.snapshot["functions"][NAME]["versions"]["2"]
    assert version["architecture"] == "arm64"


def test_environment_is_replaced(deployed: Account) -> None:
    """Variables are added, changed and removed; each makes a version."""
    for environment in ({"ONE": "1", "TWO": "2"}, {"ONE": "3"}, {}):
        deployed.deploy(deployed.bundle(), replace(PUBLIC, environment=environment))
        version = deployed.snapshot["functions"][NAME]["versions"][deployed.live[0]]
        assert version["environment"] == environment


def test_back_to_what_was(deployed: Account) -> None:
    """What there is a version of already is answered by that one: only the alias moves."""
    deployed.deploy(deployed.bundle("2"))
    assert deployed.kinds(deployed.bundle()) == ["MoveAlias"]
    deployed.deploy(deployed.bundle())
    assert deployed.live == ("1", {}, "previous=2")
    assert deployed.plan(deployed.bundle()).steps == ()


def test_tags_are_added(deployed: Account) -> None:
    """Tags are added and changed without a new version; those of others stay."""
    arn = deployed.function.latest.arn
    deployed.cloud.tag_function(arn, {"theirs": "1", "team": "old"})
    wish = replace(PUBLIC, tags={"team": "health"})
    assert [type(step) for step in deployed.plan(deployed.bundle(), wish).steps] == [TagFunction]
    deployed.deploy(deployed.bundle(), wish)
    assert deployed.function.tags == {TAG: NAME, "theirs": "1", "team": "health"}


def other_features(bundle: Bundle) -> Bundle:
    """A Bundle of the same name whose model has another feature."""
    features = (*bundle.manifest.signature.features, Feature("dose", "dose"))
    signature = replace(bundle.manifest.signature, features=features)
    return replace(bundle, manifest=replace(bundle.manifest, signature=signature))


def test_function_of_another_model_is_told_first(deployed: Account) -> None:
    """Two projects of one name: the second deploy would replace the first's function."""
    other = other_features(deployed.bundle("2"))
    first, *_ = plan_lines(deployed.plan(other))
    assert first.startswith("Note: cancer serves another model now")
    deployed.deploy(other)
    assert not [line for line in plan_lines(deployed.plan(other)) if "another model" in line]


def test_model_fitted_anew_is_no_other_model(deployed: Account) -> None:
    """Nor is the first deploy of a name."""
    for plan in (deployed.plan(deployed.bundle("2")), deployed.plan(deployed.bundle(name="new"))):
        assert not [line for line in plan_lines(plan) if "another model" in line]


def test_function_that_is_switched_off_is_told(deployed: Account) -> None:
    """By this deploy, or by an earlier one or somebody's hand."""
    note = "The function is switched off by a reserved concurrency of 0: it refuses all calls."
    off = replace(PUBLIC, reserved_concurrency=0)
    assert note in deployed.plan(deployed.bundle(), off).notes
    deployed.deploy(deployed.bundle(), off)
    assert note in deployed.plan(deployed.bundle()).notes
    back = deployed.plan(deployed.bundle(), replace(PUBLIC, reserved_concurrency=5))
    assert note not in back.notes


def test_day_is_one(account: Account) -> None:
    """Of the log's events, in the plan's words."""
    plan = account.plan(account.bundle(), replace(PUBLIC, log_retention_days=1))
    assert "      retention: for ever -> 1 day" in plan_lines(plan)


def test_runtime_of_old_function_is_changed(deployed: Account) -> None:
    """A new runtime is a setting like others."""
    steps = deployed.plan(deployed.bundle(runtime="python3.14")).steps
    assert [change.field for change in steps[0].changes] == ["runtime"]
