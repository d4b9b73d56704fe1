"""What the deployer relies on of a cloud: the fake and AWS's client over moto both keep it.

Where moto 5.2.5 is not as AWS is, the test says so, and asks moto for less.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import pytest

from poner.deployer.aws import values
from poner.deployer.cloud import (
    LATEST,
    Alias,
    BucketError,
    BusyError,
    Cloud,
    Code,
    ExistsError,
    FunctionSetup,
    FunctionState,
    MissingError,
    RejectedError,
    RoleNotReadyError,
    Statement,
)
from poner.deployer.desired import PUBLIC_STATEMENTS, TRUST, make_role
from poner.lambda_settings import Cors
from tests.fakes.fake_cloud import FakeCloud
from tests.support.clouds import ACCOUNT, BUCKET, REGION, make_bucket, open_moto

LOGS = "/aws/lambda/cancer"
TAGS = {"poner:function": "cancer", "team": "health"}
CORS = Cors(
    allow_origins=("https://a.example", "https://b.example"),
    allow_methods=("POST",),
    allow_headers=("content-type",),
    expose_headers=("x-request",),
    allow_credentials=True,
    max_age_s=600,
)


@dataclass(frozen=True)
class Account:
    """A cloud, and what it takes to make things in it."""

    cloud: Cloud
    """The account."""
    is_moto: bool
    """Whether it is moto's."""
    make_code: Callable[[bytes], Code]
    """A zip of these bytes; nobody looks into it."""

    def make_role(self) -> str:
        """A role for functions; its ARN."""
        return self.cloud.create_role("poner-cancer", TRUST, TAGS).arn

    def make_function(self, **changed: object) -> FunctionSetup:
        """A function `cancer`; its setup."""
        code = self.make_code(b"first")
        role = self.cloud.get_role("poner-cancer")
        setup = make_setup(role.arn if role else self.make_role(), code, **changed)
        self.cloud.create_function("cancer", code, setup, TAGS)
        return setup

    def make_version(self, content: bytes) -> str:
        """A version of `cancer` with other code; its number."""
        code = self.make_code(content)
        self.cloud.update_code("cancer", code, "x86_64")
        return self.cloud.publish_version("cancer", code.sha256, content.decode())


def make_setup(role_arn: str, code: Code, **changed: object) -> FunctionSetup:
    """A function's settings."""
    setup = FunctionSetup(
        code_sha256=code.sha256,
        runtime="python3.13",
        architecture="x86_64",
        handler="lambda_function.lambda_handler",
        memory_mb=128,
        timeout_s=3,
        description="poner, native engine",
        role_arn=role_arn,
        layer_arns=(),
        environment={},
        log_format="Text",
    )
    return replace(setup, **changed)


