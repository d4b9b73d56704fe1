"""AWS's refusals become poner's errors, without the values that were sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from poner.deployer.aws.cloud import open_cloud
from poner.deployer.aws.errors import make_call, refused
from poner.deployer.failures import (
    BucketError,
    BusyError,
    ConcurrencyRefusedError,
    CredentialsError,
    ExistsError,
    MissingError,
    PermissionMissingError,
    RejectedError,
    RoleNotReadyError,
)
from poner.deployer.resources import Code, FunctionSetup
from tests.support.clouds import REGION


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
    """Each recorded refusal becomes an error with AWS's message and a hint."""
    call = make_call(service, operation, True, {})
    error = refused(call, code, status, message)
    assert type(error) is expected
    assert " ".join(message.split()).rstrip(".") in error.message
    assert error.message.endswith(".")


@pytest.mark.parametrize(("code", "said"), [("500", "500"), ("Internal", "500 Internal")])
def test_status_without_a_code_is_said_once(code: str, said: str):
    """A status without a code, as from a proxy, appears once in the message."""
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
    """A missing permission for another service, such as passing the role, is named."""
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
    """Messages never repeat environment variables, which some of AWS's messages do."""
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
    """Values that boto3 refuses never appear: neither its message nor its traceback is shown."""
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
    """Only `aws/api.py` imports boto3, which takes half a second."""
    check = f"import sys; {command}; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0
