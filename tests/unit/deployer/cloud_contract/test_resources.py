"""Behaviour of a cloud that the deployer needs: identity, log groups, roles, uploads, layers.

Where moto 5.2.5 differs from AWS, the test says so, and asks moto for less.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace

import boto3
import pytest

from poner.deployer.aws import values
from poner.deployer.cloud import Cloud
from poner.deployer.desired import TRUST, make_role
from poner.deployer.failures import (
    BucketError,
    BusyError,
    ExistsError,
    MissingError,
    RejectedError,
)
from tests.support.cloud_contract import LOGS, TAGS, Account
from tests.support.clouds import ACCOUNT, BUCKET, REGION, make_bucket, open_moto


def test_identity_names_account_and_partition(cloud: Cloud):
    """The identity has the credentials' account and partition."""
    identity = cloud.get_identity()
    assert (identity.account, identity.partition) == (ACCOUNT, "aws")
    assert f":{ACCOUNT}:" in identity.arn
    assert cloud.region == REGION


def test_nothing_is_found_in_an_empty_account(cloud: Cloud):
    """Reading a missing resource gives None or an empty value, never an error."""
    assert cloud.get_function("cancer") is None
    assert cloud.list_versions("cancer") == ()
    assert cloud.list_aliases("cancer") == ()
    assert cloud.get_url("cancer", "live") is None
    assert cloud.get_statements("cancer", "live") == ()
    assert cloud.get_role("poner-cancer") is None
    assert cloud.get_role_policy("poner-cancer", "poner-logs") is None
    assert cloud.get_log_group(LOGS) is None
    assert cloud.list_layers("cancer-") == ()
    assert cloud.list_layer_versions("cancer-numpy") == ()
    assert cloud.list_uploads(BUCKET, "poner/") == ()
    assert list(cloud.list_log_events(LOGS, 0)) == []


def test_limits_are_unknown_where_the_service_does_not_tell(cloud: Cloud):
    """Limits are None if the service does not tell: moto lacks the call, the fake has no limits."""
    assert cloud.get_account_limits() is None


