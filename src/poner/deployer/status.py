"""The status of a deployed function, the answer of a version, and log events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from poner.deployer.cloud import CloudReads
from poner.deployer.observing import Observed
from poner.deployer.resources import LogEvent, Version
from poner.deployer.traffic import previous_version
from poner.errors import DeployError
from poner.foreign_json import read_json

_POLL_S = 2.0
_LATE_MS = 10_000  # an event may arrive after an event with a later time


@dataclass(frozen=True)
class DeployedVersion:
    """A version of the function."""

    version: str
    """Its number."""
    description: str
    """Description, which names the model."""
    modified: str
    """Time of publication in ISO 8601."""
    runtime: str
    """Its runtime."""
    memory_mb: int
    """Its memory in MB."""
    code_sha256: str
    """Hash of its function.zip, in hexadecimal."""


@dataclass(frozen=True)
class Status:
    """The status of a deployed function."""

    name: str
    """The function."""
    region: str
    """The region."""
    account: str
    """Account number, twelve digits."""
    url: str | None
    """The Function URL."""
    auth: str | None
    """`NONE` or `AWS_IAM`."""
    live: str | None
    """The version that answers."""
    canary: Mapping[str, float]
    """Shares of the traffic, 0 to 1, by version."""
    previous: str | None
    """The version that a rollback returns to; None if the alias remembers none."""
    versions: tuple[DeployedVersion, ...]
    """All versions, newest first."""
    reserved_concurrency: int | None
    """Reserved environments, which is also the maximum."""
    log_group: str | None
    """Its log group."""
    retention_days: int | None
    """Days that log events are kept; None for ever."""


def make_status(observed: Observed, name: str, region: str) -> Status:
    """The status of an existing function."""
    assert observed.function is not None
    live = observed.live
    group = observed.log_group
    previous = previous_version(live) if live else None
    numbers = {version.version for version in observed.versions}
    return Status(
        name=name,
        region=region,
        account=observed.identity.account,
        url=observed.url.url if observed.url else None,
        auth=observed.url.auth if observed.url else None,
        live=live.version if live else None,
        canary=dict(live.weights) if live else {},
        previous=previous if previous in numbers else None,
        versions=tuple(_describe(version) for version in reversed(observed.versions)),
        reserved_concurrency=observed.function.reserved_concurrency,
        log_group=group.name if group else None,
        retention_days=group.retention_days if group else None,
    )


def _describe(version: Version) -> DeployedVersion:
    setup = version.setup
    return DeployedVersion(
        version.version,
        setup.description,
        version.modified,
        setup.runtime,
        setup.memory_mb,
        setup.code_sha256,
    )


def ask_version(cloud: CloudReads, name: str, version: str, body: str) -> tuple[int, str]:
    """Invoke a version with a request; returns the HTTP status and body.

    Raises:
        CloudError: the version cannot be invoked, or failed.
        DeployError: the answer is not an HTTP status and body.
    """
    event = json.dumps({"version": "2.0", "body": body, "isBase64Encoded": False})
    content = cloud.invoke(name, version, event.encode())
    try:
        answer = read_json(content, strict=True)
    except ValueError:
        answer = None
    match answer:
        case {"statusCode": int(status), "body": str(text)}:
            return status, text
        case _:
            raise DeployError(
                f"Version {version} of {name} did not answer as functions of poner do.",
                "See the reason with `poner logs`, or return to the previous version with "
                "`poner rollback`.",
            )


def read_logs(
    cloud: CloudReads,
    log_group: str,
    since_ms: int,
    *,
    follow: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[LogEvent]:
    """Log events since a time; with `follow`, also future events, without end.

    Events of several environments arrive late and out of order; each event is given once.
    """
    seen: dict[str, int] = {}
    newest_ms = since_ms
    while True:
        for event in cloud.list_log_events(log_group, max(since_ms, newest_ms - _LATE_MS)):
            if event.id not in seen:
                seen[event.id] = event.time_ms
                newest_ms = max(newest_ms, event.time_ms)
                yield event
        if not follow:
            return
        seen = {id: time_ms for id, time_ms in seen.items() if time_ms >= newest_ms - _LATE_MS}
        sleep(_POLL_S)
