"""What goes wrong between poner and AWS, and what becomes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import boto3
import botocore.endpoint
import pytest

from poner.deployer.aws.api import READ_ATTEMPTS, WRITE_ATTEMPTS, AwsApi
from poner.deployer.aws.cloud import AwsCloud, open_cloud
from poner.deployer.aws.errors import make_call, refused
from poner.deployer.cloud import Cloud
from poner.deployer.desired import TRUST
from poner.deployer.failures import (
    BucketError,
    BusyError,
    CloudError,
    ConcurrencyRefusedError,
    CredentialsError,
    ExistsError,
    MissingError,
    PermissionMissingError,
    RejectedError,
    RoleNotReadyError,
    UncertainError,
    UnreachableError,
)
from poner.deployer.resources import Code, FunctionSetup
from tests.fakes.faulty_proxy import Fault, FaultyProxy
from tests.support.clouds import ACCOUNT, BUCKET, REGION, open_moto

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
    """A file out of the bucket, which poner never asks for."""
    return boto3.client("s3", region_name=REGION).get_object(Bucket=BUCKET, Key=key)["Body"].read()


@pytest.fixture(params=WRITES)
def operation(request: pytest.FixtureRequest) -> str:
    """One writing operation of each service."""
    return request.param


@pytest.fixture(params=READS)
def question(request: pytest.FixtureRequest) -> str:
    """One reading operation of each service, and those that are odd."""
    return request.param


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore waits for nothing between its own attempts."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def change(operation: str, tmp_path: Path) -> Callable[[], object]:
    """What makes the writing call."""
    return lambda: WRITES[operation][1](open_moto(), tmp_path / "a.zip")


# writes


def test_throttled_write_is_made_again(faults: FaultyProxy, operation: str, change):
    """It certainly did nothing, so it is tried until it is let through, a file from its start."""
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
    """It is not made again, since it took place."""
    faults.fail(operation, Fault.LOST)
    with pytest.raises(UncertainError) as caught:
        change()
    assert caught.value.action == f"{WRITES[operation][0]}:{operation}"
    assert faults.writes == {operation: 1}
    assert is_done(open_moto(), operation)


def test_server_fault_in_a_write_is_uncertain(faults: FaultyProxy, operation: str, change):
    """It is not made again, since nobody can say whether it took place."""
    faults.fail(operation, Fault.SERVER_ERROR)
    with pytest.raises(UncertainError):
        change()
    assert faults.writes == {operation: 1}


def test_change_under_way_is_busy(faults: FaultyProxy, operation: str, change):
    """Somebody else is at it; whoever asked decides how long to wait."""
    faults.fail(operation, Fault.CONFLICT)
    with pytest.raises(BusyError):
        change()
    assert faults.writes == {operation: 1}


def test_missing_permission_is_named(faults: FaultyProxy, operation: str, change):
    """In IAM's words, and the message holds it, too."""
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
    """A read changes nothing, so throttling, faults and lost answers are overcome."""
    for nth, fault in enumerate((Fault.THROTTLED, Fault.SERVER_ERROR, Fault.LOST), start=1):
        faults.fail(question, fault, nth=nth)
    READS[question][1](open_moto())
    assert faults.reads[question] == 4


def test_read_that_fails_in_the_end_is_unreachable(faults: FaultyProxy):
    """Nothing can have been changed by it."""
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
    """Not even looking is possible."""
    faults.fail_always("GetCallerIdentity", Fault.EXPIRED)
    with pytest.raises(CredentialsError):
        open_moto().get_identity()


def test_missing_permission_for_the_limits_is_an_error(faults: FaultyProxy):
    """Only a service that does not know the question gives None."""
    faults.fail("GetAccountSettings", Fault.DENIED)
    with pytest.raises(PermissionMissingError):
        open_moto().get_account_limits()


# before anything is sent