@pytest.fixture(params=["fake", "moto"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Account:
    """Each cloud, empty but for a bucket."""

    def make_code(content: bytes) -> Code:
        digest = hashlib.sha256(content).hexdigest()
        path = tmp_path / f"{digest}.zip"
        path.write_bytes(content)
        return Code(path, digest)

    if request.param == "fake":
        return Account(FakeCloud(REGION, ACCOUNT, buckets=[BUCKET]), False, make_code)
    request.getfixturevalue("moto")
    return Account(open_moto(), True, make_code)


@pytest.fixture
def cloud(account: Account) -> Cloud:
    """The cloud alone."""
    return account.cloud


def test_identity_names_account_and_partition(cloud: Cloud):
    """Whose credentials these are, and where."""
    identity = cloud.get_identity()
    assert (identity.account, identity.partition) == (ACCOUNT, "aws")
    assert f":{ACCOUNT}:" in identity.arn
    assert cloud.region == REGION


def test_nothing_is_found_in_an_empty_account(cloud: Cloud):
    """Reading what is not there gives None or nothing, never an error."""
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
    """In moto there is no GetAccountSettings, and the fake was given no limits."""
    assert cloud.get_account_limits() is None


def test_denied_actions_are_unknown_where_iam_does_not_tell(cloud: Cloud):
    """Policies cannot be simulated by moto, and the fake was told nothing."""
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
    """Another function's name may begin with this one's."""
    cloud.create_log_group(f"{LOGS}-2", {})
    assert cloud.get_log_group(LOGS) is None


def test_log_group_can_be_made_once(cloud: Cloud):
    """A second one of the name is refused."""
    cloud.create_log_group(LOGS, TAGS)
    with pytest.raises(ExistsError):
        cloud.create_log_group(LOGS, TAGS)


def test_retention_is_set_and_taken_back(cloud: Cloud):
    """None is for ever."""
    cloud.create_log_group(LOGS, {})
    cloud.set_retention(LOGS, 30)
    assert cloud.get_log_group(LOGS).retention_days == 30
    cloud.set_retention(LOGS, None)
    assert cloud.get_log_group(LOGS).retention_days is None


def test_retention_of_no_log_group_is_refused(cloud: Cloud):
    """It is missing."""
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
    """Then it is missing."""
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
    """A second one of the name is refused."""
    cloud.create_role("poner-cancer", TRUST, {})
    with pytest.raises(ExistsError):
        cloud.create_role("poner-cancer", TRUST, {})


def test_role_policy_is_put_replaced_and_removed(cloud: Cloud):
    """A policy is read as the document it was written as."""
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
    """Then it is missing."""
    with pytest.raises(MissingError):
        cloud.delete_role("poner-cancer")


# uploads


def test_upload_is_listed_by_prefix_and_deleted(account: Account):
    """Keys of others are not listed; deleting what is gone is no error of its own."""
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
    """So it is known again; where there is none, there is none."""
    code = account.make_code(b"zip")
    account.cloud.upload(code.path, BUCKET, "poner/cancer/a.zip")
    found = account.cloud.get_upload(BUCKET, "poner/cancer/a.zip")
    assert (found.key, found.sha256, found.marked) == ("poner/cancer/a.zip", code.sha256, True)
    assert found.version is None
    assert account.cloud.get_upload(BUCKET, "poner/cancer/b.zip") is None


def test_upload_never_writes_over_another(account: Account):
    """What is there stays as it is."""
    first, second = account.make_code(b"first"), account.make_code(b"second")
    account.cloud.upload(first.path, BUCKET, "a.zip")
    with pytest.raises(ExistsError):
        account.cloud.upload(second.path, BUCKET, "a.zip")
    assert account.cloud.get_upload(BUCKET, "a.zip").sha256 == first.sha256


def test_upload_that_was_replaced_is_not_deleted(account: Account):
    """Only the object that was looked at."""
    account.cloud.upload(account.make_code(b"first").path, BUCKET, "a.zip")
    found = account.cloud.get_upload(BUCKET, "a.zip")
    account.cloud.delete_upload(BUCKET, found)
    account.cloud.upload(account.make_code(b"second").path, BUCKET, "a.zip")
    with pytest.raises(ExistsError):
        account.cloud.delete_upload(BUCKET, found)
    assert account.cloud.list_uploads(BUCKET, "") == ("a.zip",)


def test_upload_in_a_bucket_that_keeps_versions(moto: str):
    """The version that was found goes for good; what was there before is there again (AWS only)."""
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
    """Without the mark and the right kind of hash (AWS only)."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.put_object(Bucket=BUCKET, Key="a.zip", Body=b"theirs", **parameters)
    found = open_moto().get_upload(BUCKET, "a.zip")
    assert (found.sha256, found.marked) == (None, False)


def test_absent_bucket_is_said(account: Account):
    """Whether it is read or written."""
    with pytest.raises(BucketError):
        account.cloud.list_uploads("no-such-bucket-anywhere", "")
    with pytest.raises(BucketError):
        account.cloud.upload(account.make_code(b"zip").path, "no-such-bucket-anywhere", "a.zip")


def test_bucket_in_another_region_is_said(moto: str):
    """Lambda takes no code from there, though S3's client finds it (AWS only)."""
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
    """Not even if all versions were deleted; deleting one that is gone does nothing."""
    cloud, code = account.cloud, account.make_code(b"layer")
    first = cloud.publish_layer("cancer-numpy", code, "", "python3.13", "x86_64").arn
    for _ in range(2):
        cloud.delete_layer_version(first)
    assert cloud.list_layers("cancer-") == ()
    second = cloud.publish_layer("cancer-numpy", code, "", "python3.13", "x86_64").arn
    assert second.endswith(":2")


def test_layer_comes_out_of_the_bucket(account: Account):
    """What is too large for the call is uploaded first."""
    code = replace(account.make_code(b"large"), bucket=BUCKET, key="poner/cancer/large.zip")
    account.cloud.upload(code.path, BUCKET, "poner/cancer/large.zip")
    layer = account.cloud.publish_layer("cancer-numpy", code, "", "python3.13", "x86_64")
    assert account.cloud.list_layer_versions("cancer-numpy") == (layer,)


# functions


def test_function_is_read_as_it_was_made(account: Account):
    """All settings but the log format, which moto does not keep."""
    layer = account.cloud.publish_layer(
        "cancer-numpy", account.make_code(b"layer"), "", "python3.13", "arm64"
    )
    setup = account.make_function(
        architecture="arm64",
        memory_mb=512,
        timeout_s=30,
        layer_arns=(layer.arn,),
        environment={"KEY": "a secret"},
        log_format="JSON",
    )
    function = account.cloud.get_function("cancer")
    assert function is not None
    assert function.tags == TAGS
    assert function.reserved_concurrency is None
    assert function.latest.version == LATEST
    assert function.latest.arn == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:cancer"
    expected = replace(setup, log_format=None) if account.is_moto else setup
    assert function.latest.setup == expected


def test_function_can_be_made_once(account: Account):
    """A second one of the name is refused."""
    account.make_function()
    with pytest.raises(ExistsError):
        account.make_function()


def test_function_needs_a_role_that_is_there(account: Account):
    """One that is not there cannot be told from one that is too new."""
    code = account.make_code(b"first")
    setup = make_setup(f"arn:aws:iam::{ACCOUNT}:role/nobody", code)
    with pytest.raises(RoleNotReadyError):
        account.cloud.create_function("cancer", code, setup, {})


def test_function_needs_layers_that_are_there(account: Account):
    """AWS refuses the value; moto says that the layer is missing."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:cancer-numpy:7"
    with pytest.raises(MissingError if account.is_moto else RejectedError):
        account.make_function(layer_arns=(arn,))


def test_function_comes_out_of_the_bucket(account: Account):
    """Its code is what was uploaded, in the first version and in the next."""
    role = account.make_role()
    for text in (b"large", b"larger"):
        key = f"poner/cancer/{text.decode()}.zip"
        code = replace(account.make_code(text), bucket=BUCKET, key=key)
        account.cloud.upload(code.path, BUCKET, key)
        if text == b"large":
            account.cloud.create_function("cancer", code, make_setup(role, code), {})
        else:
            account.cloud.update_code("cancer", code, "x86_64")
        assert account.cloud.get_function("cancer").latest.setup.code_sha256 == code.sha256


def test_state_of_a_function_that_is_ready(account: Account):
    """It can be invoked and changed."""
    account.make_function()
    assert account.cloud.get_state("cancer") == FunctionState("Active", "Successful")


def test_state_of_no_function_is_an_error(cloud: Cloud):
    """There is none to wait for."""
    with pytest.raises(MissingError):
        cloud.get_state("cancer")


def test_code_is_replaced(account: Account):
    """Architecture and code change in one call; moto leaves the architecture."""
    account.make_function()
    code = account.make_code(b"second")
    account.cloud.update_code("cancer", code, "arm64")
    setup = account.cloud.get_function("cancer").latest.setup
    assert setup.code_sha256 == code.sha256
    assert setup.architecture == ("x86_64" if account.is_moto else "arm64")


def test_configuration_is_replaced_as_a_whole(account: Account):
    """Variables and layers that are not wanted any more are gone."""
    layer = account.cloud.publish_layer(
        "cancer-numpy", account.make_code(b"layer"), "", "python3.13", "x86_64"
    )
    setup = account.make_function(layer_arns=(layer.arn,), environment={"OLD": "1"})
    wanted = replace(
        setup,
        runtime="python3.12",
        handler="other.handler",
        memory_mb=256,
        timeout_s=10,
        description="another model",
        layer_arns=(),
        environment={"NEW": "2"},
        log_format=None,
    )
    account.cloud.update_configuration("cancer", wanted)
    there = account.cloud.get_function("cancer").latest.setup
    assert replace(there, log_format=None) == wanted


def test_change_of_no_function_is_refused(account: Account):
    """It is missing."""
    with pytest.raises(MissingError):
        account.cloud.update_code("cancer", account.make_code(b"x"), "x86_64")
    with pytest.raises(MissingError):
        account.cloud.publish_version("cancer", account.make_code(b"x").sha256, "")


def test_tags_are_added(account: Account):
    """Those that are there stay."""
    account.make_function()
    arn = account.cloud.get_function("cancer").latest.arn
    account.cloud.tag_function(arn, {"team": "other", "new": "tag"})
    assert account.cloud.get_function("cancer").tags == {**TAGS, "team": "other", "new": "tag"}


def test_concurrency_is_reserved(account: Account):
    """The number is read back."""
    account.make_function()
    account.cloud.set_concurrency("cancer", 5)
    assert account.cloud.get_function("cancer").reserved_concurrency == 5


# versions


def test_versions_keep_what_they_were_made_of(account: Account):
    """They are listed oldest first, without $LATEST, each with the description it was given."""
    account.make_function()
    numbers = [account.make_version(content) for content in (b"one", b"two", b"three")]
    assert numbers == ["1", "2", "3"]
    versions = account.cloud.list_versions("cancer")
    assert [version.version for version in versions] == numbers
    assert [version.number for version in versions] == [1, 2, 3]
    assert [version.setup.description for version in versions] == ["one", "two", "three"]
    assert versions[1].setup.code_sha256 == hashlib.sha256(b"two").hexdigest()
    assert account.cloud.get_state("cancer", "2").state == "Active"


def test_publishing_nothing_new_gives_the_last_version(account: Account):
    """A lost answer can be asked for again."""
    setup = account.make_function()
    first = account.cloud.publish_version("cancer", setup.code_sha256, "one")
    assert account.cloud.publish_version("cancer", setup.code_sha256, "one") == first


def test_publishing_other_code_is_refused(account: Account):
    """Somebody else has changed $LATEST; moto does not look at the hash."""
    account.make_function()
    other = account.make_code(b"other").sha256
    if account.is_moto:
        assert account.cloud.publish_version("cancer", other, "") == "1"
    else:
        with pytest.raises(RejectedError):
            account.cloud.publish_version("cancer", other, "")


def test_version_is_deleted_once(account: Account):
    """Then it is missing; the others stay."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    account.cloud.delete_version("cancer", "1")
    assert [version.version for version in account.cloud.list_versions("cancer")] == ["2"]
    with pytest.raises(MissingError):
        account.cloud.delete_version("cancer", "1")


@pytest.mark.parametrize("alias", [Alias("live", "1", {}), Alias("live", "2", {"1": 0.1})])
def test_version_that_an_alias_names_is_not_deleted(account: Account, alias: Alias):
    """Not as its main version, nor as its canary; moto deletes it."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    account.cloud.create_alias("cancer", alias)
    if account.is_moto:
        account.cloud.delete_version("cancer", "1")
    else:
        with pytest.raises(RejectedError):
            account.cloud.delete_version("cancer", "1")


def test_version_numbers_are_never_used_again(account: Account):
    """Not after the last one was deleted; moto counts those that are there."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    account.cloud.delete_version("cancer", "2")
    assert account.make_version(b"three") == ("2" if account.is_moto else "3")


# aliases


def test_alias_is_made_moved_and_shared(account: Account):
    """Weights come and go with updates."""
    account.make_function()
    for content in (b"one", b"two"):
        account.make_version(content)
    steps = [
        Alias("live", "1", {}, "first"),
        Alias("live", "1", {"2": 0.1}, "canary"),
        Alias("live", "2", {}, "promoted"),
    ]
    account.cloud.create_alias("cancer", steps[0])
    assert account.cloud.list_aliases("cancer") == (steps[0],)
    for step in steps[1:]:
        account.cloud.update_alias("cancer", step)
        assert account.cloud.list_aliases("cancer") == (step,)


def test_alias_can_be_made_once(account: Account):
    """A second one of the name is refused."""
    account.make_function()
    account.make_version(b"one")
    account.cloud.create_alias("cancer", Alias("live", "1", {}))
    with pytest.raises(ExistsError):
        account.cloud.create_alias("cancer", Alias("live", "1", {}))


def test_alias_needs_a_version(account: Account):
    """One that is not there is missing."""
    account.make_function()
    with pytest.raises(MissingError):
        account.cloud.create_alias("cancer", Alias("live", "9", {}))


def test_update_of_no_alias_is_refused(account: Account):
    """It is missing."""
    account.make_function()
    account.make_version(b"one")
    with pytest.raises(MissingError):
        account.cloud.update_alias("cancer", Alias("live", "1", {}))


# URLs and who may call them


@pytest.fixture
def live(account: Account) -> Account:
    """An account with a function whose alias `live` names version 1."""
    account.make_function()
    account.make_version(b"one")
    account.cloud.create_alias("cancer", Alias("live", "1", {}))
    return account


@pytest.mark.parametrize("cors", [None, CORS, Cors(allow_origins=("*",))])
def test_url_is_read_as_it_was_made(live: Account, cors: Cors | None):
    """It ends in a slash, and has all that was said of CORS."""
    url = live.cloud.create_url("cancer", "live", "NONE", cors)
    assert url.url.startswith("https://")
    assert url.url.endswith(".on.aws/")
    assert (url.auth, url.cors) == ("NONE", cors)
    assert live.cloud.get_url("cancer", "live") == url


def test_url_keeps_its_address_when_it_changes(live: Account):
    """Auth and CORS are replaced."""
    made = live.cloud.create_url("cancer", "live", "NONE", None)
    changed = live.cloud.update_url("cancer", "live", "AWS_IAM", CORS)
    assert changed == replace(made, auth="AWS_IAM", cors=CORS)
    assert live.cloud.get_url("cancer", "live") == changed


def test_cors_is_taken_back(live: Account):
    """An empty structure removes it on AWS; moto leaves what is there."""
    live.cloud.create_url("cancer", "live", "NONE", CORS)
    changed = live.cloud.update_url("cancer", "live", "NONE", None)
    assert changed.cors == (CORS if live.is_moto else None)


def test_url_can_be_made_once(live: Account):
    """A second one is refused; moto replaces the first."""
    live.cloud.create_url("cancer", "live", "NONE", None)
    if live.is_moto:
        live.cloud.create_url("cancer", "live", "NONE", None)
    else:
        with pytest.raises(ExistsError):
            live.cloud.create_url("cancer", "live", "NONE", None)


def test_statements_of_a_public_url_are_read_as_they_were_added(live: Account):
    """Both that AWS wants since October 2025, with their conditions."""
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    assert live.cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS


def test_statement_is_removed(live: Account):
    """The other stays; to remove it once more changes nothing."""
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    for _ in range(2):
        live.cloud.change_permissions("cancer", "live", (PUBLIC_STATEMENTS[0].sid,), ())
        assert live.cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS[1:]


def test_permissions_of_a_missing_alias_cannot_be_changed(live: Account):
    """It is missing, as it is to whoever asks for one statement."""
    with pytest.raises(MissingError):
        live.cloud.change_permissions("cancer", "other", (), PUBLIC_STATEMENTS)


def test_statement_for_an_account_names_it(live: Account):
    """A principal that is not everybody is kept."""
    statement = Statement("friend", "lambda:InvokeFunctionUrl", "210987654321", "AWS_IAM")
    live.cloud.change_permissions("cancer", "live", (), (statement,))
    assert live.cloud.get_statements("cancer", "live") == (statement,)


# the end


def test_deleting_a_function_takes_all_with_it(live: Account):
    """Versions, alias, URL and policy are gone; a new function of the name has none of them."""
    live.cloud.create_url("cancer", "live", "NONE", None)
    live.cloud.change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    live.cloud.delete_function("cancer")
    assert live.cloud.get_function("cancer") is None
    with pytest.raises(MissingError):
        live.cloud.delete_function("cancer")
    live.make_function()
    assert live.cloud.list_versions("cancer") == ()
    assert live.cloud.list_aliases("cancer") == ()
    assert live.cloud.get_url("cancer", "live") is None
    assert live.cloud.get_statements("cancer", "live") == ()


def test_version_answers_an_event(live: Account):
    """The payload goes in, the result comes out (both clouds give the event back)."""
    assert live.cloud.invoke("cancer", "1", b'{"a": 1}') == b'{"a": 1}'


def test_invoking_no_function_is_an_error(account: Account):
    """It is missing; moto, which runs nothing, gives any event back."""
    if account.is_moto:
        assert account.cloud.invoke("cancer", "1", b"{}") == b"{}"
    else:
        with pytest.raises(MissingError):
            account.cloud.invoke("cancer", "1", b"{}")


def test_signing_keeps_headers_and_adds_a_signature(cloud: Cloud):
    """The signature depends on the body."""
    url = "https://abc.lambda-url.eu-west-1.on.aws/"
    one = cloud.sign(url, b"1", {"Content-Type": "application/json"})
    two = cloud.sign(url, b"2", {"Content-Type": "application/json"})
    assert one["Content-Type"] == "application/json"
    assert one["Authorization"] != two["Authorization"]
