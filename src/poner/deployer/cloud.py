"""The cloud as the deployer sees it: values that are there, verbs on them, and how they fail.

`aws/` speaks to AWS; tests speak to a fake. Every method is one call of AWS's API, but for lists,
which are read to their end, and policies, which are read before they are replaced. Reading what is
not there gives None or nothing. Every failure is one of the errors below, so that nobody else knows
AWS's codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from poner.errors import DeployError
from poner.lambda_settings import Cors

LATEST = "$LATEST"
"""The version that can be changed; all others are numbers."""

Document = Mapping[str, Any]
"""A policy in IAM's language."""


class CloudError(DeployError):
    """A call to the cloud failed."""

    def __init__(self, message: str, hint: str, action: str = "") -> None:
        super().__init__(message, hint)
        self.action = action
        """The action in IAM's words, such as `lambda:CreateFunction`."""


class CredentialsError(CloudError):
    """There are no credentials, or they are expired or wrong."""


class PermissionMissingError(CloudError):
    """The credentials may not do this; `action` names the missing permission."""


class UnreachableError(CloudError):
    """The endpoint cannot be reached: no network, or no such region."""


class UncertainError(CloudError):
    """A writing call got no answer, or a fault of the server's: it may have taken place or not."""


class BusyError(CloudError):
    """The resource is being changed by an earlier call, or by somebody else; try again soon."""


class RoleNotReadyError(CloudError):
    """Lambda cannot assume the role yet; a new one takes some seconds."""


class ExistsError(CloudError):
    """What should be made is already there."""


class MissingError(CloudError):
    """What should be changed or removed is not there."""


class BucketError(CloudError):
    """The bucket does not exist, is in another region, or is somebody else's."""


class ConcurrencyRefusedError(CloudError):
    """The account's concurrency is too small to reserve any of it."""


class RejectedError(CloudError):
    """AWS refused the call for another reason, which the message repeats."""


@dataclass(frozen=True)
class Identity:
    """Whose account it is."""

    account: str
    """Twelve digits."""
    partition: str
    """`aws`, `aws-cn` or `aws-us-gov`."""
    arn: str = ""
    """The caller, where it was asked for."""


@dataclass(frozen=True)
class FunctionSetup:
    """All that a version of a function is made of."""

    code_sha256: str
    """Hash of the zip, in hexadecimal."""
    runtime: str
    """Such as `python3.13`."""
    architecture: str
    """`x86_64` or `arm64`."""
    handler: str
    """Module and function."""
    memory_mb: int
    """Memory in MB."""
    timeout_s: int
    """Timeout in seconds."""
    description: str
    """Says which model it is."""
    role_arn: str
    """The execution role."""
    layer_arns: tuple[str, ...]
    """Layer versions, in the order in which Lambda unpacks them."""
    environment: Mapping[str, str] = field(repr=False)
    """Environment variables; their values may be secrets and are never shown."""
    log_format: str | None
    """`Text` or `JSON`; None where the service does not say."""


@dataclass(frozen=True)
class Version:
    """A version of a function, or its $LATEST."""

    version: str
    """`$LATEST` or a number."""
    arn: str
    """Amazon's name for it."""
    setup: FunctionSetup
    """What it is made of."""
    modified: str
    """When it was last changed, in ISO 8601."""

    @property
    def number(self) -> int | None:
        """Its number; None for $LATEST."""
        return None if self.version == LATEST else int(self.version)


@dataclass(frozen=True)
class Function:
    """A function with what is not part of its versions."""

    latest: Version
    """Its $LATEST."""
    tags: Mapping[str, str]
    """Its tags."""
    reserved_concurrency: int | None
    """Environments reserved for it, which are also the most it gets; None if none are."""


@dataclass(frozen=True)
class FunctionState:
    """Whether a version can be invoked and changed."""

    state: Literal["Pending", "Active", "Inactive", "Failed"]
    """Whether it can be invoked."""
    update: Literal["Successful", "InProgress", "Failed"]
    """How the last change went."""
    reason: str = ""
    """AWS's words where something failed."""


@dataclass(frozen=True)
class Alias:
    """A name for a version."""

    name: str
    """Such as `live`."""
    version: str
    """The version that answers."""
    weights: Mapping[str, float]
    """Other versions and their shares of the traffic, 0 to 1; empty but in a canary release."""
    description: str = ""
    """Free text."""


