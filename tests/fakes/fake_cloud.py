# ruff: noqa: D102  (the protocol documents its methods)
"""An AWS account in memory: the whole `Cloud` protocol, which behaves as AWS does.

It refuses what AWS refuses, with the same error. Times and random identifiers are counters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from poner.aws_lambda.cors import Cors
from poner.deployer.failures import (
    BucketError,
    BusyError,
    ConcurrencyRefusedError,
    ExistsError,
    MissingError,
    RejectedError,
    RoleNotReadyError,
)
from poner.deployer.resources import (
    LATEST,
    Alias,
    Code,
    Document,
    FunctionSetup,
    LayerVersion,
    LogGroup,
    Role,
    Statement,
    StoredZip,
    Url,
    Version,
)
from tests.fakes.fake_account import AliasRecord, FakeAccount, FunctionRecord, RoleRecord, refusal

P = ParamSpec("P")
T = TypeVar("T")

RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922}
    | {3288, 3653}
)
"""The only numbers of days that CloudWatch Logs takes."""

UNRESERVED = 100
"""Environments of an account that no function may reserve."""


def _write(
    method: Callable[Concatenate[FakeCloud, P], T],
) -> Callable[Concatenate[FakeCloud, P], T]:
    """A method that changes the account, with a hook before and a hook after it."""

    @wraps(method)
    def hooked(self: FakeCloud, /, *arguments: P.args, **named: P.kwargs) -> T:
        self.before(method.__name__)
        result = method(self, *arguments, **named)
        self.after(method.__name__)
        return result

    return hooked


class FakeCloud(FakeAccount):
    """The reads and the changes of an account in one region."""

    @_write
    def create_log_group(self, name: str, tags: Mapping[str, str]) -> None:
        if name in self._groups:
            raise refusal(ExistsError, f"log group {name} is there")
        arn = self._arn("logs", f"log-group:{name}")
        self._groups[name] = (LogGroup(name, arn, None), dict(tags))

    @_write
    def set_retention(self, log_group: str, days: int | None) -> None:
        if log_group not in self._groups:
            raise refusal(MissingError, f"log group {log_group} is not there")
        if days is not None and days not in RETENTION_DAYS:
            raise refusal(RejectedError, f"{days} days cannot be chosen")
        group, tags = self._groups[log_group]
        self._groups[log_group] = (replace(group, retention_days=days), tags)

    @_write
    def delete_log_group(self, name: str) -> None:
        if name not in self._groups:
            raise refusal(MissingError, f"log group {name} is not there")
        del self._groups[name]
        self.events.pop(name, None)

    @_write
    def create_role(self, name: str, trust: Document, tags: Mapping[str, str]) -> Role:
        if name in self._roles:
            raise refusal(ExistsError, f"role {name} is there")
        role = Role(name, f"arn:aws:iam::{self._account}:role/{name}", dict(tags))
        self._roles[name] = RoleRecord(role, trust, self.role_refusals)
        return role

    @_write
    def put_role_policy(self, role: str, policy: str, document: Document) -> None:
        self._role(role).policies[policy] = document

    @_write
    def delete_role_policy(self, role: str, policy: str) -> None:
        if policy not in self._role(role).policies:
            raise refusal(MissingError, f"policy {policy} is not there")
        del self._role(role).policies[policy]

    @_write
    def delete_role(self, name: str) -> None:
        if self._role(name).policies:
            raise refusal(BusyError, f"role {name} still has policies")
        del self._roles[name]

    @_write
    def upload(self, path: Path, bucket: str, key: str) -> None:
        if key in self._bucket(bucket):
            raise refusal(ExistsError, f"key {key} is there")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._bucket(bucket)[key] = StoredZip(key, sha256, True, sha256)

    @_write
    def delete_upload(self, bucket: str, found: StoredZip) -> None:
        there = self._bucket(bucket).get(found.key)
        if there is not None and there.etag != found.etag:
            raise refusal(ExistsError, f"key {found.key} was changed")
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
            raise refusal(ExistsError, f"function {name} is there")
        self._check(setup)
        setup = replace(setup, code_sha256=self._content(code))
        latest = Version(LATEST, self._arn("lambda", f"function:{name}"), setup, self._tick())
        self._functions[name] = FunctionRecord(
            latest, dict(tags), None, self.update_polls, created=True
        )

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
                raise refusal(ConcurrencyRefusedError, f"{UNRESERVED} must stay unreserved")
        there.reserved = reserved

    @_write
    def publish_version(self, name: str, code_sha256: str, description: str) -> str:
        there = self._idle(name)
        latest = there.latest
        if code_sha256 != latest.setup.code_sha256:
            raise refusal(RejectedError, "$LATEST holds other code")
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
                raise refusal(RejectedError, f"alias {one.alias.name} names version {version}")
        del there.versions[version]
        del there.sources[version]

    @_write
    def create_alias(self, name: str, alias: Alias) -> None:
        there = self._find(name)
        if alias.name in there.aliases:
            raise refusal(ExistsError, f"alias {alias.name} is there")
        self._check_alias(there, alias)
        there.aliases[alias.name] = AliasRecord(alias)

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
            raise refusal(ExistsError, f"alias {alias} has a URL")
        digits = hashlib.sha256(self._tick().encode()).hexdigest()[:32]
        held.url = _url(f"https://{digits}.lambda-url.{self._region}.on.aws/", auth, cors)
        return held.url

    @_write
    def update_url(self, name: str, alias: str, auth: str, cors: Cors | None) -> Url:
        held = self._alias(name, alias)
        if held.url is None:
            raise refusal(MissingError, f"alias {alias} has no URL")
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

    # AWS's checks

    def _idle(self, name: str) -> FunctionRecord:
        there = self._find(name)
        if there.polls:
            raise refusal(BusyError, f"a change of {name} is under way")
        return there

    def _check_alias(self, there: FunctionRecord, alias: Alias) -> None:
        for version in (alias.version, *alias.weights):
            if version != LATEST:
                self._version(there, version)
        if alias.weights and (alias.version == LATEST or LATEST in alias.weights):
            raise refusal(RejectedError, "$LATEST cannot share its traffic")
        if alias.version in alias.weights or len(alias.weights) > 1:
            raise refusal(RejectedError, "an alias names two different versions at most")

    def _check(self, setup: FunctionSetup) -> None:
        """Check the role and the layers of a setup, as AWS does."""
        role = self._roles.get(setup.role_arn.rpartition("/")[2])
        if role is None or "lambda.amazonaws.com" not in json.dumps(role.trust):
            raise refusal(RoleNotReadyError, "the role cannot be assumed")
        if role.refusals:
            role.refusals -= 1
            raise refusal(RoleNotReadyError, "the role cannot be assumed yet")
        for arn in setup.layer_arns:
            if arn not in self._contents:
                raise refusal(RejectedError, f"layer version {arn} is not there")
        if len({arn.split(":")[6] for arn in setup.layer_arns}) < len(setup.layer_arns):
            raise refusal(RejectedError, "a layer is there twice")
        if len(setup.layer_arns) > 5:
            raise refusal(RejectedError, "a function has five layers at most")

    def _change(self, there: FunctionRecord, **values: Any) -> None:
        setup = replace(there.latest.setup, **values)
        there.latest = replace(there.latest, setup=setup, modified=self._tick())
        there.polls, there.created = self.update_polls, False

    def _content(self, code: Code) -> str:
        """Hash of the bytes that are sent to AWS."""
        if code.bucket is None:
            return hashlib.sha256(code.path.read_bytes()).hexdigest()
        if code.bucket not in self._buckets:
            raise refusal(BucketError, f"bucket {code.bucket} is not there")
        if code.key not in self._buckets[code.bucket]:
            raise refusal(RejectedError, f"key {code.key} is not there")
        return self._buckets[code.bucket][code.key].etag

    def _next_number(self, what: str) -> int:
        """The next version's number: numbers are never reused, even after versions are deleted."""
        self._last_numbers[what] = self._last_numbers.get(what, 0) + 1
        return self._last_numbers[what]

    def _tick(self) -> str:
        self._ticks += 1
        return f"2026-11-22T00:{self._ticks // 60:02}:{self._ticks % 60:02}"


def _url(url: str, auth: str, cors: Cors | None) -> Url:
    known: dict[str, Literal["NONE", "AWS_IAM"]] = {"NONE": "NONE", "AWS_IAM": "AWS_IAM"}
    return Url(url, known[auth], None if cors == Cors() else cors)
