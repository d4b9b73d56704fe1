"""A removal deletes everything that poner made for a function, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poner.aws_lambda import quotas
from poner.deployer.descriptions import plan_lines
from poner.deployer.resources import Alias, Code
from poner.deployer.settings import TAG
from poner.deployer.steps import DeleteLayerVersion
from poner.errors import DeployError
from tests.support.shipping import BUCKET, NAME, PUBLIC, Account

ROLE = "poner-cancer-eu-west-1"
LOGS = "/aws/lambda/cancer"


def test_everything(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a removal the account is as it was before the first deploy."""
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 0)
    before = account.snapshot
    wish = replace(PUBLIC, bucket=BUCKET, reserved_concurrency=5)
    account.deploy(account.bundle("1", ("numpy", "onnx")), wish)
    account.deploy(account.bundle("2", ("numpy",)), wish, percent=10)
    account.destroy()
    assert account.snapshot == before


def test_nothing(account: Account) -> None:
    """Without resources the plan is empty."""
    plan = account.destroy()
    assert (plan.steps, plan.notes) == ((), ())


def test_twice(account: Account) -> None:
    """A second removal finds nothing."""
    account.deploy(account.bundle("1", ("numpy",)))
    account.destroy()
    assert account.destroy().steps == ()


def test_it_is_listed(account: Account) -> None:
    """The plan names the function with what goes with it, and each other thing."""
    account.deploy(account.bundle("1", ("numpy",)))
    account.deploy(account.bundle("2", ("numpy",)))
    account.cloud.create_alias(NAME, Alias("audited", "1", {}))
    lines = list(plan_lines(account.destroy()))
    assert lines[0] == "  - remove function cancer"
    assert "      versions: 1, 2 -> (none)" in lines
    assert "      aliases: live, audited -> (none)" in lines
    assert any(line.startswith("  - remove layer version cancer-numpy-") for line in lines)
    assert f"  - remove role {ROLE}" in lines
    assert f"  - remove log group {LOGS}" in lines
    assert lines[-1] == "5 to remove."


def test_function_of_others(account: Account) -> None:
    """A function that poner did not make is refused, with all around it."""
    account.deploy(account.bundle("1", ("numpy",)))
    account.take_tags_away()
    before = account.snapshot
    with pytest.raises(DeployError, match="was not made by poner"):
        account.destroy()
    assert account.snapshot == before


def test_log_group_of_others(account: Account) -> None:
    """A log group that was there before the function stays, and is named."""
    account.cloud.create_log_group(LOGS, {"theirs": "yes"})
    account.deploy(account.bundle())
    plan = account.destroy()
    assert plan.notes == (f"The log group {LOGS} stays: poner did not make it.",)
    assert list(account.snapshot["log_groups"]) == [LOGS]


def test_role_of_others(account: Account) -> None:
    """A role with poner's name for it that poner did not make stays, and is named."""
    account.cloud.create_role("given", {"Service": "lambda.amazonaws.com"}, {})
    wish = replace(PUBLIC, role="arn:aws:iam::123456789012:role/given")
    account.deploy(account.bundle(), wish)
    account.cloud.create_role(ROLE, {}, {"theirs": "yes"})
    plan = account.destroy()
    assert plan.notes == (f"The role {ROLE} stays: poner did not make it.",)
    assert list(account.snapshot["roles"]) == ["given", ROLE]


def test_own_role_goes_after_another_was_given(account: Account) -> None:
    """A role of poner's that the function no longer uses is deleted, too."""
    account.deploy(account.bundle())
    account.cloud.create_role("given", {"Service": "lambda.amazonaws.com"}, {})
    wish = replace(PUBLIC, role="arn:aws:iam::123456789012:role/given")
    account.deploy(account.bundle(), wish)
    account.destroy()
    assert list(account.snapshot["roles"]) == ["given"]


