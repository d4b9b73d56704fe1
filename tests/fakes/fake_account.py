# ruff: noqa: D102  (the protocol documents its methods)
"""An AWS account in memory: its resources, and the reads of the `Cloud` protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from poner.deployer.failures import (
    BucketError,
    CloudError,
    MissingError,
)
from poner.deployer.resources import (
    LATEST,
    AccountLimits,
    Alias,
    Document,
    Function,
    FunctionSetup,
    FunctionState,
    Identity,
    LayerVersion,
    LogEvent,
    LogGroup,
    Role,
    Statement,
    StoredZip,
    Url,
    Version,
)

E = TypeVar("E", bound=CloudError)


@dataclass
class AliasRecord:
    """An alias with its versions, Function URL and permissions."""

    alias: Alias
    url: Url | None = None
    statements: dict[str, Statement] = field(default_factory=dict)


@dataclass
class FunctionRecord:
    """A function with everything that AWS deletes with it."""

    latest: Version
    tags: dict[str, str]
    reserved: int | None = None
    polls: int = 0
    """Number of questions about its state until its last change is done."""
    created: bool = False
    """Whether the last change is its creation."""
    versions: dict[str, Version] = field(default_factory=dict)
    sources: dict[str, FunctionSetup] = field(default_factory=dict)
    """$LATEST at the moment at which each version was published."""
    aliases: dict[str, AliasRecord] = field(default_factory=dict)


@dataclass
class RoleRecord:
    """A role with its policies."""

    role: Role
    trust: Document
    refusals: int
    """How often Lambda still fails to assume it."""
    policies: dict[str, Document] = field(default_factory=dict)


def _ignore(_: str) -> None:
    """A hook that does nothing."""


class FakeAccount:
    """The reads of an account in one region.

    Args:
        region: the region.
        account: twelve digits.
        buckets: names of the existing buckets.
        role_refusals: how often Lambda fails to assume a new role.
        update_polls: how often `get_state` reports a change under way.
        limits: the account's limits; None if the service does not tell.
        denied: actions that the credentials may not do, for `find_denied`; None if unknown.
        before: called with a writing method's name; if it raises, the write did not take place.
        after: called with a writing method's name; if it raises, the write did take place.
        answer: the versions' code: takes function, version and event, and gives the result.
    """

    def __init__(
        self,
        region: str = "eu-west-1",
        account: str = "123456789012",
        *,
        buckets: Iterable[str] = (),
        role_refusals: int = 0,
        update_polls: int = 0,
        limits: AccountLimits | None = None,
        denied: tuple[str, ...] | None = None,
        before: Callable[[str], None] = _ignore,
        after: Callable[[str], None] = _ignore,
        answer: Callable[[str, str, bytes], bytes] = lambda name, version, payload: payload,
    ) -> None:
        self._region = region
        self._account = account
        self.role_refusals = role_refusals
        self.update_polls = update_polls
        self.limits = limits
        self.denied = denied
        self.before = before
        self.after = after
        self.answer = answer
        self.events: dict[str, list[LogEvent]] = {}
        self._buckets: dict[str, dict[str, StoredZip]] = {name: {} for name in buckets}
        self._functions: dict[str, FunctionRecord] = {}
        self._roles: dict[str, RoleRecord] = {}
        self._groups: dict[str, tuple[LogGroup, dict[str, str]]] = {}
        self._layers: dict[str, dict[int, LayerVersion]] = {}
        self._contents: dict[str, str] = {}
        self._last_numbers: dict[str, int] = {}
        self._ticks = 0

    # reads

    @property
    def region(self) -> str:
        return self._region

    def get_identity(self) -> Identity:
        return Identity(self._account, "aws", f"arn:aws:iam::{self._account}:user/deployer")

    def get_function(self, name: str) -> Function | None:
        if name not in self._functions:
            return None
        there = self._functions[name]
        return Function(there.latest, dict(there.tags), there.reserved)

    def get_state(self, name: str, version: str = LATEST) -> FunctionState:
        there = self._find(name)
        if version != LATEST:
            self._version(there, version)
            return FunctionState("Active", "Successful")
        if there.polls == 0:
            return FunctionState("Active", "Successful")
        there.polls -= 1
        if there.created:
            return FunctionState("Pending", "Successful", "The function is being created.")
        return FunctionState("Active", "InProgress")

    def list_versions(self, name: str) -> tuple[Version, ...]:
        if name not in self._functions:
            return ()
        return tuple(
            sorted(self._functions[name].versions.values(), key=lambda one: one.number or 0)
        )

    def list_aliases(self, name: str) -> tuple[Alias, ...]:
        if name not in self._functions:
            return ()
        return tuple(one.alias for one in self._functions[name].aliases.values())

    def get_url(self, name: str, alias: str) -> Url | None:
        there = self._functions.get(name)
        return there.aliases[alias].url if there and alias in there.aliases else None

    def get_statements(self, name: str, alias: str) -> tuple[Statement, ...]:
        there = self._functions.get(name)
        if there is None or alias not in there.aliases:
            return ()
        return tuple(there.aliases[alias].statements.values())

    def get_role(self, name: str) -> Role | None:
        return self._roles[name].role if name in self._roles else None

    def get_role_policy(self, role: str, policy: str) -> Document | None:
        return self._roles[role].policies.get(policy) if role in self._roles else None

    def get_log_group(self, name: str) -> LogGroup | None:
        return self._groups[name][0] if name in self._groups else None

    def get_log_group_tags(self, arn: str) -> Mapping[str, str]:
        return {group.arn: dict(tags) for group, tags in self._groups.values()}.get(arn, {})

    def list_layers(self, prefix: str) -> tuple[str, ...]:
        there = (name for name, versions in self._layers.items() if versions)
        return tuple(sorted(name for name in there if name.startswith(prefix)))

    def list_layer_versions(self, layer: str) -> tuple[LayerVersion, ...]:
        versions = self._layers.get(layer, {})
        return tuple(versions[number] for number in sorted(versions, reverse=True))

    def list_uploads(self, bucket: str, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(key for key in self._bucket(bucket) if key.startswith(prefix)))

    def share_layer(self, arn: str) -> None:
        """Let functions use a layer version of another account."""
        self._contents[arn] = "shared"

    def place(self, bucket: str, found: StoredZip) -> None:
        """Put an object into a bucket, as another program does: it replaces what is there."""
        self._bucket(bucket)[found.key] = found

    def get_upload(self, bucket: str, key: str) -> StoredZip | None:
        return self._bucket(bucket).get(key)

    def list_log_events(self, log_group: str, since_ms: int) -> Iterator[LogEvent]:
        written = sorted(self.events.get(log_group, ()), key=lambda event: event.time_ms)
        return (event for event in written if event.time_ms >= since_ms)

    def get_account_limits(self) -> AccountLimits | None:
        return self.limits

    def find_denied(
        self,
        principal_arn: str,
        actions: Iterable[str],
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, ...] | None:
        if principal_arn.endswith(":root"):
            return ()
        if self.denied is None:
            return None
        return tuple(action for action in actions if action in self.denied)

    def invoke(self, name: str, version: str, payload: bytes) -> bytes:
        there = self._find(name)
        if version in there.aliases:
            version = there.aliases[version].alias.version
        if version != LATEST:
            self._version(there, version)
        return self.answer(name, version, payload)

    def sign(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        digest = hashlib.sha256(body).hexdigest()
        return {**headers, "Authorization": f"FAKE Credential={self._account}, Signature={digest}"}

    # values for tests

    def snapshot(self) -> dict[str, Any]:
        """The whole account as plain values to compare, without times and random ids."""
        return {
            "functions": {name: _plain(one) for name, one in sorted(self._functions.items())},
            "roles": {
                name: {
                    "trust": one.trust,
                    "tags": dict(one.role.tags),
                    "policies": dict(sorted(one.policies.items())),
                }
                for name, one in sorted(self._roles.items())
            },
            "log_groups": {
                name: {"retention_days": group.retention_days, "tags": tags}
                for name, (group, tags) in sorted(self._groups.items())
            },
            "layers": {
                version.arn: {
                    "description": version.description,
                    "sha256": self._contents[version.arn],
                }
                for name in sorted(self._layers)
                for version in self._layers[name].values()
            },
            "buckets": {
                name: {key: keys[key].etag for key in sorted(keys)}
                for name, keys in self._buckets.items()
            },
        }

    # AWS's checks

    def _find(self, name: str) -> FunctionRecord:
        if name not in self._functions:
            raise refusal(MissingError, f"function {name} is not there")
        return self._functions[name]

    def _version(self, there: FunctionRecord, version: str) -> Version:
        if version not in there.versions:
            raise refusal(MissingError, f"version {version} is not there")
        return there.versions[version]

    def _alias(self, name: str, alias: str) -> AliasRecord:
        aliases = self._find(name).aliases
        if alias not in aliases:
            raise refusal(MissingError, f"alias {alias} is not there")
        return aliases[alias]

    def _role(self, name: str) -> RoleRecord:
        if name not in self._roles:
            raise refusal(MissingError, f"role {name} is not there")
        return self._roles[name]

    def _bucket(self, name: str) -> dict[str, StoredZip]:
        if name not in self._buckets:
            raise refusal(BucketError, f"bucket {name} is not there")
        return self._buckets[name]

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._region}:{self._account}:{resource}"


def refusal(kind: type[E], text: str) -> E:
    """An error of the fake cloud."""
    return kind(f"The fake cloud says that {text}.", "Look at the test.")


def _plain(there: FunctionRecord) -> dict[str, Any]:
    return {
        "latest": asdict(there.latest.setup),
        "tags": dict(sorted(there.tags.items())),
        "reserved_concurrency": there.reserved,
        "versions": {number: asdict(one.setup) for number, one in there.versions.items()},
        "aliases": {
            name: {
                **asdict(one.alias),
                "url": one.url and {"auth": one.url.auth, "cors": one.url.cors},
                "statements": dict(sorted(one.statements.items())),
            }
            for name, one in sorted(there.aliases.items())
        },
    }
