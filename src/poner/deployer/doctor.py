"""Finds what would block a deploy, by reads only; every failure becomes a finding."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from poner.aws_lambda import quotas
from poner.aws_lambda.runtimes import RUNTIMES, find_runtime
from poner.deployer.cloud import CloudReads
from poner.deployer.desired import NAME_A_BUCKET, role_name, upload_prefix
from poner.deployer.failures import CloudError, CredentialsError
from poner.deployer.observing import Observed, check_own
from poner.deployer.planning import LEAST_UNRESERVED, cannot_reserve
from poner.deployer.policy import make_policy
from poner.deployer.resources import AccountLimits, Document, Function, Identity
from poner.deployer.settings import DeploySettings
from poner.errors import DeployError, MissingPackageError, UsageError
from poner.findings import Finding, of_error

WARNING_TIME = datetime.timedelta(days=90)
"""How long before the end of security patches a runtime gets a warning."""

_ASK_FOR_MORE = "Ask for more in Service Quotas: AWS Lambda, Concurrent executions"
_NAMES_SHOWN = 8
_FULL = 0.9


@dataclass(frozen=True)
class Intention:
    """What the user intends to deploy, as far as it is known."""

    name: str
    """The function's name."""
    runtime: str
    """Such as `python3.13`."""
    settings: DeploySettings
    """The settings of the deploy."""
    zip_bytes: tuple[int, ...] = ()
    """Sizes of the Bundle's zips; empty if there is no Bundle yet."""


def check_account(
    open_reads: Callable[[], CloudReads], intention: Intention, today: datetime.date
) -> tuple[Finding, ...]:
    """What would block a deploy on the side of AWS; raises no CloudError.

    Args:
        open_reads: opens the account and region.
        intention: what the user intends to deploy.
        today: decides whether AWS still accepts the runtime.
    """
    try:
        cloud = open_reads()
    except MissingPackageError as error:
        return (of_error("packages", error), *_without_account(intention, today))
    except CloudError as error:
        check = "credentials" if isinstance(error, CredentialsError) else "region"
        return (of_error(check, error), *_without_account(intention, today))
    region = Finding("region", "ok", f"{cloud.region}.")
    try:
        identity = cloud.get_identity()
    except CloudError as error:
        return (region, of_error("credentials", error), *_without_account(intention, today))
    who = f", as {identity.arn.split(':', 5)[-1]}" if identity.arn else ""
    credentials = Finding("credentials", "ok", f"Account {identity.account}{who}.")
    function, own = _find_function(cloud, identity, intention)
    return (
        region,
        credentials,
        _check_permissions(cloud, identity, intention),
        own,
        _check_runtime(intention.runtime, function, today),
        *_check_limits(cloud, function, intention),
        *_check_bucket(cloud, intention),
    )