@dataclass(frozen=True)
class Url:
    """A Function URL on an alias."""

    url: str
    """The address, with a slash at its end."""
    auth: Literal["NONE", "AWS_IAM"]
    """Who may call it."""
    cors: Cors | None
    """CORS; None for none."""
    streams: bool = False
    """Whether results are streamed: poner's would go out as they are, in their envelope."""


@dataclass(frozen=True)
class Statement:
    """A statement of an alias's resource policy that lets a principal call it."""

    sid: str
    """Its identifier."""
    action: str
    """Such as `lambda:InvokeFunctionUrl`."""
    principal: str = "*"
    """Who; `*` for anyone."""
    url_auth: Literal["NONE", "AWS_IAM"] | None = None
    """Condition: the auth type of the URL; None for no such condition."""
    via_url: bool = False
    """Condition: only through the Function URL."""
    limited: bool = False
    """Whether there are other conditions, which nobody here looks into."""


@dataclass(frozen=True)
class Role:
    """An execution role."""

    name: str
    """Its name."""
    arn: str
    """Amazon's name for it."""
    tags: Mapping[str, str]
    """Its tags."""


@dataclass(frozen=True)
class LogGroup:
    """A log group."""

    name: str
    """Such as `/aws/lambda/function`."""
    arn: str
    """Amazon's name for it, without `:*` at its end."""
    retention_days: int | None
    """Days after which events are removed; None for never."""


@dataclass(frozen=True)
class LayerVersion:
    """A version of a layer."""

    arn: str
    """Amazon's name for it, which ends in its number."""
    description: str
    """Says what it holds."""


@dataclass(frozen=True)
class StoredZip:
    """An object in a bucket."""

    key: str
    """Its key."""
    sha256: str | None
    """Hash of its content as the bucket itself computed it, in hexadecimal; None without one."""
    marked: bool
    """Whether its metadata says that poner uploaded it."""
    etag: str
    """Changes with its content."""
    version: str | None = None
    """Its version, in a bucket that keeps versions; `null` where it has stopped to keep them."""


@dataclass(frozen=True)
class LogEvent:
    """One event of a log group."""

    id: str
    """Unique."""
    time_ms: int
    """When it was written, in milliseconds since the epoch."""
    message: str
    """The text."""


@dataclass(frozen=True)
class AccountLimits:
    """What the account may run at once in the region."""

    concurrency: int
    """Environments at once."""
    unreserved: int
    """How many of them no function has reserved."""
    code_bytes: int
    """Code storage used by functions and layers."""
    code_limit_bytes: int
    """Code storage that may be used."""


@dataclass(frozen=True)
class Code:
    """A zip as Lambda takes it: in the call, or out of a bucket."""

    path: Path
    """The zip on this machine."""
    sha256: str
    """Its hash, in hexadecimal."""
    bucket: str | None = None
    """The bucket it was uploaded to; None to send it in the call."""
    key: str | None = None
    """Its key in that bucket."""


