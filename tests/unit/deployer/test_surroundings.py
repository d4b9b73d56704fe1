"""What a function needs around it: role, log, concurrency, layers and uploads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poner.aws_lambda import quotas
from poner.deployer.failures import BucketError
from poner.deployer.resources import AccountLimits
from poner.deployer.steps import (
    CreateFunction,
    MoveAlias,
    PublishLayer,
    PublishVersion,
    SetConcurrency,
    SetRetention,
    UpdateCode,
    UpdateConfiguration,
    Upload,
)
from poner.errors import DeployError
from tests.support.shipping import BUCKET, NAME, PUBLIC, Account, CountedReads, Killed, OneFault

ROLE = "poner-cancer-eu-west-1"
GIVEN_ROLE = "arn:aws:iam::123456789012:role/given"


def test_role_given(account: Account) -> None:
    """A role that is given is used, and none is made or asked for."""
    account.cloud.create_role("given", {"Service": "lambda.amazonaws.com"}, {})
    wish = replace(PUBLIC, role=GIVEN_ROLE)
    account.deploy(account.bundle(), wish)
    assert list(account.snapshot["roles"]) == ["given"]
    assert account.snapshot["functions"][NAME]["versions"]["1"]["role_arn"] == GIVEN_ROLE
    account.cloud = CountedReads(account.cloud)
    assert account.plan(account.bundle(), wish).steps == ()
    assert sum(account.cloud.counts.values()) == 6


def test_role_given_later(deployed: Account) -> None:
    """With another role there is another version; poner's own stays for those before."""
    deployed.cloud.create_role("given", {"Service": "lambda.amazonaws.com"}, {})
    deployed.deploy(deployed.bundle(), replace(PUBLIC, role=GIVEN_ROLE))
    assert deployed.live[0] == "2"
    assert {*deployed.snapshot["roles"]} == {"given", ROLE}


def test_log_kept_for_ever(account: Account) -> None:
    """Log events may be kept for ever, also after they were not."""
    wish = replace(PUBLIC, log_retention_days=0)
    assert "SetRetention" not in account.kinds(account.bundle(), wish)
    account.deploy(account.bundle())
    (step,) = account.plan(account.bundle(), wish).steps
    assert isinstance(step, SetRetention)
    account.deploy(account.bundle(), wish)
    assert account.snapshot["log_groups"]["/aws/lambda/cancer"]["retention_days"] is None


def limited(concurrency: int, unreserved: int) -> AccountLimits:
    """An account's limits."""
    return AccountLimits(concurrency, unreserved, 0, 10**11)


def test_concurrency_reserved(account: Account) -> None:
    """Environments are reserved, changed, and left alone where nothing is said."""
    account.cloud.limits = limited(1_000, 1_000)
    account.deploy(account.bundle(), replace(PUBLIC, reserved_concurrency=5))
    assert account.function.reserved_concurrency == 5
    (step,) = account.plan(account.bundle(), replace(PUBLIC, reserved_concurrency=7)).steps
    assert isinstance(step, SetConcurrency)
    assert account.plan(account.bundle(), PUBLIC).steps == ()


def test_concurrency_limits_are_only_asked_for_a_change(account: Account) -> None:
    """The account's limits are not asked for where the number is right already."""
    wish = replace(PUBLIC, reserved_concurrency=5)
    account.deploy(account.bundle(), wish)
    account.cloud = CountedReads(account.cloud)
    account.plan(account.bundle(), wish)
    assert account.cloud.counts["get_account_limits"] == 0


def test_concurrency_of_a_new_account(account: Account) -> None:
    """An account that can reserve none is told so without a call, and deployed to all the same."""
    account.cloud.limits = limited(10, 10)
    wish = replace(PUBLIC, reserved_concurrency=5)
    plan = account.plan(account.bundle(), wish)
    assert not [step for step in plan.steps if isinstance(step, SetConcurrency)]
    assert "No concurrency is reserved for cancer" in plan.notes[1]
    assert account.deploy(account.bundle(), wish).version == "1"
    assert account.plan(account.bundle(), wish).steps == ()