def test_denied_actions_are_unknown_where_iam_does_not_tell(cloud: Cloud):
    """Denied actions are None if IAM does not tell: moto cannot simulate policies."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/deployer"
    assert cloud.find_denied(arn, ["lambda:CreateFunction"]) is None


def test_the_root_user_may_do_everything(cloud: Cloud):
    """Nothing is denied to it, without asking."""
    assert cloud.find_denied(f"arn:aws:iam::{ACCOUNT}:root", ["lambda:CreateFunction"]) == ()


# log groups


def test_log_group_has_name_arn_and_tags(cloud: Cloud):
    """A log group is found with an ARN that tags can be asked with."""
    cloud.create_log_group(LOGS, TAGS)
    group = cloud.get_log_group(LOGS)
    assert group is not None
    assert (group.name, group.retention_days) == (LOGS, None)
    assert group.arn == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOGS}"
    assert cloud.get_log_group_tags(group.arn) == TAGS


def test_log_group_is_not_confused_with_a_longer_name(cloud: Cloud):
    """A log group is not confused with one whose name begins with its name."""
    cloud.create_log_group(f"{LOGS}-2", {})
    assert cloud.get_log_group(LOGS) is None


def test_log_group_can_be_made_once(cloud: Cloud):
    """A second resource of the same name is refused."""
    cloud.create_log_group(LOGS, TAGS)
    with pytest.raises(ExistsError):
        cloud.create_log_group(LOGS, TAGS)


def test_retention_is_set_and_taken_back(cloud: Cloud):
    """Retention is set, and None removes it: events are kept for ever."""
    cloud.create_log_group(LOGS, {})
    cloud.set_retention(LOGS, 30)
    assert cloud.get_log_group(LOGS).retention_days == 30
    cloud.set_retention(LOGS, None)
    assert cloud.get_log_group(LOGS).retention_days is None


def test_retention_of_no_log_group_is_refused(cloud: Cloud):
    """Setting the retention of a missing log group is an error."""
    with pytest.raises(MissingError):
        cloud.set_retention(LOGS, 30)


def test_retention_takes_certain_days_only(account: Account):
    """31 days cannot be chosen; moto takes any number."""
    account.cloud.create_log_group(LOGS, {})
    if account.is_moto:
        account.cloud.set_retention(LOGS, 31)
    else:
        with pytest.raises(RejectedError):
            account.cloud.set_retention(LOGS, 31)


def test_log_group_is_deleted_once(cloud: Cloud):
    """After its deletion it is missing."""
    cloud.create_log_group(LOGS, {})
    cloud.delete_log_group(LOGS)
    assert cloud.get_log_group(LOGS) is None
    with pytest.raises(MissingError):
        cloud.delete_log_group(LOGS)


# roles


def test_role_has_arn_and_tags(cloud: Cloud):
    """A role is made and found with the same values."""
    made = cloud.create_role("poner-cancer", TRUST, TAGS)
    assert made.arn == f"arn:aws:iam::{ACCOUNT}:role/poner-cancer"
    assert made.tags == TAGS
    assert cloud.get_role("poner-cancer") == made


def test_role_can_be_made_once(cloud: Cloud):
    """A second resource of the same name is refused."""
    cloud.create_role("poner-cancer", TRUST, {})
    with pytest.raises(ExistsError):
        cloud.create_role("poner-cancer", TRUST, {})


def test_role_policy_is_put_replaced_and_removed(cloud: Cloud):
    """A policy reads back as the document that was written."""
    wanted = make_role("cancer", REGION, cloud.get_identity())
    cloud.create_role(wanted.name, TRUST, {})
    cloud.put_role_policy(wanted.name, "poner-logs", {**wanted.policy, "Id": "old"})
    cloud.put_role_policy(wanted.name, "poner-logs", wanted.policy)
    assert cloud.get_role_policy(wanted.name, "poner-logs") == wanted.policy
    cloud.delete_role_policy(wanted.name, "poner-logs")
    assert cloud.get_role_policy(wanted.name, "poner-logs") is None
    with pytest.raises(MissingError):
        cloud.delete_role_policy(wanted.name, "poner-logs")


def test_policy_of_no_role_is_refused(cloud: Cloud):
    """The role is missing."""
    with pytest.raises(MissingError):
        cloud.put_role_policy("poner-cancer", "poner-logs", {"Version": "2012-10-17"})


def test_role_with_a_policy_is_not_deleted(cloud: Cloud):
    """The policy goes first; IAM may hear of that a little later."""
    wanted = make_role("cancer", REGION, cloud.get_identity())
    cloud.create_role(wanted.name, TRUST, {})
    cloud.put_role_policy(wanted.name, "poner-logs", wanted.policy)
    with pytest.raises(BusyError):
        cloud.delete_role(wanted.name)
    cloud.delete_role_policy(wanted.name, "poner-logs")
    cloud.delete_role(wanted.name)
    assert cloud.get_role(wanted.name) is None


def test_role_is_deleted_once(cloud: Cloud):
    """After its deletion it is missing."""
    with pytest.raises(MissingError):
        cloud.delete_role("poner-cancer")


# uploads


def test_upload_is_listed_by_prefix_and_deleted(account: Account):
    """Only keys with the prefix are listed; deleting a missing object is no error."""
    path = account.make_code(b"zip").path
    account.cloud.upload(path, BUCKET, "poner/cancer/a.zip")
    account.cloud.upload(path, BUCKET, "poner/other/b.zip")
    assert account.cloud.list_uploads(BUCKET, "poner/cancer/") == ("poner/cancer/a.zip",)
    found = account.cloud.get_upload(BUCKET, "poner/cancer/a.zip")
    account.cloud.delete_upload(BUCKET, found)
    with contextlib.suppress(MissingError):
        account.cloud.delete_upload(BUCKET, found)
    assert account.cloud.list_uploads(BUCKET, "poner/") == ("poner/other/b.zip",)


def test_upload_is_marked_and_has_its_hash(account: Account):
    """An upload has poner's mark and its hash; a missing object is None."""
    code = account.make_code(b"zip")
    account.cloud.upload(code.path, BUCKET, "poner/cancer/a.zip")
    found = account.cloud.get_upload(BUCKET, "poner/cancer/a.zip")
    assert (found.key, found.sha256, found.marked) == ("poner/cancer/a.zip", code.sha256, True)
    assert found.version is None
    assert account.cloud.get_upload(BUCKET, "poner/cancer/b.zip") is None


def test_upload_never_writes_over_another(account: Account):
    """An upload never replaces an object."""
    first, second = account.make_code(b"first"), account.make_code(b"second")
    account.cloud.upload(first.path, BUCKET, "a.zip")
    with pytest.raises(ExistsError):
        account.cloud.upload(second.path, BUCKET, "a.zip")
    assert account.cloud.get_upload(BUCKET, "a.zip").sha256 == first.sha256


