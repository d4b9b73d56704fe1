"""What is in an account, as values: functions, versions, URLs, roles, logs, layers and zips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from poner.aws_lambda.cors import Cors

LATEST = "$LATEST"
"""The version that can be changed; all others are numbers."""

Document = Mapping[str, Any]
"""A policy in IAM's language."""


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