class CloudReads(Protocol):
    """What can be asked."""

    @property
    def region(self) -> str:
        """The region, such as `eu-west-1`."""
        ...

    def get_identity(self) -> Identity:
        """Whose credentials these are (sts:GetCallerIdentity)."""
        ...

    def get_function(self, name: str) -> Function | None:
        """A function with its tags and reserved concurrency."""
        ...

    def get_state(self, name: str, version: str = LATEST) -> FunctionState:
        """Whether a version is ready (lambda:GetFunctionConfiguration)."""
        ...

    def list_versions(self, name: str) -> tuple[Version, ...]:
        """All versions but $LATEST, oldest first."""
        ...

    def list_aliases(self, name: str) -> tuple[Alias, ...]:
        """All aliases of a function."""
        ...

    def get_url(self, name: str, alias: str) -> Url | None:
        """The Function URL on an alias."""
        ...

    def get_statements(self, name: str, alias: str) -> tuple[Statement, ...]:
        """The alias's resource policy (lambda:GetPolicy)."""
        ...

    def get_role(self, name: str) -> Role | None:
        """A role."""
        ...

    def get_role_policy(self, role: str, policy: str) -> Document | None:
        """A role's own policy of that name."""
        ...

    def get_log_group(self, name: str) -> LogGroup | None:
        """A log group (logs:DescribeLogGroups)."""
        ...

    def get_log_group_tags(self, arn: str) -> Mapping[str, str]:
        """A log group's tags."""
        ...

    def list_layers(self, prefix: str) -> tuple[str, ...]:
        """Names of the account's layers that begin with a prefix."""
        ...

    def list_layer_versions(self, layer: str) -> tuple[LayerVersion, ...]:
        """The versions of a layer, newest first; none if there is no such layer."""
        ...

    def list_uploads(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """Keys in a bucket that begin with a prefix.

        Raises:
            BucketError: there is no such bucket, or it is not ours.
        """
        ...

    def get_upload(self, bucket: str, key: str) -> StoredZip | None:
        """An object in a bucket (s3:GetObject)."""
        ...

    def list_log_events(self, log_group: str, since_ms: int) -> Iterable[LogEvent]:
        """Events of a log group from a moment on, in the order of their times."""
        ...

    def get_account_limits(self) -> AccountLimits | None:
        """The account's limits in this region; None where the service does not tell."""
        ...

    def find_denied(
        self,
        principal_arn: str,
        actions: Iterable[str],
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, ...] | None:
        """Which actions a principal may not do to a resource; None where nobody tells.

        With `*` only what is allowed to all resources counts as allowed. `context` is what
        conditions ask about, such as `iam:PassedToService`.
        """
        ...

    def invoke(self, name: str, version: str, payload: bytes) -> bytes:
        """A version's answer to an event, past alias and URL (lambda:InvokeFunction)."""
        ...

    def sign(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a POST to a URL with auth AWS_IAM, signed; makes no call."""
        ...


class Cloud(CloudReads, Protocol):
    """What can be asked and done."""

    def create_log_group(self, name: str, tags: Mapping[str, str]) -> None:
        """Make a log group."""
        ...

    def set_retention(self, log_group: str, days: int | None) -> None:
        """Keep events for so many days; None for ever (logs:PutRetentionPolicy or Delete...)."""
        ...

    def delete_log_group(self, name: str) -> None:
        """Remove a log group with all its events."""
        ...

    def create_role(self, name: str, trust: Document, tags: Mapping[str, str]) -> Role:
        """Make a role that `trust` lets somebody assume."""
        ...

    def put_role_policy(self, role: str, policy: str, document: Document) -> None:
        """Give a role a policy of its own, or replace it."""
        ...

    def delete_role_policy(self, role: str, policy: str) -> None:
        """Take it away."""
        ...

    def delete_role(self, name: str) -> None:
        """Remove a role that has no policies any more."""
        ...

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Put a file into a bucket, marked as poner's and with its hash; never over another.

        Raises:
            ExistsError: there is an object of that key.
        """
        ...

    def delete_upload(self, bucket: str, found: StoredZip) -> None:
        """Remove an object as it was found: this version of it, or this content."""
        ...

    def publish_layer(
        self, name: str, code: Code, description: str, runtime: str, architecture: str
    ) -> LayerVersion:
        """Publish a version of a layer."""
        ...

    def delete_layer_version(self, arn: str) -> None:
        """Remove a version of a layer."""
        ...

    def create_function(
        self, name: str, code: Code, setup: FunctionSetup, tags: Mapping[str, str]
    ) -> None:
        """Make a function."""
        ...

    def update_code(self, name: str, code: Code, architecture: str) -> None:
        """Replace the code of $LATEST."""
        ...

    def update_configuration(self, name: str, setup: FunctionSetup) -> None:
        """Replace all other settings of $LATEST."""
        ...

    def tag_function(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, or change them."""
        ...

    def set_concurrency(self, name: str, reserved: int) -> None:
        """Reserve environments for a function."""
        ...

    def publish_version(self, name: str, code_sha256: str, description: str) -> str:
        """Make a version of $LATEST, if it holds that code; returns its number."""
        ...

    def delete_version(self, name: str, version: str) -> None:
        """Remove a version that no alias names."""
        ...

    def create_alias(self, name: str, alias: Alias) -> None:
        """Make an alias."""
        ...

    def update_alias(self, name: str, alias: Alias) -> None:
        """Point an alias elsewhere."""
        ...

    def create_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> Url:
        """Make a Function URL."""
        ...

    def update_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> Url:
        """Change a Function URL; its address stays."""
        ...

    def change_permissions(
        self, name: str, alias: str, removed: Iterable[str], added: Iterable[Statement]
    ) -> None:
        """Remove the statements of these identifiers from the alias's policy, and add those.

        All at once where the service can replace a whole policy; else one after the other.
        """
        ...

    def delete_function(self, name: str) -> None:
        """Remove a function with its versions, aliases, URLs and policies."""
        ...