def test_concurrency_refused(account: Account) -> None:
    """Where AWS does not tell its limits and refuses, that is a note and no failure."""
    account.cloud.limits = limited(10, 10)
    account.cloud.get_account_limits = lambda: None
    deployment = account.deploy(account.bundle(), replace(PUBLIC, reserved_concurrency=5))
    (note,) = deployment.notes
    assert note.startswith("No concurrency is reserved for cancer")
    assert account.function.reserved_concurrency is None


@pytest.mark.parametrize(
    ("wanted", "reservable"), [(100, True), (101, False)], ids=["to the limit", "one too many"]
)
def test_concurrency_to_the_limit(account: Account, wanted: int, reservable: bool) -> None:
    """AWS keeps 100 environments for functions that reserve none."""
    account.cloud.limits = limited(1_000, 200)
    found = "SetConcurrency" in account.kinds(
        account.bundle(), replace(PUBLIC, reserved_concurrency=wanted)
    )
    assert found is reservable


def test_layers_are_published_once(account: Account) -> None:
    """A layer goes up once; the next bundle that has it names the same version."""
    account.deploy(account.bundle("1", ("numpy", "onnx")))
    steps = account.plan(account.bundle("2", ("numpy", "onnx"))).steps
    assert not [step for step in steps if isinstance(step, PublishLayer)]
    account.deploy(account.bundle("2", ("numpy", "torch")))
    assert account.layers == ["cancer-numpy:1", "cancer-onnx:1", "cancer-torch:1"]
    arns = account.snapshot["functions"][NAME]["versions"]["2"]["layer_arns"]
    assert [arn.rpartition(":")[2] for arn in arns] == ["1", "1"]


def test_layers_in_another_order(account: Account) -> None:
    """Layers are unpacked one over the other, so their order is a change."""
    account.deploy(account.bundle("1", ("numpy", "onnx")))
    assert account.kinds(account.bundle("1", ("onnx", "numpy"))) == [
        "UpdateConfiguration",
        "PublishVersion",
        "MoveAlias",
    ]


def test_layer_of_the_right_name_only(account: Account) -> None:
    """A layer that only has the name is not taken for the one with this content."""
    bundle = account.bundle("1", ("numpy",))
    (layer,) = account.propose(bundle).desired.layers
    account.cloud.publish_layer(layer.name, layer.code, "by hand", "python3.13", "x86_64")
    account.deploy(bundle)
    (arn,) = account.snapshot["functions"][NAME]["versions"]["1"]["layer_arns"]
    assert arn.endswith(":2")


def test_layers_come_back(account: Account) -> None:
    """A layer that was pruned is published again, and the new version names what is there."""
    wish = replace(PUBLIC, keep=1)
    for source, layers in (("1", ("numpy",)), ("2", ()), ("3", ()), ("4", ("numpy",))):
        account.deploy(account.bundle(source, layers), wish)
    assert account.layers == ["cancer-numpy:2"]
    version = account.snapshot["functions"][NAME]["versions"]["4"]
    assert version["layer_arns"][0] in account.snapshot["layers"]


def test_latest_names_a_layer_that_is_gone(account: Account) -> None:
    """A layer that was removed by hand is published again, and $LATEST told its new number."""
    bundle = account.bundle("1", ("numpy",))
    account.deploy(bundle)
    (arn,) = account.function.latest.setup.layer_arns
    account.cloud.delete_layer_version(arn)
    steps = account.plan(account.bundle("2", ("numpy",))).steps
    assert [type(step) for step in steps] == [
        PublishLayer,
        UpdateCode,
        UpdateConfiguration,
        PublishVersion,
        MoveAlias,
    ]
    account.deploy(account.bundle("2", ("numpy",)))
    version = account.snapshot["functions"][NAME]["versions"]["2"]
    assert set(version["layer_arns"]) == set(account.snapshot["layers"])