def test_endpoint_where_nobody_is_is_unreachable():
    """A write that was never sent is not uncertain (the tests' endpoint answers nobody)."""
    cloud = AwsCloud(AwsApi(region=REGION))
    with pytest.raises(UnreachableError) as caught:
        cloud.create_log_group("/aws/lambda/cancer", {})
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize("setting", ["nonsense", "ftp//x"])
def test_endpoint_that_cannot_be_one_is_said(monkeypatch: pytest.MonkeyPatch, setting: str):
    """A mistyped AWS_ENDPOINT_URL."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", setting)
    with pytest.raises(UnreachableError, match=setting):
        open_cloud(None, REGION).get_identity()


def test_region_that_cannot_be_one_is_said():
    """A mistyped region."""
    with pytest.raises(UnreachableError, match="eu west 1"):
        open_cloud(None, "eu west 1").get_identity()


def test_no_region_anywhere_is_said():
    """The hint says where to put one."""
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
    """It is named in the message."""
    with pytest.raises(CredentialsError, match="nobody"):
        open_cloud("nobody", REGION)


def test_no_credentials_are_said(monkeypatch: pytest.MonkeyPatch):
    """For calls and for signatures."""
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
    """The write was never made, whatever became of the call that should have got credentials."""
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


# what AWS says


@pytest.mark.parametrize(
    ("service", "operation", "status", "code", "message", "expected"),
    [
        (
            "lambda",
            "UpdateFunctionCode",
            409,
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the "
            "following state: Pending",
            BusyError,
        ),
        (
            "lambda",
            "CreateFunction",
            409,
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for "
            "resource: arn",
            BusyError,
        ),
        (
            "lambda",
            "CreateFunction",
            409,
            "ResourceConflictException",
            "Function already exist: f",
            ExistsError,
        ),
        (
            "lambda",
            "AddPermission",
            409,
            "ResourceConflictException",
            "The statement id (X) provided already exists. Please provide a new statement id, or "
            "remove the existing statement.",
            ExistsError,
        ),
        (
            "lambda",
            "CreateFunctionUrlConfig",
            409,
            "ResourceConflictException",
            "Failed to create function url config for [functionArn = arn]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function",
            ExistsError,
        ),
        (
            "lambda",
            "DeleteFunction",
            409,
            "ResourceConflictException",
            "Unable to delete version because the following aliases reference it: [live]",
            RejectedError,
        ),
        (
            "lambda",
            "UpdateFunctionUrlConfig",
            404,
            "ResourceNotFoundException",
            "The resource you requested does not exist.",
            MissingError,
        ),
        (
            "lambda",
            "CreateFunction",
            400,
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
            RoleNotReadyError,
        ),
        (
            "lambda",
            "CreateFunction",
            400,
            "InvalidParameterValueException",
            "Lambda was unable to configure access to your environment variables because the KMS "
            "key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: "
            "InvalidArnException KMS Message: ARN does not refer to a valid principal",
            RoleNotReadyError,
        ),
        (
            "lambda",
            "PutFunctionConcurrency",
            400,
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [10].",
            ConcurrencyRefusedError,
        ),
        (
            "lambda",
            "CreateFunction",
            400,
            "InvalidParameterValueException",
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The "
            "specified bucket does not exist",
            BucketError,
        ),
        (
            "lambda",
            "CreateFunction",
            400,
            "InvalidParameterValueException",
            "Unzipped size must be smaller than 262144000 bytes",
            RejectedError,
        ),
        ("s3", "PutObject", 301, "PermanentRedirect", "Use the specified endpoint", BucketError),
        ("s3", "PutObject", 400, "RequestTimeout", "Idle connections will be closed.", BusyError),
        ("s3", "PutObject", 400, "InvalidBucketName", "not a valid bucket", BucketError),
        ("iam", "CreateRole", 409, "LimitExceeded", "Cannot exceed quota", RejectedError),
        (
            "iam",
            "DeleteRole",
            409,
            "DeleteConflict",
            "Cannot delete entity, must delete policies first.",  # which were, a moment ago
            BusyError,
        ),
        (
            "iam",
            "DeleteRole",
            409,
            "DeleteConflict",
            "Cannot delete entity, must detach all policies first.",
            RejectedError,
        ),
        ("iam", "CreateRole", 403, "InvalidClientTokenId", "token is invalid", CredentialsError),
        ("lambda", "TagResource", 403, "UnrecognizedClientException", "token", CredentialsError),
        ("s3", "PutObject", 403, "SignatureDoesNotMatch", "signature", CredentialsError),
    ],
)
def test_refusals_that_aws_recorded(service, operation, status, code, message, expected):
    """Each becomes the error that says what to do, and repeats AWS's words."""
    call = make_call(service, operation, True, {})
    error = refused(call, code, status, message)
    assert type(error) is expected
    assert " ".join(message.split()).rstrip(".") in error.message
    assert error.message.endswith(".")


