"""What the fake can be told to do, beyond the contract: delays, hooks, and being compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner.deployer.cloud import (
    AccountLimits,
    Alias,
    BusyError,
    Code,
    ConcurrencyRefusedError,
    FunctionSetup,
    FunctionState,
    RoleNotReadyError,
    UncertainError,
)
from poner.deployer.desired import PUBLIC_STATEMENTS, TRUST
from tests.fakes.fake_cloud import FakeCloud


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """A zip."""
    path = tmp_path / "function.zip"
    path.write_bytes(b"zip")
    return Code(path, "9ba90ef3be1be70e0bbf49ac8b41e2f7ab7d4ca1d9d7a2a0e1ab3b2b0ab0ae5c")


def make_function(cloud: FakeCloud, code: Code) -> None:
    """A role and a function with it."""
    role = cloud.get_role("role") or cloud.create_role("role", TRUST, {})
    setup = FunctionSetup(
        code_sha256=code.sha256,
        runtime="python3.13",
        architecture="x86_64",
        handler="a.b",
        memory_mb=128,
        timeout_s=3,
        description="",
        role_arn=role.arn,
        layer_arns=(),
        environment={},
        log_format="Text",
    )
    cloud.create_function("f", code, setup, {})


def test_new_role_cannot_be_assumed_at_once(code: Code):
    """As often as it was told."""
    cloud = FakeCloud(role_refusals=2)
    for _ in range(2):
        with pytest.raises(RoleNotReadyError):
            make_function(cloud, code)
    make_function(cloud, code)
    assert cloud.get_function("f") is not None


def test_role_that_lambda_may_not_assume_never_works(code: Code):
    """Waiting does not help."""
    cloud = FakeCloud()
    cloud.create_role("role", {"Statement": []}, {})
    with pytest.raises(RoleNotReadyError):
        make_function(cloud, code)


def test_changes_are_under_way_until_they_were_asked_for(code: Code):
    """A creation is pending, an update in progress; neither lets the next change in."""
    cloud = FakeCloud(update_polls=1)
    make_function(cloud, code)
    with pytest.raises(BusyError):
        cloud.update_code("f", code, "x86_64")
    assert cloud.get_state("f").state == "Pending"
    assert cloud.get_state("f") == FunctionState("Active", "Successful")
    cloud.update_code("f", code, "x86_64")
    assert cloud.get_state("f") == FunctionState("Active", "InProgress")


def test_what_is_raised_before_a_write_kept_it_from_happening():
    """As when the network is gone."""

    def fail(method: str) -> None:
        raise UncertainError(f"{method} failed.", "Look.")

    cloud = FakeCloud(before=fail)
    with pytest.raises(UncertainError, match="create_log_group"):
        cloud.create_log_group("g", {})
    assert cloud.get_log_group("g") is None


def test_what_is_raised_after_a_write_lost_its_answer_only():
    """As when the process is killed."""

    def fail(method: str) -> None:
        raise KeyboardInterrupt

    cloud = FakeCloud(after=fail)
    with pytest.raises(KeyboardInterrupt):
        cloud.create_log_group("g", {})
    assert cloud.get_log_group("g") is not None


def test_concurrency_is_refused_to_small_accounts(code: Code):
    """A hundred environments stay unreserved, which new accounts do not have."""
    cloud = FakeCloud(limits=AccountLimits(10, 10, 0, 0))
    make_function(cloud, code)
    with pytest.raises(ConcurrencyRefusedError):
        cloud.set_concurrency("f", 1)


def test_accounts_made_the_same_way_are_equal(code: Code):
    """Whatever the URL's address is, and however often states were asked for."""

    def make(cloud: FakeCloud) -> FakeCloud:
        make_function(cloud, code)
        digest = cloud.get_function("f").latest.setup.code_sha256
        cloud.publish_version("f", digest, "one")
        cloud.create_alias("f", Alias("live", "1", {}))
        return cloud

    one, two = make(FakeCloud()), make(FakeCloud())
    assert one.snapshot() == two.snapshot()
    two.update_code("f", code, "x86_64")
    urls = {cloud.create_url("f", "live", "NONE", None).url for cloud in (one, two)}
    assert len(urls) == 2
    assert one.snapshot() == two.snapshot()
    two.change_permissions("f", "live", (), PUBLIC_STATEMENTS[:1])
    assert one.snapshot() != two.snapshot()