@pytest.mark.parametrize("other", ["cancer-b", "cancer-numpy", "cance", "canceR"])
def test_second_function(account: Account, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function of a similar name with the same packages loses nothing."""
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 0)
    wish = replace(PUBLIC, bucket=BUCKET)
    account.deploy(account.bundle("1", ("numpy", "onnx"), name=other), wish)
    before = account.snapshot
    account.deploy(account.bundle("1", ("numpy", "onnx")), wish)
    account.destroy()
    assert account.snapshot == before


def test_layers_of_others(account: Account) -> None:
    """Layers with a name like poner's, and versions by hand of poner's own, stay."""
    bundle = account.bundle("1", ("numpy",))
    (layer,) = account.propose(bundle).desired.layers
    publish = account.cloud.publish_layer
    for name in (layer.name, "cancer-tools", "cancer-numpy-abcdefabcdef"):
        publish(name, layer.code, "by hand", "python3.13", "x86_64")
    publish("cancer-tools", layer.code, layer.description, "python3.13", "x86_64")
    before = account.snapshot
    account.deploy(bundle)
    account.destroy()
    assert account.snapshot == before


def test_layers_that_no_version_names(account: Account) -> None:
    """Layers that an interrupted deploy of another machine left are found by their names."""
    bundle = account.bundle("1", ("numpy",))
    (layer,) = account.propose(bundle).desired.layers
    account.cloud.publish_layer(
        layer.name, Code(layer.code.path, layer.code.sha256), layer.description, "", ""
    )
    account.destroy()
    assert account.layers == []


def test_bucket_is_gone(account: Account) -> None:
    """A bucket that was removed first does not keep the rest from going."""
    account.deploy(account.bundle())
    plan = account.destroy(bucket="nowhere")
    assert plan.notes[0].startswith("Uploads are not removed:")
    assert account.snapshot["functions"] == {}


def test_role_is_ours_by_its_tag(account: Account) -> None:
    """The rest of an interrupted removal is recognised by its tags."""
    account.cloud.create_role(ROLE, {}, {TAG: NAME})
    account.cloud.create_log_group(LOGS, {TAG: "another"})
    account.destroy()
    assert account.snapshot["roles"] == {}
    assert list(account.snapshot["log_groups"]) == [LOGS]


def test_already_gone(account: Account) -> None:
    """A resource that someone else removes meanwhile counts as removed."""
    account.deploy(account.bundle("1", ("numpy",)))
    plan = account.destroy()
    account.do(plan)
    assert account.snapshot["functions"] == {}


def attach_by_hand(account: Account, arn: str) -> None:
    """Give the function's $LATEST another layer, as in AWS's console, and publish a version."""
    latest = account.function.latest.setup
    setup = replace(latest, layer_arns=(*latest.layer_arns, arn))
    account.cloud.update_configuration(NAME, setup)
    account.cloud.publish_version(NAME, latest.code_sha256, latest.description)


def test_layer_of_a_second_function_in_use(account: Account) -> None:
    """A layer of `cancer-b` has a name that one of `cancer` could have; its description tells."""
    account.deploy(account.bundle("1", ("numpy",), name="cancer-b"))
    (layer,) = account.snapshot["layers"]
    account.deploy(account.bundle("1"))
    attach_by_hand(account, layer)
    for source in ("2", "3", "4"):
        account.deploy(account.bundle(source), replace(PUBLIC, keep=1))
    assert layer in account.snapshot["layers"]
    account.destroy()
    assert layer in account.snapshot["layers"]


def test_layer_of_another_account_in_use(account: Account) -> None:
    """A layer's ARN counts, not its name and number, which this account may have as well."""
    account.deploy(account.bundle("1", ("numpy",)))
    (layer,) = account.snapshot["layers"]
    shared = layer.replace("123456789012", "210987654321")
    assert shared != layer
    account.cloud.share_layer(shared)
    account.deploy(account.bundle("2"))
    attach_by_hand(account, shared)
    plan = account.plan(account.bundle("3"), replace(PUBLIC, keep=1))
    removed = [step.arn for step in plan.steps if isinstance(step, DeleteLayerVersion)]
    assert removed == [layer]


@pytest.mark.parametrize(
    "description",
    ["poner cancer sha256:", "poner cancer sha256:by hand", "poner cancer sha256:" + "0" * 64],
)
def test_layers_with_half_a_description(account: Account, description: str) -> None:
    """A layer whose description lacks the hash that its name begins is not poner's."""
    bundle = account.bundle("1", ("numpy",))
    (layer,) = account.propose(bundle).desired.layers
    account.cloud.publish_layer(layer.name, layer.code, description, "python3.13", "x86_64")
    before = account.snapshot
    account.deploy(bundle)
    account.destroy()
    assert account.snapshot == before
