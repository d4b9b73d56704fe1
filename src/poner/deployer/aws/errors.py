"""AWS's refusals in poner's words: the only place that knows AWS's codes, and a few of its texts.

Codes are those of the API references of Lambda, IAM, CloudWatch Logs, S3 and STS; texts are those
recorded from AWS, for what it gives no code of its own (2026-11-22).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poner.deployer.aws.hiding import hide
from poner.deployer.cloud import (
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
"""Codes of calls that certainly did nothing, and may be made again a little later."""

SIGN_IN = (
    "Sign in with `aws sso login`, store a key with `aws configure`, or name a profile with "
    "--profile."
)
CHECK_REGION = "Check the network, the region and, if it is set, AWS_ENDPOINT_URL."
LOOK_AGAIN = "Run the command again: it looks at what is there first."
OTHER_BUCKET = "Name a bucket of yours in the function's region as `bucket` under [deploy]."
_ASK_FOR_PERMISSION = (
    "Have it allowed to these credentials; `poner doctor --policy` prints a policy with all that "
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
        "PreconditionFailedException",  # a policy that was changed since it was read
        "RequestTimeout",  # S3, where it heard nothing more of an upload
        "ResourceNotReadyException",
    }
)
_LONGEST_QUOTE = 1_000
_MAKING = ("Add", "Create", "Publish")


@dataclass(frozen=True)
class Call:
    """A call of AWS's API, for messages; never with the values that it sends."""

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
        """The permission it needs, in IAM's words."""
        name = f"{self.service}:{self.operation}"
        return _OTHER_ACTIONS.get(name, name)


def make_call(service: str, operation: str, writes: bool, parameters: Mapping[str, Any]) -> Call:
    """A call with the values in its parameters that may be secrets."""
    variables = parameters.get("Environment", {}).get("Variables", {})
    return Call(service, operation, writes, tuple(value for value in variables.values() if value))


def refused(call: Call, code: str, status: int, message: str) -> CloudError:
    """The error for an answer that says no.

    Args:
        call: what was asked.
        code: AWS's code, or the HTTP status where there is none.
        status: the HTTP status.
        message: AWS's words.
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
    """The error for a call that was sent and has no answer, or none that says yes or no."""
    if call.writes:
        text = f"{call.action} may have taken place or not: AWS {reason}."
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
    text = f"These credentials may not do {action}: {said}"
    return PermissionMissingError(text, _ASK_FOR_PERMISSION, action)


def _conflict(call: Call, code: str, said: str) -> CloudError | None:
    """What is there stands in the way, or is not there."""
    action = call.action
    text = f"{action} was refused: {said}"
    if code == "DeleteConflict":
        if "must delete policies first" in said:  # IAM has not heard yet that they were
            return BusyError(text, "Try again in a few seconds.", action)
        hint = "Detach what was attached to it by hand, and run the command again."
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
    """What was sent is not as AWS wants it."""
    action = call.action
    text = f"{action} was refused: {said}"
    if code == "InvalidParameterValueException":
        # the second is of KMS, which hears of a new role later than Lambda does
        if "cannot be assumed by Lambda" in said or "is invalid for CreateGrant" in said:
            hint = "Wait some seconds if the role is new; otherwise let lambda.amazonaws.com in."
            return RoleNotReadyError(text, hint, action)
        if call.operation == "PutFunctionConcurrency":
            hint = "Leave out `reserved_concurrency`, or ask AWS for a higher quota."
            return ConcurrencyRefusedError(text, hint, action)
    return RejectedError(text, "Change what it names, and try again.", action)


def _quote(call: Call, message: str) -> str:
    """AWS's words as one sentence, without what was sent: some of its texts repeat that."""
    said = " ".join(hide(message.partition("String measured:")[0], call.secrets).split())
    if len(said) > _LONGEST_QUOTE:
        said = f"{said[:_LONGEST_QUOTE]}..."
    said = said or "no reason given"
    return said if said.endswith((".", "!", "?")) else f"{said}."