def any_account(region: str) -> Identity:
    """Any account of the region's partition, for a policy."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    found = (partition for prefix, partition in prefixes.items() if region.startswith(prefix))
    return Identity("*", next(found, "aws"))


def _without_account(intention: Intention, today: datetime.date) -> tuple[Finding, ...]:
    what = "Permissions, the function's name, concurrency and code storage"
    if intention.settings.bucket is not None:
        what = "Permissions, the function's name, concurrency, code storage and the bucket"
    unknown = Finding(
        "account",
        "warning",
        f"{what} were not checked, because that needs a region and credentials.",
    )
    return (unknown, _check_runtime(intention.runtime, None, today), *_miss_bucket(intention))


def _check_permissions(cloud: CloudReads, identity: Identity, intention: Intention) -> Finding:
    document = make_policy(intention.name, cloud.region, identity, intention.settings)
    try:
        denied = _find_denied(cloud, identity.arn, document)
    except CloudError as error:
        return of_error("permissions", error, "warning")
    if denied is None:
        return Finding(
            "permissions",
            "warning",
            "These credentials are not allowed to ask IAM for their permissions.",
            "Compare their permissions with the policy that `poner doctor --policy` prints.",
        )
    if denied:
        more = len(denied) - _NAMES_SHOWN
        shown = ", ".join(denied[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return Finding(
            "permissions",
            "fix",
            f"These credentials are not allowed to do {shown}.",
            "Ask for these permissions; `poner doctor --policy` prints all that poner needs.",
        )
    return Finding("permissions", "ok", "These credentials are allowed to do all that poner needs.")


def _find_denied(cloud: CloudReads, principal: str, document: Document) -> tuple[str, ...] | None:
    """The actions of a policy that a principal may not take; None if IAM does not tell.

    The first question is about all resources, since many principals may do everything. Only the
    denied actions are then asked for the resources and conditions of the policy.
    """
    statements = document["Statement"]
    actions = [action for statement in statements for action in statement["Action"]]
    everywhere = cloud.find_denied(principal, actions)
    if not everywhere:
        return everywhere
    denied: list[str] = []
    for statement in statements:
        left = [action for action in statement["Action"] if action in everywhere]
        if not left:
            continue
        resource = _example(statement["Resource"])
        context = {
            key: _example(value)
            for condition in statement.get("Condition", {}).values()
            for key, value in condition.items()
        }
        here = left if resource == "*" else cloud.find_denied(principal, left, resource, context)
        if here is None:
            return None
        denied += here
    return tuple(denied)


def _example(resource: str | list[str]) -> str:
    """One resource that a statement covers; `*` only if it covers all resources."""
    first = resource if isinstance(resource, str) else resource[0]
    return first if first == "*" else first.replace("*", "x")


def _find_function(
    cloud: CloudReads, identity: Identity, intention: Intention
) -> tuple[Function | None, Finding]:
    name = intention.name
    function = None
    try:
        function = cloud.get_function(name)
        own_role = intention.settings.role is None
        role = cloud.get_role(role_name(name, cloud.region)) if own_role else None
        check_own(Observed(identity, function, role=role), name, cloud.region)
    except DeployError as error:
        return function, of_error("function", error)
    if function is None:
        return None, Finding("function", "ok", f"The name {name} is free in {cloud.region}.")
    return function, Finding(
        "function", "ok", f"Function {name} exists in {cloud.region} and is managed by poner."
    )


def _check_runtime(name: str, function: Function | None, today: datetime.date) -> Finding:
    """Whether AWS accepts the runtime, which it does longer for functions that already use it."""
    try:
        runtime = find_runtime(name, UsageError)
    except UsageError as error:
        return of_error("runtime", error)
    remedy = _newer_runtime(name, today)
    has_it = function is not None and function.latest.setup.runtime == name
    dates = (
        f"AWS patches {name} until {runtime.deprecated}, creates functions with it until "
        f"{runtime.block_create}, and updates them until {runtime.block_update}."
    )
    if today >= runtime.taken_until(has_it=has_it):
        return Finding("runtime", "fix", dates, remedy)
    if today >= runtime.deprecated - WARNING_TIME:
        return Finding("runtime", "warning", dates, remedy)
    return Finding("runtime", "ok", dates)


def _newer_runtime(name: str, today: datetime.date) -> str:
    names = list(RUNTIMES)
    for newer in names[names.index(name) + 1 :]:
        if today < RUNTIMES[newer].deprecated - WARNING_TIME:
            return f"Build for a newer runtime: `poner build --runtime {newer}`."
    return "Install a newer version of poner, which knows newer runtimes."


def _check_limits(
    cloud: CloudReads, function: Function | None, intention: Intention
) -> Iterator[Finding]:
    try:
        found = cloud.get_account_limits()
    except CloudError as error:
        yield of_error("concurrency", error, "warning")
        return
    if found is None:
        yield Finding(
            "concurrency",
            "warning",
            "AWS did not say how much concurrency and code storage the account has.",
            "Look under AWS Lambda in Service Quotas.",
        )
        return
    yield _check_concurrency(found, function, intention)
    yield _check_storage(found, sum(intention.zip_bytes))


def _check_concurrency(
    found: AccountLimits, function: Function | None, intention: Intention
) -> Finding:
    wanted = intention.settings.reserved_concurrency
    old = function.reserved_concurrency if function else None
    has = (
        f"The account runs {found.concurrency:,} environments at once, "
        f"{found.unreserved:,} of them unreserved"
    )
    if cannot_reserve(wanted, old, found):
        return Finding(
            "concurrency",
            "warning",
            f"{has}: {wanted:,} cannot be reserved, so a deploy will reserve none.",
            f"{_ASK_FOR_MORE}; or lower reserved_concurrency under [deploy] in poner.toml.",
        )
    if found.concurrency < LEAST_UNRESERVED:
        return Finding(
            "concurrency",
            "warning",
            f"{has}: further requests get status 429.",
            f"{_ASK_FOR_MORE}.",
        )
    return Finding("concurrency", "ok", f"{has}.")


def _check_storage(found: AccountLimits, needed_bytes: int) -> Finding:
    left = found.code_limit_bytes - found.code_bytes
    text = f"{found.code_bytes:,} of {found.code_limit_bytes:,} bytes of code storage are used"
    remedy = "Remove functions and layers that are not needed, or ask for more in Service Quotas."
    if needed_bytes > left:
        found_out = f"{text}, and the bundle needs {needed_bytes:,} more."
        return Finding("code storage", "fix", found_out, remedy)
    if found.code_bytes + needed_bytes > _FULL * found.code_limit_bytes:
        return Finding("code storage", "warning", f"{text}.", remedy)
    return Finding("code storage", "ok", f"{text}.")


def _miss_bucket(intention: Intention) -> Iterator[Finding]:
    """A finding if a bucket is needed and the settings name no bucket."""
    largest = max(intention.zip_bytes, default=0)
    if intention.settings.bucket is None and largest > quotas.DIRECT_UPLOAD_BYTES:
        yield Finding(
            "bucket",
            "fix",
            f"A zip has {largest:,} bytes, but a call takes at most "
            f"{quotas.DIRECT_UPLOAD_BYTES:,}.",
            NAME_A_BUCKET,
        )


def _check_bucket(cloud: CloudReads, intention: Intention) -> Iterator[Finding]:
    yield from _miss_bucket(intention)
    bucket = intention.settings.bucket
    if bucket is None:
        return
    try:
        cloud.list_uploads(bucket, upload_prefix(intention.name))
    except CloudError as error:
        yield of_error("bucket", error)
    else:
        yield Finding("bucket", "ok", f"Bucket {bucket} exists in {cloud.region}.")