def test_upload_that_was_replaced_is_not_deleted(account: Account):
    """An object that was replaced meanwhile is not deleted."""
    account.cloud.upload(account.make_code(b"first").path, BUCKET, "a.zip")
    found = account.cloud.get_upload(BUCKET, "a.zip")
    account.cloud.delete_upload(BUCKET, found)
    account.cloud.upload(account.make_code(b"second").path, BUCKET, "a.zip")
    with pytest.raises(ExistsError):
        account.cloud.delete_upload(BUCKET, found)
    assert account.cloud.list_uploads(BUCKET, "") == ("a.zip",)


def test_upload_in_a_bucket_that_keeps_versions(moto: str):
    """The found version is deleted for good, and the previous one reappears (AWS only)."""
    s3, cloud = boto3.client("s3", region_name=REGION), open_moto()
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    theirs = s3.put_object(Bucket=BUCKET, Key="a.zip", Body=b"theirs")["VersionId"]
    s3.put_object(
        Bucket=BUCKET,
        Key="a.zip",
        Body=b"ours",
        Metadata=values.UPLOAD_MARK,
        ChecksumAlgorithm="SHA256",
    )
    found = cloud.get_upload(BUCKET, "a.zip")
    assert found.marked
    assert found.sha256 == hashlib.sha256(b"ours").hexdigest()
    cloud.delete_upload(BUCKET, found)
    listed = s3.list_object_versions(Bucket=BUCKET)
    assert [one["VersionId"] for one in listed["Versions"]] == [theirs]
    assert "DeleteMarkers" not in listed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"Metadata": {"made-by": "somebody"}},
        {"ChecksumAlgorithm": "SHA1"},
        {"ChecksumAlgorithm": "CRC32"},
    ],
    ids=str,
)
def test_object_of_others_is_none_of_ours(moto: str, parameters: dict[str, object]):
    """An object without poner's mark and S3's own hash is not poner's (AWS only)."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.put_object(Bucket=BUCKET, Key="a.zip", Body=b"theirs", **parameters)
    found = open_moto().get_upload(BUCKET, "a.zip")
    assert (found.sha256, found.marked) == (None, False)


def test_absent_bucket_is_said(account: Account):
    """A missing bucket is an error, for reads and writes."""
    with pytest.raises(BucketError):
        account.cloud.list_uploads("no-such-bucket-anywhere", "")
    with pytest.raises(BucketError):
        account.cloud.upload(account.make_code(b"zip").path, "no-such-bucket-anywhere", "a.zip")


def test_bucket_in_another_region_is_said(moto: str):
    """A bucket in another region is an error: Lambda reads no code from there (AWS only)."""
    make_bucket(moto, "a-bucket-far-away", "us-west-2")
    with pytest.raises(BucketError, match="us-west-2"):
        open_moto().list_uploads("a-bucket-far-away", "")


# layers


def test_layer_versions_are_listed_newest_first(account: Account):
    """Each has an ARN that ends in its number."""
    cloud = account.cloud
    arns = [
        cloud.publish_layer(
            "cancer-numpy", account.make_code(text), text.decode(), "python3.13", "x86_64"
        ).arn
        for text in (b"one", b"two")
    ]
    assert arns[1] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:cancer-numpy:2"
    listed = cloud.list_layer_versions("cancer-numpy")
    assert [version.arn for version in listed] == arns[::-1]
    assert [version.description for version in listed] == ["two", "one"]
    assert cloud.list_layers("cancer-") == ("cancer-numpy",)
    assert cloud.list_layers("other-") == ()


def test_layer_numbers_are_never_used_again(account: Account):
    """A layer's number is not used again; deleting a missing version does nothing."""
    cloud, code = account.cloud, account.make_code(b"layer")
    first = cloud.publish_layer("cancer-numpy", code, "", "python3.13", "x86_64").arn
    for _ in range(2):
        cloud.delete_layer_version(first)
    assert cloud.list_layers("cancer-") == ()
    second = cloud.publish_layer("cancer-numpy", code, "", "python3.13", "x86_64").arn
    assert second.endswith(":2")


def test_layer_comes_out_of_the_bucket(account: Account):
    """A layer may come from the bucket."""
    code = replace(account.make_code(b"large"), bucket=BUCKET, key="poner/cancer/large.zip")
    account.cloud.upload(code.path, BUCKET, "poner/cancer/large.zip")
    layer = account.cloud.publish_layer("cancer-numpy", code, "", "python3.13", "x86_64")
    assert account.cloud.list_layer_versions("cancer-numpy") == (layer,)