def test_large_zips_go_through_the_bucket(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too large for a call is uploaded once, and removed when nothing needs it."""
    bundle = account.bundle("x" * 1_000, ("numpy",))
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 1_000)
    wish = replace(PUBLIC, bucket=BUCKET)
    steps = account.plan(bundle, wish).steps
    (upload,) = (step for step in steps if isinstance(step, Upload))
    (create,) = (step for step in steps if isinstance(step, CreateFunction))
    assert upload.code == create.code
    account.deploy(bundle, wish)
    sha256 = bundle.manifest.function.sha256
    assert account.snapshot["buckets"][BUCKET] == {f"poner/cancer/{sha256}.zip": sha256}
    assert account.plan(bundle, wish).steps == ()
    account.deploy(account.bundle("small"), wish)
    assert account.snapshot["buckets"][BUCKET] == {}


def test_too_large_without_a_bucket(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip that is too large is refused with its size, and where to name a bucket."""
    bundle = account.bundle()
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 100)
    with pytest.raises(
        DeployError, match=r"function\.zip has \d+ bytes, but a call takes at most 100"
    ):
        account.plan(bundle)


def test_absent_bucket(account: Account) -> None:
    """A bucket that is not there is refused before anything is made."""
    with pytest.raises(BucketError):
        account.deploy(account.bundle(), replace(PUBLIC, bucket="nowhere"))
    assert account.snapshot["functions"] == {}


def test_concurrency_lowered(account: Account) -> None:
    """What the function has reserved already is free for itself."""
    account.cloud.limits = limited(1_000, 105)
    account.deploy(account.bundle(), replace(PUBLIC, reserved_concurrency=5))
    account.cloud.limits = limited(1_000, 100)
    assert account.kinds(account.bundle(), replace(PUBLIC, reserved_concurrency=3)) == [
        "SetConcurrency"
    ]


def test_layers_of_the_workbench_stay(account: Account) -> None:
    """Layers of a deploy that was killed stay as long as $LATEST names them, and no longer."""
    account.deploy(account.bundle("1"))
    stop(account, "2", ("numpy",), 3)  # layer, code and settings of $LATEST
    account.deploy(account.bundle("1"))
    assert account.plan(account.bundle("1")).steps == ()
    assert account.layers == ["cancer-numpy:1"]
    account.deploy(account.bundle("3"))
    assert account.layers == []
    assert account.plan(account.bundle("3")).steps == ()


def test_layers_by_hand_stay(account: Account) -> None:
    """A version by hand of a layer that a killed deploy was to publish is left alone."""
    (layer,) = account.propose(account.bundle("1", ("numpy",))).desired.layers
    account.cloud.before = OneFault(Killed(), 5)
    with pytest.raises(Killed):
        account.deploy(account.bundle("1", ("numpy",)))
    account.cloud.before = lambda _: None
    account.cloud.publish_layer(layer.name, layer.code, "by hand", "python3.13", "x86_64")
    account.deploy(account.bundle("2"))
    assert account.layers == ["cancer-numpy:1"]


def stop(account: Account, source: str, layers: tuple[str, ...], after: int) -> None:
    """A deploy that is killed after so many writes."""
    account.cloud.after = OneFault(Killed(), after)
    with pytest.raises(Killed):
        account.deploy(account.bundle(source, layers))
    account.cloud.after = lambda _: None


def test_layers_of_several_killed_deploys(account: Account) -> None:
    """Layers of deploys that were killed one after the other go when one is done."""
    account.deploy(account.bundle("1"))
    for source in "234":
        stop(account, source, (f"of{source}",), 1)
    assert account.layers == ["cancer-of2:1", "cancer-of3:1", "cancer-of4:1"]
    account.deploy(account.bundle("5"))
    assert account.layers == []


def test_killed_before_a_layer_was_removed(account: Account) -> None:
    """A layer that only $LATEST named is not forgotten once $LATEST names another."""
    account.deploy(account.bundle("1"))
    stop(account, "2", ("numpy",), 3)  # layer, code and settings of $LATEST
    account.deploy(account.bundle("1"))
    stop(account, "3", (), 4)  # code, settings, version, alias
    assert account.layers == ["cancer-numpy:1"]
    account.deploy(account.bundle("3"))
    assert account.layers == []


def test_layers_of_a_deploy_killed_twice(account: Account) -> None:
    """A layer that the first run published and the second found is still known to the third."""
    account.deploy(account.bundle("1"))
    stop(account, "2", ("numpy",), 1)  # layer
    stop(account, "2", ("numpy",), 1)  # code
    account.deploy(account.bundle("3"))
    assert account.layers == []
