"""Turns AWS's error codes into poner's errors; no other module knows these codes.

Codes come from the API references of Lambda, IAM, CloudWatch Logs, S3 and STS. Some errors have no
code of their own; their texts were recorded from AWS (2026-11-22).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poner.deployer.aws.hiding import hide
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

THROTTLED = frozenset(
    {
        "429",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of throttled calls, which did nothing and can be repeated a little later."""

SIGN_IN = (
    "Sign in with `aws sso login`, store a key with `aws configure`, or name a profile with "
    "--profile."
)
CHECK_REGION = "Check the network, the region and, if it is set, AWS_ENDPOINT_URL."
LOOK_AGAIN = "Run the command again: it starts from the present state of the account."
OTHER_BUCKET = "Name your own bucket in the function's region as `bucket` under [deploy]."
_ASK_FOR_PERMISSION = (
    "Ask for this permission; `poner doctor --policy` prints a policy with all permissions that "
    "poner needs."
)
_OTHER_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}
_DENIED = frozenset(
    {"403", "AccessDenied", "AccessDeniedException", "Forbidden", "UnauthorizedOperation"}
)
_BAD_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
_BAD_BUCKET = frozenset(
    {
        "301",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "InvalidBucketName",
        "NoSuchBucket",
        "PermanentRedirect",
    }
)
_MISSING = frozenset(
    {"404", "NoSuchEntity", "NoSuchEntityException", "NoSuchKey", "ResourceNotFoundException"}
)
_EXISTS = frozenset(
    {
        "412",
        "ConflictException",
        "EntityAlreadyExists",
        "EntityAlreadyExistsException",
        "PreconditionFailed",
        "ResourceAlreadyExistsException",
    }
)
_BUSY = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConditionalRequestConflict",
        "EntityTemporarilyUnmodifiable",
        "OperationAborted",
        "OperationAbortedException",
        "PreconditionFailedException",  # a policy that changed after it was read
        "RequestTimeout",  # S3, if an upload stalls
        "ResourceNotReadyException",
    }
)
_LONGEST_QUOTE = 1_000
_MAKING = ("Add", "Create", "Publish")


@dataclass(frozen=True)
class Call:
    """A call of AWS's API, for messages, without the values that it sends."""

    service: str
    """The service in IAM's words, such as `lambda`."""
    operation: str
    """The operation in the API's words, such as `CreateFunction`."""
    writes: bool
    """Whether it changes anything."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that no message may repeat."""

    @property
    def action(self) -> str:
        """The permission that it needs, in IAM's words."""
        name = f"{self.service}:{self.operation}"
        return _OTHER_ACTIONS.get(name, name)


def make_call(service: str, operation: str, writes: bool, parameters: Mapping[str, Any]) -> Call:
    """A call, with those of its parameters that may be secrets."""
    variables = parameters.get("Environment", {}).get("Variables", {})
    return Call(service, operation, writes, tuple(value for value in variables.values() if value))


def refused(call: Call, code: str, status: int, message: str) -> CloudError:
    """The error for a refusal.

    Args:
        call: the call.
        code: AWS's code, or the HTTP status if there is no code.
        status: the HTTP status.
        message: AWS's message.
    """
    said = _quote(call, message)
    if code in THROTTLED or status == 429:
        return BusyError(f"{call.action} is throttled.", "Try again in a minute.", call.action)
    if code in _BAD_CREDENTIALS:
        text = f"AWS does not accept the credentials ({code}): {said}"
        return CredentialsError(text, SIGN_IN, call.action)
    if code in _DENIED or status == 403:
        return _denied(call, said)
    if status >= 500:
        return unanswered(call, "answered with " + " ".join(dict.fromkeys((str(status), code))))
    return _conflict(call, code, said) or _rejected(call, code, said)


def unanswered(call: Call, reason: str) -> CloudError:
    """The error for a call whose outcome is unknown."""
    if call.writes:
        text = f"It is unknown whether {call.action} took place: AWS {reason}."
        return UncertainError(text, LOOK_AGAIN, call.action)
    return UnreachableError(f"{call.action} failed: AWS {reason}.", CHECK_REGION, call.action)


def _denied(call: Call, said: str) -> CloudError:
    action = call.action
    if named := re.search(r"not authorized to perform: ([a-z0-9-]+:\w+)", said):
        action = named[1]
    elif "pass role" in said.lower():
        action = "iam:PassRole"
    elif named := re.search(r"denied by S3, .* permission to (\w+)", said):
        action = f"s3:{named[1]}"
    text = f"These credentials are not allowed to do {action}: {said}"
    return PermissionMissingError(text, _ASK_FOR_PERMISSION, action)


def _conflict(call: Call, code: str, said: str) -> CloudError | None:
    """The error for a resource that is busy, exists already, or does not exist."""
    action = call.action
    text = f"{action} was refused: {said}"
    if code == "DeleteConflict":
        if "must delete policies first" in said:  # IAM does not know yet that they were
            return BusyError(text, "Try again in a few seconds.", action)
        hint = "Detach by hand what others attached to it, and run the command again."
        return RejectedError(text, hint, action)
    if code == "ResourceConflictException":
        if "cannot be performed at this time" in said or "is in progress" in said:
            return BusyError(text, "Try again in a few seconds.", action)
        if call.operation.startswith(_MAKING):
            return ExistsError(text, LOOK_AGAIN, action)
    if code in _BUSY:
        return BusyError(text, "Try again in a few seconds.", action)
    if code in _EXISTS:
        return ExistsError(text, LOOK_AGAIN, action)
    if code in _MISSING:
        return MissingError(text, LOOK_AGAIN, action)
    if code in _BAD_BUCKET or re.search("S3 Error Code: (NoSuchBucket|PermanentRedirect)", said):
        return BucketError(text, OTHER_BUCKET, action)
    return None


def _rejected(call: Call, code: str, said: str) -> CloudError:
    """The error for a value that AWS does not accept."""
    action = call.action
    text = f"{action} was refused: {said}"
    if code == "InvalidParameterValueException":
        # the second comes from KMS, which learns of a new role later than Lambda does
        if "cannot be assumed by Lambda" in said or "is invalid for CreateGrant" in said:
            hint = "Wait some seconds if the role is new, or let lambda.amazonaws.com assume it."
            return RoleNotReadyError(text, hint, action)
        if call.operation == "PutFunctionConcurrency":
            hint = "Leave out `reserved_concurrency`, or ask AWS for a higher quota."
            return ConcurrencyRefusedError(text, hint, action)
    return RejectedError(text, "Correct the value that AWS names, and try again.", action)


def _quote(call: Call, message: str) -> str:
    """AWS's message as one sentence, without the values that were sent."""
    said = " ".join(hide(message.partition("String measured:")[0], call.secrets).split())
    if len(said) > _LONGEST_QUOTE:
        said = f"{said[:_LONGEST_QUOTE]}..."
    said = said or "no reason given"
    return said if said.endswith((".", "!", "?")) else f"{said}."
