"""Faults between poner and AWS: throttled calls, lost answers, server errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import boto3
import botocore.endpoint
import pytest

from poner.deployer.aws.api import READ_ATTEMPTS, WRITE_ATTEMPTS, AwsApi
from poner.deployer.aws.cloud import AwsCloud
from poner.deployer.cloud import Cloud
from poner.deployer.desired import TRUST
from poner.deployer.failures import (
    BusyError,
    CredentialsError,
    PermissionMissingError,
    UncertainError,
    UnreachableError,
)
from poner.deployer.resources import Code
from tests.fakes.faulty_proxy import Fault, FaultyProxy
from tests.support.clouds import BUCKET, REGION, open_moto

Change = Callable[[Cloud, Path], object]
LARGE = b"zip" * 100_000
"""A file that is not sent in one piece."""


def upload(cloud: Cloud, path: Path) -> None:
    """Put a file of some size into the bucket."""
    path.write_bytes(LARGE)
    cloud.upload(path, BUCKET, "poner/cancer/a.zip")


def publish_layer(cloud: Cloud, path: Path) -> None:
    """Publish a layer."""
    path.write_bytes(b"zip")
    cloud.publish_layer("cancer-numpy", Code(path, ""), "", "python3.13", "x86_64")


WRITES: dict[str, tuple[str, Change]] = {
    "PublishLayerVersion": ("lambda", publish_layer),
    "CreateRole": ("iam", lambda cloud, _: cloud.create_role("poner-cancer", TRUST, {})),
    "CreateLogGroup": ("logs", lambda cloud, _: cloud.create_log_group("/aws/lambda/cancer", {})),
    "PutObject": ("s3", upload),
}
READS: dict[str, tuple[str, Callable[[Cloud], object]]] = {
    "GetFunction": ("lambda:GetFunction", lambda cloud: cloud.get_function("cancer")),
    "GetRole": ("iam:GetRole", lambda cloud: cloud.get_role("poner-cancer")),
    "DescribeLogGroups": ("logs:DescribeLogGroups", lambda cloud: cloud.get_log_group("/a")),
    "GetBucketLocation": (
        "s3:GetBucketLocation",
        lambda cloud: cloud.list_uploads(BUCKET, ""),
    ),
    "ListObjectsV2": ("s3:ListBucket", lambda cloud: cloud.list_uploads(BUCKET, "")),
    "GetCallerIdentity": ("sts:GetCallerIdentity", lambda cloud: cloud.get_identity()),
}


def is_done(cloud: Cloud, operation: str) -> bool:
    """Whether a write of `WRITES` took place."""
    match operation:
        case "PublishLayerVersion":
            return bool(cloud.list_layer_versions("cancer-numpy"))
        case "CreateRole":
            return cloud.get_role("poner-cancer") is not None
        case "CreateLogGroup":
            return cloud.get_log_group("/aws/lambda/cancer") is not None
        case _:
            there = cloud.list_uploads(BUCKET, "")
            return bool(there) and download(there[0]) == LARGE


def download(key: str) -> bytes:
    """Download a file of the bucket, which poner never does."""
    return boto3.client("s3", region_name=REGION).get_object(Bucket=BUCKET, Key=key)["Body"].read()


@pytest.fixture(params=WRITES)
def operation(request: pytest.FixtureRequest) -> str:
    """One writing operation of each service."""
    return request.param


@pytest.fixture(params=READS)
def question(request: pytest.FixtureRequest) -> str:
    """One reading operation of each service, and the unusual ones."""
    return request.param


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes botocore's pauses between its attempts."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def change(operation: str, tmp_path: Path) -> Callable[[], object]:
    """The function that makes the writing call."""
    return lambda: WRITES[operation][1](open_moto(), tmp_path / "a.zip")


# writes


def test_throttled_write_is_made_again(faults: FaultyProxy, operation: str, change):
    """A throttled write did nothing, so it is repeated, and a file is sent from its start."""
    faults.fail(operation, Fault.THROTTLED, nth=1)
    faults.fail(operation, Fault.THROTTLED, nth=2)
    change()
    assert faults.writes == {operation: 3}
    assert is_done(open_moto(), operation)


def test_throttling_without_end_is_said(faults: FaultyProxy, operation: str, change):
    """After some attempts the user is asked to wait."""
    faults.fail_always(operation, Fault.THROTTLED)
    with pytest.raises(BusyError, match="throttled"):
        change()
    assert faults.writes == {operation: WRITE_ATTEMPTS}


def test_waits_between_throttled_writes_grow(faults: FaultyProxy):
    """They double, with some chance in them, and stay below a limit."""
    waits: list[float] = []
    faults.fail_always("CreateLogGroup", Fault.THROTTLED)
    with pytest.raises(BusyError):
        AwsCloud(AwsApi(region=REGION, sleep=waits.append)).create_log_group("/a", {})
    limits = [min(2.0**attempt, 20.0) for attempt in range(WRITE_ATTEMPTS - 1)]
    assert len(waits) == len(limits)
    assert all(limit / 2 <= wait <= limit for wait, limit in zip(waits, limits, strict=True))


def test_lost_answer_of_a_write_is_uncertain(faults: FaultyProxy, operation: str, change):
    """A write whose answer was lost is not repeated, since it took place."""
    faults.fail(operation, Fault.LOST)
    with pytest.raises(UncertainError) as caught:
        change()
    assert caught.value.action == f"{WRITES[operation][0]}:{operation}"
    assert faults.writes == {operation: 1}
    assert is_done(open_moto(), operation)


def test_server_fault_in_a_write_is_uncertain(faults: FaultyProxy, operation: str, change):
    """A write with a server error is not repeated, since it may have taken place."""
    faults.fail(operation, Fault.SERVER_ERROR)
    with pytest.raises(UncertainError):
        change()
    assert faults.writes == {operation: 1}


def test_change_under_way_is_busy(faults: FaultyProxy, operation: str, change):
    """A change under way is a BusyError; the caller decides how long to wait."""
    faults.fail(operation, Fault.CONFLICT)
    with pytest.raises(BusyError):
        change()
    assert faults.writes == {operation: 1}


def test_missing_permission_is_named(faults: FaultyProxy, operation: str, change):
    """A missing permission is named in IAM's words, in a field and in the message."""
    faults.fail(operation, Fault.DENIED)
    with pytest.raises(PermissionMissingError) as caught:
        change()
    action = f"{WRITES[operation][0]}:{operation}"
    assert caught.value.action == action
    assert action in caught.value.message
    assert "poner doctor --policy" in caught.value.hint
    assert not is_done(open_moto(), operation)


