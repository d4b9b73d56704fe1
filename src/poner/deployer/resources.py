"""Resources of an account as values: functions, versions, URLs, roles, logs, layers and zips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from poner.aws_lambda.cors import Cors

LATEST = "$LATEST"
"""The only version that can be changed; the other versions are numbers."""

Document = Mapping[str, Any]
"""A policy in IAM's language."""


@dataclass(frozen=True)
class Identity:
    """An account, and the caller."""

    account: str
    """Twelve digits."""
    partition: str
    """`aws`, `aws-cn` or `aws-us-gov`."""
    arn: str = ""
    """ARN of the caller; empty if unknown."""


@dataclass(frozen=True)
class FunctionSetup:
    """Code and settings of a version of a function."""

    code_sha256: str
    """Hash of the zip, in hexadecimal."""
    runtime: str
    """Such as `python3.13`."""
    architecture: str
    """`x86_64` or `arm64`."""
    handler: str
    """Name of the handler: module and function."""
    memory_mb: int
    """Memory in MB."""
    timeout_s: int
    """Timeout in seconds."""
    description: str
    """Description, which names the model."""
    role_arn: str
    """The execution role."""
    layer_arns: tuple[str, ...]
    """ARNs of layer versions, in the order in which Lambda unpacks them."""
    environment: Mapping[str, str] = field(repr=False)
    """Environment variables; their values may be secrets and are never shown."""
    log_format: str | None
    """`Text` or `JSON`; None if the service does not tell."""


@dataclass(frozen=True)
class Version:
    """A version of a function, or its $LATEST."""

    version: str
    """`$LATEST` or a number."""
    arn: str
    """ARN."""
    setup: FunctionSetup
    """Code and settings."""
    modified: str
    """Time of the last change in ISO 8601."""

    @property
    def number(self) -> int | None:
        """Its number; None for $LATEST."""
        return None if self.version == LATEST else int(self.version)


@dataclass(frozen=True)
class Function:
    """A function: $LATEST, and the settings that all versions share."""

    latest: Version
    """Its $LATEST."""
    tags: Mapping[str, str]
    """Its tags."""
    reserved_concurrency: int | None
    """Environments reserved for it, which is also its maximum; None for no reservation."""


@dataclass(frozen=True)
class FunctionState:
    """Whether a version can be invoked and changed."""

    state: Literal["Pending", "Active", "Inactive", "Failed"]
    """Whether it can be invoked."""
    update: Literal["Successful", "InProgress", "Failed"]
    """Outcome of the last change."""
    reason: str = ""
    """AWS's reason for a failure."""


@dataclass(frozen=True)
class Alias:
    """A name for a version."""

    name: str
    """Such as `live`."""
    version: str
    """The version that answers."""
    weights: Mapping[str, float]
    """Shares of the traffic, 0 to 1, by version; empty outside a canary release."""
    description: str = ""
    """Free text."""


@dataclass(frozen=True)
class Url:
    """A Function URL on an alias."""

    url: str
    """The address, with a slash at its end."""
    auth: Literal["NONE", "AWS_IAM"]
    """The auth type: anyone, or signed requests."""
    cors: Cors | None
    """CORS; None for no CORS."""
    streams: bool = False
    """Whether Lambda streams results, which would send poner's results with their envelope."""


@dataclass(frozen=True)
class Statement:
    """A statement of an alias's resource policy that lets a principal call it."""

    sid: str
    """Its identifier."""
    action: str
    """Such as `lambda:InvokeFunctionUrl`."""
    principal: str = "*"
    """The principal; `*` for anyone."""
    url_auth: Literal["NONE", "AWS_IAM"] | None = None
    """Condition on the auth type of the URL; None for no such condition."""
    via_url: bool = False
    """Condition: calls through the Function URL only."""
    limited: bool = False
    """Whether there are other conditions, which poner does not interpret."""


@dataclass(frozen=True)
class Role:
    """An execution role."""

    name: str
    """Its name."""
    arn: str
    """ARN."""
    tags: Mapping[str, str]
    """Its tags."""


@dataclass(frozen=True)
class LogGroup:
    """A log group."""

    name: str
    """Such as `/aws/lambda/function`."""
    arn: str
    """ARN without `:*` at its end."""
    retention_days: int | None
    """Days that events are kept; None for ever."""


@dataclass(frozen=True)
class LayerVersion:
    """A version of a layer."""

    arn: str
    """ARN, which ends with the version number."""
    description: str
    """Description, which names the function and the hash of the zip."""


@dataclass(frozen=True)
class StoredZip:
    """An object in a bucket."""

    key: str
    """Its key."""
    sha256: str | None
    """SHA-256 of the content, computed by S3, in hexadecimal; None if S3 has no checksum."""
    marked: bool
    """Whether its metadata marks it as uploaded by poner."""
    etag: str
    """Changes with its content."""
    version: str | None = None
    """Its version in a bucket with versioning; `null` if versioning is suspended."""


@dataclass(frozen=True)
class LogEvent:
    """One event of a log group."""

    id: str
    """Unique identifier."""
    time_ms: int
    """Time in milliseconds since the epoch."""
    message: str
    """The text."""


@dataclass(frozen=True)
class AccountLimits:
    """Limits of the account in the region."""

    concurrency: int
    """Environments that may run at once."""
    unreserved: int
    """Environments that no function has reserved."""
    code_bytes: int
    """Code storage that functions and layers use."""
    code_limit_bytes: int
    """Limit of code storage."""


@dataclass(frozen=True)
class Code:
    """A zip that Lambda gets in the call or from a bucket."""

    path: Path
    """The zip on this machine."""
    sha256: str
    """Its SHA-256 in hexadecimal."""
    bucket: str | None = None
    """The bucket that holds it; None to send it in the call."""
    key: str | None = None
    """Its key in that bucket."""
