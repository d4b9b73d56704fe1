"""What `poner plan` and `poner destroy` show, held as whole texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from poner.aws_lambda import quotas
from poner.aws_lambda.cors import Cors
from poner.deployer.descriptions import plan_lines
from poner.deployer.removal import plan_removal
from poner.deployer.settings import DeploySettings
from poner.deployer.steps import Plan
from tests.golden.test_golden import check
from tests.support.shipping import BUCKET, NAME, SECRET, Account

PUBLIC = DeploySettings(
    auth="none",
    bucket=BUCKET,
    cors=Cors(("https://example.com",), ("POST",), ("content-type",), max_age_s=600),
    environment={"API_KEY": SECRET},
    tags={"team": "health"},
    log_format="json",
    reserved_concurrency=5,
    keep=1,
)
LAYERS = ("numpy", "onnxruntime")


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account for zips that all go through a bucket."""
    monkeypatch.setattr(quotas, "DIRECT_UPLOAD_BYTES", 0)
    return Account(tmp_path)


def check_plan(name: str, plan: Plan) -> None:
    """Compare the lines of a plan with a golden file."""
    text = "".join(f"{line}\n" for line in plan_lines(plan))
    assert SECRET not in text
    check(f"plan-{name}.txt", text)


def test_first(account: Account) -> None:
    """The first deploy of a public function with layers."""
    check_plan("first", account.plan(account.bundle("1", LAYERS), PUBLIC))


def test_update(account: Account) -> None:
    """Another model with other layers and settings, while the oldest version is pruned."""
    account.deploy(account.bundle("1", ("numpy", "old")), PUBLIC)
    account.deploy(account.bundle("2", LAYERS), PUBLIC)
    wish = replace(
        PUBLIC,
        environment={"API_KEY": f"{SECRET}-2", "LEVEL": "info"},
        tags={"team": "cardiology"},
        reserved_concurrency=7,
        log_retention_days=0,
    )
    bundle = account.bundle("3", ("numpy", "torch"), memory_mb=1_024)
    check_plan("update", account.plan(bundle, wish, percent=10))


def test_nothing(account: Account) -> None:
    """A deploy that changes nothing."""
    bundle = account.bundle("1", LAYERS)
    account.deploy(bundle, PUBLIC)
    check_plan("nothing", account.plan(bundle, PUBLIC))


def test_public_to_iam(account: Account) -> None:
    """A public URL becomes one for signed requests, without CORS."""
    bundle = account.bundle("1", LAYERS)
    account.deploy(bundle, PUBLIC)
    check_plan("public-to-iam", account.plan(bundle, replace(PUBLIC, auth="iam", cors=None)))


def test_destroy(account: Account) -> None:
    """All of it is removed, but for a log group that was there before."""
    account.cloud.create_log_group("/aws/lambda/cancer", {})
    account.deploy(account.bundle("1", LAYERS), PUBLIC)
    account.deploy(account.bundle("2", LAYERS), PUBLIC, percent=10)
    url = account.cloud.get_url(NAME, "live")
    assert url is not None
    check_plan("destroy", plan_removal(account.cloud, NAME, bucket=BUCKET))
