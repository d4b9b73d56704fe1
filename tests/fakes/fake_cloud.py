# ruff: noqa: D102  (the protocol says what its methods do)
"""An AWS account in memory: the whole `Cloud` protocol, behaving as AWS does.

What AWS refuses is refused here with the same error. Times and random identifiers are counters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from poner.aws_lambda.cors import Cors
from poner.deployer.failures import (
    BucketError,
    BusyError,
    CloudError,
    ConcurrencyRefusedError,
    ExistsError,
    MissingError,
    RejectedError,
    RoleNotReadyError,
)
from poner.deployer.resources import (
    LATEST,
    AccountLimits,
    Alias,
    Code,
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
P = ParamSpec("P")
T = TypeVar("T")

RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922}
    | {3288, 3653}
)
"""The only numbers of days that CloudWatch Logs takes."""

UNRESERVED = 100
"""Environments of an account that no function may reserve."""


@dataclass
class _Alias:
    """An alias with its versions, Function URL and permissions."""

    alias: Alias
    url: Url | None = None
    statements: dict[str, Statement] = field(default_factory=dict)


@dataclass
class _Function:
    """A function with everything that AWS deletes with it."""

    latest: Version
    tags: dict[str, str]
    reserved: int | None = None
    polls: int = 0
    """Times that its state can be asked before its last change is done."""
    created: bool = False
    """Whether the change under way is its creation."""
    versions: dict[str, Version] = field(default_factory=dict)
    sources: dict[str, FunctionSetup] = field(default_factory=dict)
    """$LATEST as it was when each version was made of it."""
    aliases: dict[str, _Alias] = field(default_factory=dict)


@dataclass
class _Role:
    """A role with its policies."""

    role: Role
    trust: Document
    refusals: int
    """Times that Lambda cannot assume it yet."""
    policies: dict[str, Document] = field(default_factory=dict)


def _write(
    method: Callable[Concatenate[FakeCloud, P], T],
) -> Callable[Concatenate[FakeCloud, P], T]:
    """A method that changes the account, with both hooks around it."""

    @wraps(method)
    def hooked(self: FakeCloud, /, *arguments: P.args, **named: P.kwargs) -> T:
        self.before(method.__name__)
        result = method(self, *arguments, **named)
        self.after(method.__name__)
        return result

    return hooked


def _ignore(_: str) -> None:
    """No hook."""


class FakeCloud:
    """An account in one region.

    Args:
        region: the region.
        account: twelve digits.
        buckets: names of the buckets that are there.
        role_refusals: times that a new role cannot be assumed yet.
        update_polls: times that `get_state` says that a change is under way.
        limits: the account's limits; None where the service does not tell.
        denied: actions that the credentials may not do, for `find_denied`; None if not known.
        before: called with a writing method's name; what it raises did not take place.
        after: called with a writing method's name; what it raises did take place.
        answer: what versions answer: function, version and event in, result out.
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
        self._functions: dict[str, _Function] = {}
        self._roles: dict[str, _Role] = {}
        self._groups: dict[str, tuple[LogGroup, dict[str, str]]] = {}
        self._layers: dict[str, dict[int, LayerVersion]] = {}
        self._contents: dict[str, str] = {}
        self._last_numbers: dict[str, int] = {}
        self._ticks = 0

    # what can be asked

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

    # what can be done

    @_write
    def create_log_group(self, name: str, tags: Mapping[str, str]) -> None:
        if name in self._groups:
            raise _refusal(ExistsError, f"log group {name} is there")
        arn = self._arn("logs", f"log-group:{name}")
        self._groups[name] = (LogGroup(name, arn, None), dict(tags))

    @_write
    def set_retention(self, log_group: str, days: int | None) -> None:
        if log_group not in self._groups:
            raise _refusal(MissingError, f"log group {log_group} is not there")
        if days is not None and days not in RETENTION_DAYS:
            raise _refusal(RejectedError, f"{days} days cannot be chosen")
        group, tags = self._groups[log_group]
        self._groups[log_group] = (replace(group, retention_days=days), tags)

    @_write
    def delete_log_group(self, name: str) -> None:
        if name not in self._groups:
            raise _refusal(MissingError, f"log group {name} is not there")
        del self._groups[name]
        self.events.pop(name, None)

    @_write
    def create_role(self, name: str, trust: Document, tags: Mapping[str, str]) -> Role:
        if name in self._roles:
            raise _refusal(ExistsError, f"role {name} is there")
        role = Role(name, f"arn:aws:iam::{self._account}:role/{name}", dict(tags))
        self._roles[name] = _Role(role, trust, self.role_refusals)
        return role

    @_write
    def put_role_policy(self, role: str, policy: str, document: Document) -> None:
        self._role(role).policies[policy] = document

    @_write
    def delete_role_policy(self, role: str, policy: str) -> None:
        if policy not in self._role(role).policies:
            raise _refusal(MissingError, f"policy {policy} is not there")
        del self._role(role).policies[policy]

    @_write
    def delete_role(self, name: str) -> None:
        if self._role(name).policies:
            raise _refusal(BusyError, f"role {name} still has policies")
        del self._roles[name]

    @_write
    def upload(self, path: Path, bucket: str, key: str) -> None:
        if key in self._bucket(bucket):
            raise _refusal(ExistsError, f"key {key} is there")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._bucket(bucket)[key] = StoredZip(key, sha256, True, sha256)

    @_write
    def delete_upload(self, bucket: str, found: StoredZip) -> None:
        there = self._bucket(bucket).get(found.key)
        if there is not None and there.etag != found.etag:
            raise _refusal(ExistsError, f"key {found.key} was changed")
        self._bucket(bucket).pop(found.key, None)

    @_write
    def publish_layer(
        self, name: str, code: Code, description: str, runtime: str, architecture: str
    ) -> LayerVersion:
        content = self._content(code)
        number = self._next_number(f"layer {name}")
        version = LayerVersion(self._arn("lambda", f"layer:{name}:{number}"), description)
        self._layers.setdefault(name, {})[number] = version
        self._contents[version.arn] = content
        return version

    @_write
    def delete_layer_version(self, arn: str) -> None:
        name, number = arn.split(":")[6:8]
        self._layers.get(name, {}).pop(int(number), None)
        self._contents.pop(arn, None)

    @_write
    def create_function(
        self, name: str, code: Code, setup: FunctionSetup, tags: Mapping[str, str]
    ) -> None:
        if name in self._functions:
            raise _refusal(ExistsError, f"function {name} is there")
        self._check(setup)
        setup = replace(setup, code_sha256=self._content(code))
        latest = Version(LATEST, self._arn("lambda", f"function:{name}"), setup, self._tick())
        self._functions[name] = _Function(latest, dict(tags), None, self.update_polls, created=True)

    @_write
    def update_code(self, name: str, code: Code, architecture: str) -> None:
        there = self._idle(name)
        self._change(there, code_sha256=self._content(code), architecture=architecture)

    @_write
    def update_configuration(self, name: str, setup: FunctionSetup) -> None:
        there = self._idle(name)
        self._check(setup)
        held = there.latest.setup
        kept: dict[str, str | None] = {
            "code_sha256": held.code_sha256,
            "architecture": held.architecture,
        }
        if setup.log_format is None:
            kept["log_format"] = held.log_format
        self._change(there, **{**vars(setup), **kept})

    @_write
    def tag_function(self, arn: str, tags: Mapping[str, str]) -> None:
        self._find(arn.split(":")[6]).tags.update(tags)

    @_write
    def set_concurrency(self, name: str, reserved: int) -> None:
        there = self._find(name)
        if self.limits is not None:
            others = sum(one.reserved or 0 for one in self._functions.values() if one is not there)
            if self.limits.concurrency - others - reserved < UNRESERVED:
                raise _refusal(ConcurrencyRefusedError, f"{UNRESERVED} must stay unreserved")
        there.reserved = reserved

    @_write
    def publish_version(self, name: str, code_sha256: str, description: str) -> str:
        there = self._idle(name)
        latest = there.latest
        if code_sha256 != latest.setup.code_sha256:
            raise _refusal(RejectedError, "$LATEST holds other code")
        if there.versions:
            newest = max(there.versions, key=int)
            if there.sources[newest] == latest.setup:
                return newest
        number = str(self._next_number(f"function {name}"))
        setup = replace(latest.setup, description=description or latest.setup.description)
        there.versions[number] = Version(number, f"{latest.arn}:{number}", setup, self._tick())
        there.sources[number] = latest.setup
        return number

    @_write
    def delete_version(self, name: str, version: str) -> None:
        there = self._find(name)
        self._version(there, version)
        for one in there.aliases.values():
            if version == one.alias.version or version in one.alias.weights:
                raise _refusal(RejectedError, f"alias {one.alias.name} names version {version}")
        del there.versions[version]
        del there.sources[version]

    @_write
    def create_alias(self, name: str, alias: Alias) -> None:
        there = self._find(name)
        if alias.name in there.aliases:
            raise _refusal(ExistsError, f"alias {alias.name} is there")
        self._check_alias(there, alias)
        there.aliases[alias.name] = _Alias(alias)

    @_write
    def update_alias(self, name: str, alias: Alias) -> None:
        there = self._find(name)
        held = self._alias(name, alias.name)
        self._check_alias(there, alias)
        held.alias = alias

    @_write
    def create_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> Url:
        held = self._alias(name, alias)
        if held.url is not None:
            raise _refusal(ExistsError, f"alias {alias} has a URL")
        digits = hashlib.sha256(self._tick().encode()).hexdigest()[:32]
        held.url = _url(f"https://{digits}.lambda-url.{self._region}.on.aws/", auth, cors)
        return held.url

    @_write
    def update_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> Url:
        held = self._alias(name, alias)
        if held.url is None:
            raise _refusal(MissingError, f"alias {alias} has no URL")
        held.url = _url(held.url.url, auth, cors)
        return held.url

    @_write
    def change_permissions(
        self, name: str, alias: str, removed: Iterable[str], added: Iterable[Statement]
    ) -> None:
        held = self._alias(name, alias)
        for sid in removed:
            held.statements.pop(sid, None)
        held.statements |= {statement.sid: statement for statement in added}

    @_write
    def delete_function(self, name: str) -> None:
        self._find(name)
        del self._functions[name]

    # what tests look at

    def snapshot(self) -> dict[str, Any]:
        """The whole account as plain values that can be compared: no times, no random ids."""
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

    # what AWS checks

    def _find(self, name: str) -> _Function:
        if name not in self._functions:
            raise _refusal(MissingError, f"function {name} is not there")
        return self._functions[name]

    def _idle(self, name: str) -> _Function:
        there = self._find(name)
        if there.polls:
            raise _refusal(BusyError, f"a change of {name} is under way")
        return there

    def _version(self, there: _Function, version: str) -> Version:
        if version not in there.versions:
            raise _refusal(MissingError, f"version {version} is not there")
        return there.versions[version]

    def _alias(self, name: str, alias: str) -> _Alias:
        aliases = self._find(name).aliases
        if alias not in aliases:
            raise _refusal(MissingError, f"alias {alias} is not there")
        return aliases[alias]

    def _check_alias(self, there: _Function, alias: Alias) -> None:
        for version in (alias.version, *alias.weights):
            if version != LATEST:
                self._version(there, version)
        if alias.weights and (alias.version == LATEST or LATEST in alias.weights):
            raise _refusal(RejectedError, "$LATEST cannot share its traffic")
        if alias.version in alias.weights or len(alias.weights) > 1:
            raise _refusal(RejectedError, "an alias names two different versions at most")

    def _role(self, name: str) -> _Role:
        if name not in self._roles:
            raise _refusal(MissingError, f"role {name} is not there")
        return self._roles[name]

    def _check(self, setup: FunctionSetup) -> None:
        """The role and the layers of a setup, as AWS looks at them."""
        role = self._roles.get(setup.role_arn.rpartition("/")[2])
        if role is None or "lambda.amazonaws.com" not in json.dumps(role.trust):
            raise _refusal(RoleNotReadyError, "the role cannot be assumed")
        if role.refusals:
            role.refusals -= 1
            raise _refusal(RoleNotReadyError, "the role cannot be assumed yet")
        for arn in setup.layer_arns:
            if arn not in self._contents:
                raise _refusal(RejectedError, f"layer version {arn} is not there")
        if len({arn.split(":")[6] for arn in setup.layer_arns}) < len(setup.layer_arns):
            raise _refusal(RejectedError, "a layer is there twice")
        if len(setup.layer_arns) > 5:
            raise _refusal(RejectedError, "a function has five layers at most")

    def _change(self, there: _Function, **values: Any) -> None:
        setup = replace(there.latest.setup, **values)
        there.latest = replace(there.latest, setup=setup, modified=self._tick())
        there.polls, there.created = self.update_polls, False

    def _content(self, code: Code) -> str:
        """Hash of the bytes that AWS gets."""
        if code.bucket is None:
            return hashlib.sha256(code.path.read_bytes()).hexdigest()
        if code.bucket not in self._buckets:
            raise _refusal(BucketError, f"bucket {code.bucket} is not there")
        if code.key not in self._buckets[code.bucket]:
            raise _refusal(RejectedError, f"key {code.key} is not there")
        return self._buckets[code.bucket][code.key].etag

    def _bucket(self, name: str) -> dict[str, StoredZip]:
        if name not in self._buckets:
            raise _refusal(BucketError, f"bucket {name} is not there")
        return self._buckets[name]

    def _next_number(self, what: str) -> int:
        """The next version's number: numbers are never reused, even after versions are deleted."""
        self._last_numbers[what] = self._last_numbers.get(what, 0) + 1
        return self._last_numbers[what]

    def _tick(self) -> str:
        self._ticks += 1
        return f"2026-11-22T00:{self._ticks // 60:02}:{self._ticks % 60:02}"

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._region}:{self._account}:{resource}"


def _refusal(kind: type[E], text: str) -> E:
    return kind(f"The fake cloud says that {text}.", "Look at the test.")


def _url(url: str, auth: str, cors: Cors | None) -> Url:
    known: dict[str, Literal["NONE", "AWS_IAM"]] = {"NONE": "NONE", "AWS_IAM": "AWS_IAM"}
    return Url(url, known[auth], None if cors == Cors() else cors)


def _plain(there: _Function) -> dict[str, Any]:
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