def test_expired_credentials_are_said(faults: FaultyProxy, operation: str, change):
    """The hint says how to sign in again."""
    faults.fail(operation, Fault.EXPIRED)
    with pytest.raises(CredentialsError) as caught:
        change()
    assert "aws sso login" in caught.value.hint


# reads


def test_reads_are_tried_again(faults: FaultyProxy, question: str):
    """Reads change nothing, so they are retried after throttling, faults and lost answers."""
    for nth, fault in enumerate((Fault.THROTTLED, Fault.SERVER_ERROR, Fault.LOST), start=1):
        faults.fail(question, fault, nth=nth)
    READS[question][1](open_moto())
    assert faults.reads[question] == 4


def test_read_that_fails_in_the_end_is_unreachable(faults: FaultyProxy):
    """A read that fails in the end is unreachable, and changed nothing."""
    faults.fail_always("GetRole", Fault.SERVER_ERROR)
    with pytest.raises(UnreachableError):
        open_moto().get_role("poner-cancer")
    assert faults.reads == {"GetRole": READ_ATTEMPTS}


def test_missing_permission_of_a_read_is_named(faults: FaultyProxy, question: str):
    """IAM's name of an action is not always the operation's."""
    faults.fail(question, Fault.DENIED)
    with pytest.raises(PermissionMissingError) as caught:
        READS[question][1](open_moto())
    assert caught.value.action == READS[question][0]


def test_expired_credentials_of_a_read_are_said(faults: FaultyProxy):
    """Expired credentials of a read are an error with the same hint."""
    faults.fail_always("GetCallerIdentity", Fault.EXPIRED)
    with pytest.raises(CredentialsError):
        open_moto().get_identity()


def test_missing_permission_for_the_limits_is_an_error(faults: FaultyProxy):
    """A missing permission for the limits is an error; None means an unknown operation."""
    faults.fail("GetAccountSettings", Fault.DENIED)
    with pytest.raises(PermissionMissingError):
        open_moto().get_account_limits()