@pytest.mark.parametrize(("code", "said"), [("500", "500"), ("Internal", "500 Internal")])
def test_status_without_a_code_is_said_once(code: str, said: str):
    """As of a proxy's answer."""
    error = refused(make_call("lambda", "GetFunction", False, {}), code, 500, "")
    assert error.message == f"lambda:GetFunction failed: AWS answered with {said}."


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (
            "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:PassRole on "
            "resource: arn:aws:iam::123456789012:role/r because no identity-based policy allows "
            "the iam:PassRole action",
            "iam:PassRole",
        ),
        ("Cross-account pass role is not allowed.", "iam:PassRole"),
        (
            "Your access has been denied by S3, please make sure your request credentials have "
            "permission to GetObject for bucket/key. S3 Error Code: AccessDenied.",
            "s3:GetObject",
        ),
        ("Access Denied", "lambda:CreateFunction"),
    ],
)
def test_permission_that_another_service_wants_is_named(message: str, action: str):
    """Making a function needs more than the permission to make functions."""
    call = make_call("lambda", "CreateFunction", True, {})
    error = refused(call, "AccessDeniedException", 403, message)
    assert isinstance(error, PermissionMissingError)
    assert error.action == action


@pytest.mark.parametrize(
    "said",
    [
        "variables you have provided exceeded the 4KB limit. "
        r'String measured: {"K":"hunter2 \"Thompson\""}',
        "Value '{K=hunter2 \"Thompson\"}' at 'environment.variables' failed to satisfy constraint",
    ],
)
def test_environment_variables_are_never_repeated(said: str):
    """Some of AWS's messages hold what was sent."""
    call = make_call(
        "lambda",
        "CreateFunction",
        True,
        {"Environment": {"Variables": {"K": 'hunter2 "Thompson"'}}},
    )
    error = refused(call, "InvalidParameterValueException", 400, said)
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(call)


def test_values_that_boto3_refuses_are_never_repeated(tmp_path: Path):
    """Its own message holds them, so neither that nor its traceback is shown."""
    zip_file = tmp_path / "a.zip"
    zip_file.write_bytes(b"zip")
    setup = FunctionSetup(
        code_sha256="",
        runtime="python3.13",
        architecture="x86_64",
        handler="a.b",
        memory_mb=128,
        timeout_s=3,
        description="",
        role_arn="arn",
        layer_arns=(),
        environment={"KEY": ["hunter2"]},  # type: ignore[dict-item]  # what boto3 refuses
        log_format=None,
    )
    with pytest.raises(RejectedError) as caught:
        open_cloud(None, REGION).create_function("cancer", Code(zip_file, ""), setup, {})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("command", ["import poner", "import poner.cli", "import poner.deployer"])
def test_boto3_is_loaded_by_nobody_else(command: str):
    """It takes half a second, and most commands do without."""
    check = f"import sys; {command}; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0
