"""Credentials, regions, profiles and endpoints: what fails before AWS answers a call."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest

from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.cloud import AwsCloud, open_cloud
from poner.deployer.failures import (
    CloudError,
    CredentialsError,
    UnreachableError,
)
from tests.fakes.faulty_proxy import Fault, FaultyProxy
from tests.support.clouds import ACCOUNT, REGION


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes botocore's pauses between its attempts."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))


def test_endpoint_where_nobody_is_is_unreachable():
    """An endpoint without a server is unreachable, and an unsent write is not uncertain."""
    cloud = AwsCloud(AwsApi(region=REGION))
    with pytest.raises(UnreachableError) as caught:
        cloud.create_log_group("/aws/lambda/cancer", {})
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize("setting", ["nonsense", "ftp//x"])
def test_endpoint_that_cannot_be_one_is_said(monkeypatch: pytest.MonkeyPatch, setting: str):
    """A mistyped AWS_ENDPOINT_URL is an error that names it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", setting)
    with pytest.raises(UnreachableError, match=setting):
        open_cloud(None, REGION).get_identity()


def test_region_that_cannot_be_one_is_said():
    """A mistyped region is an error that names it."""
    with pytest.raises(UnreachableError, match="eu west 1"):
        open_cloud(None, "eu west 1").get_identity()


def test_no_region_anywhere_is_said():
    """Without a region, the hint says where to set one."""
    with pytest.raises(CloudError) as caught:
        open_cloud(None, None)
    for place in ("poner.toml", "--region", "AWS_REGION"):
        assert place in caught.value.hint


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, name: str):
    """Boto3 reads only one of the names that AWS's tools read."""
    monkeypatch.setenv(name, "us-west-2")
    assert open_cloud(None, None).region == "us-west-2"
    assert open_cloud(None, REGION).region == REGION


def test_region_and_credentials_come_from_a_profile(
    moto: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """As AWS's own tools read them."""
    config = tmp_path / "config"
    config.write_text(
        "[profile work]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    cloud = open_cloud("work", None)
    assert cloud.region == "eu-central-1"
    assert cloud.get_identity().account == ACCOUNT


def test_unknown_profile_is_said():
    """An unknown profile is named in the message."""
    with pytest.raises(CredentialsError, match="nobody"):
        open_cloud("nobody", REGION)


def test_no_credentials_are_said(monkeypatch: pytest.MonkeyPatch):
    """Missing credentials are an error, for calls and for signatures."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    cloud = open_cloud(None, REGION)
    with pytest.raises(CredentialsError):
        cloud.get_identity()
    with pytest.raises(CredentialsError):
        cloud.sign("https://abc.lambda-url.eu-west-1.on.aws/", b"", {})


@pytest.mark.parametrize("fault", [Fault.DENIED, Fault.SERVER_ERROR])
def test_role_that_cannot_be_assumed_is_a_matter_of_credentials(
    faults: FaultyProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Fault
):
    """A role that cannot be assumed is an error of credentials: the write was never made."""
    config = tmp_path / "config"
    config.write_text(
        "[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n"
        "[profile work]\nregion = eu-west-1\nsource_profile = base\n"
        f"role_arn = arn:aws:iam::{ACCOUNT}:role/deployer\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    faults.fail_always("AssumeRole", fault)
    with pytest.raises(CredentialsError, match="AssumeRole"):
        open_cloud("work", None).create_log_group("/aws/lambda/cancer", {})
    assert faults.writes["CreateLogGroup"] == 0
