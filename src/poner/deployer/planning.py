"""Compares the desired state with the present state and makes a plan, from values alone.

Resources come in the order of their dependencies: log group, role, uploads, layers, function,
version, alias, URL, permissions, and last the removals. $LATEST only serves to publish versions, so
it is updated only when a version has to be published.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from poner.deployer import steps
from poner.deployer.comparison import compare_setups, compare_tags, describe_cors, same_cors
from poner.deployer.desired import (
    OWN_STATEMENT_IDS,
    ROLE_POLICY,
    TRUST,
    Desired,
    layer_name,
    serves_another_model,
)
from poner.deployer.observing import Observed
from poner.deployer.pruning import prune
from poner.deployer.resources import LATEST, AccountLimits, Code, FunctionSetup, Statement
from poner.deployer.settings import ALIAS
from poner.deployer.traffic import move_alias, named_versions, share_traffic

PUBLIC_NOTE = (
    'auth = "none": anyone who has the URL can call the function, and you pay for each call; '
    'auth = "iam" admits signed requests only, and reserved_concurrency caps the cost of calls.'
)
"""Warning about a public URL."""

ROLE_NOTE = (
    "The role was deleted and will be created again. Versions that used the old role may be unable "
    "to read their environment variables: if calls fail, change a value and deploy again."
)
"""KMS knows the old role by an identifier that a new role of the same name does not have (AWS's
knowledge center, lambda-kmsaccessdeniedexception-errors, 2026-11)."""

LEAST_UNRESERVED = 100
"""Environments that AWS keeps for functions without reserved concurrency."""


def make_plan(
    desired: Desired, observed: Observed, *, percent: int = 0, strays: frozenset[str] = frozenset()
) -> steps.Plan:
    """The plan that turns the present state into the desired state.

    Args:
        desired: the desired state.
        observed: the present state.
        percent: traffic of the new version in a canary release; 0 for no canary.
        strays: ARNs of layer versions that an interrupted deploy published.
    """
    target = find_version(desired, observed)
    moving = tuple(_alias(desired, observed, target, percent))
    needed = chain(
        _log_group(desired, observed),
        _role(desired, observed),
        _version(desired, observed) if target is None else (),
        _tags(desired, observed),
        _concurrency(desired, observed),
        (steps.PublishVersion(desired.name, desired.setup.code_sha256, desired.setup.description),)
        if target is None
        else (),
        moving,
        _url(desired, observed),
        prune(desired, observed, _named(observed, moving, target), strays),
    )
    return steps.Plan(tuple(needed), tuple(_notes(desired, observed, target, percent)))


def find_version(desired: Desired, observed: Observed) -> str | None:
    """The newest version with the desired setup; None if there is no such version."""
    for version in reversed(observed.versions):
        if not compare_setups(version.setup, desired.setup):
            return version.version
    return None


def _log_group(desired: Desired, observed: Observed) -> Iterator[steps.Step]:
    """Lambda would create it at the first call, without tags and with unlimited retention."""
    group = observed.log_group
    if group is None:
        yield steps.CreateLogGroup(desired.log_group, desired.tags)
    old = group.retention_days if group else None
    if old != desired.retention_days:
        yield steps.SetRetention(
            desired.log_group,
            desired.retention_days,
            (steps.Change("retention", _days(old), _days(desired.retention_days)),),
        )


def _days(days: int | None) -> str:
    if days is None:
        return "for ever"
    return f"{days} day" if days == 1 else f"{days} days"


def _role(desired: Desired, observed: Observed) -> Iterator[steps.Step]:
    if desired.role is None:
        return
    if observed.role is None:
        yield steps.CreateRole(desired.role.name, TRUST, desired.tags)
    if observed.role_policy != desired.role.policy:
        yield steps.PutRolePolicy(
            desired.role.name,
            ROLE_POLICY,
            desired.role.policy,
            "create" if observed.role_policy is None else "change",
        )


def _version(desired: Desired, observed: Observed) -> Iterator[steps.Step]:
    """The steps that give $LATEST the desired setup."""
    for layer in desired.layers:
        if layer.name not in observed.layers:
            yield from _upload(layer.code, layer.size_bytes, observed)
            yield steps.PublishLayer(layer, desired.setup.runtime, desired.setup.architecture)
    if observed.function is None:
        yield from _upload(desired.code, desired.code_bytes, observed)
        changes = compare_setups(None, desired.setup)
        yield steps.CreateFunction(desired.name, desired.code, desired.setup, desired.tags, changes)
        return
    changes = compare_setups(observed.function.latest.setup, desired.setup)
    of_code = tuple(change for change in changes if change.field in ("code", "architecture"))
    others = tuple(change for change in changes if change not in of_code)
    others = (*others, *_moved_layers(desired, observed, observed.function.latest.setup))
    if of_code:
        yield from _upload(desired.code, desired.code_bytes, observed)
        yield steps.UpdateCode(desired.name, desired.code, desired.setup.architecture, of_code)
    if others:
        yield steps.UpdateConfiguration(desired.name, desired.setup, others)


def _moved_layers(
    desired: Desired, observed: Observed, latest: FunctionSetup
) -> Iterator[steps.Change]:
    """Layers that $LATEST uses in another version, which may be deleted, with the same content."""
    names = [layer.name for layer in desired.layers]
    wanted = [observed.layers.get(name) for name in names]
    if names == [layer_name(arn) for arn in latest.layer_arns] and wanted != [*latest.layer_arns]:
        new = ", ".join(
            arn or f"{name}, the new version" for name, arn in zip(names, wanted, strict=True)
        )
        yield steps.Change("layers", ", ".join(latest.layer_arns), new)


def _upload(code: Code, size_bytes: int, observed: Observed) -> Iterator[steps.Step]:
    if code.key is not None and code.key not in observed.uploads:
        yield steps.Upload(code, size_bytes)


def _tags(desired: Desired, observed: Observed) -> Iterator[steps.Step]:
    if observed.function is None:
        return
    changes = compare_tags(observed.function.tags, desired.tags)
    if changes:
        tags = {change.field.removeprefix("tag "): change.new or "" for change in changes}
        yield steps.TagFunction(desired.name, observed.function.latest.arn, tags, changes)


def _concurrency(desired: Desired, observed: Observed) -> Iterator[steps.Step]:
    wanted = desired.settings.reserved_concurrency
    old = observed.reserved_concurrency
    if wanted is None or wanted == old or cannot_reserve(wanted, old, observed.limits):
        return
    change = steps.Change("reserved concurrency", None if old is None else str(old), str(wanted))
    yield steps.SetConcurrency(desired.name, wanted, (change,))


def is_switched_off(desired: Desired, observed: Observed) -> bool:
    """Whether the function will refuse all calls, because its reserved concurrency is 0."""
    wanted = desired.settings.reserved_concurrency
    return (observed.reserved_concurrency if wanted is None else wanted) == 0


def cannot_reserve(wanted: int | None, old: int | None, limits: AccountLimits | None) -> bool:
    """Whether AWS would refuse this number; False if the account's limits are unknown."""
    if limits is None or wanted is None or wanted == old:
        return False
    return limits.unreserved + (old or 0) - wanted < min(LEAST_UNRESERVED, limits.concurrency)


def _alias(
    desired: Desired, observed: Observed, target: str | None, percent: int
) -> Iterator[steps.Step]:
    live = observed.live
    if live is None:
        yield steps.CreateAlias(desired.name, ALIAS, target)
    elif percent == 0 or live.version in (target, LATEST):
        if live.version != target or live.weights:
            yield move_alias(desired.name, live, target)
    elif target is None or live.weights != {target: percent / 100}:
        yield share_traffic(desired.name, live, target, percent)


def _named(
    observed: Observed, moving: tuple[steps.Step, ...], target: str | None
) -> set[str | None]:
    """The versions that aliases will name or remember; None stands for the new version."""
    named: set[str | None] = {target}
    for alias in observed.aliases:
        if alias.name != ALIAS or not moving:
            named |= named_versions(alias)
    for step in moving:
        if isinstance(step, steps.MoveAlias):
            named |= {step.main} | ({step.canary} if step.percent else set())
            named |= {step.previous} if step.previous else set()
    return named


def _url(desired: Desired, observed: Observed) -> Iterator[steps.Step]:
    """URL and permissions: a public URL gets its permissions first, and loses them last."""
    permissions = tuple(_permissions(desired, observed.statements))
    url = observed.url
    if url is None:
        yield from permissions
        yield steps.CreateUrl(desired.name, ALIAS, desired.auth, desired.cors)
        return
    changes = []
    if url.auth != desired.auth:
        changes.append(steps.Change("auth", url.auth, desired.auth))
    if not same_cors(url.cors, desired.cors):
        changes.append(steps.Change("CORS", describe_cors(url.cors), describe_cors(desired.cors)))
    if desired.statements:
        yield from permissions
    if url.streams:
        changes.append(steps.Change("results", "streamed", "whole"))
    if changes:
        yield steps.UpdateUrl(desired.name, ALIAS, desired.auth, desired.cors, tuple(changes))
    if not desired.statements:
        yield from permissions


def _permissions(desired: Desired, found: tuple[Statement, ...]) -> Iterator[steps.Step]:
    """The step that adds or removes poner's own statements; other statements stay."""
    added = tuple(one for one in desired.statements if one not in found)
    removed = tuple(
        one.sid for one in found if one.sid in OWN_STATEMENT_IDS and one not in desired.statements
    )
    if added or removed:
        yield steps.SetPermissions(desired.name, ALIAS, removed, added)


def _notes(desired: Desired, observed: Observed, target: str | None, percent: int) -> Iterator[str]:
    if serves_another_model(_live_description(observed), desired.signature):
        yield (
            f"{desired.name} serves another model now, with other features or classes, and this "
            "deploy replaces it. To keep both, give this project another name in poner.toml and "
            "build again."
        )
    if desired.settings.auth == "none":
        yield PUBLIC_NOTE
    if desired.role and observed.role is None and target and desired.setup.environment:
        yield ROLE_NOTE
    for statement in observed.statements:
        if (
            statement.sid not in OWN_STATEMENT_IDS
            and statement.principal == "*"
            and not statement.limited
        ):
            yield (
                f"The permission {statement.sid}, which poner did not make, allows anyone to do "
                f"{statement.action}."
            )
    wanted = desired.settings.reserved_concurrency
    old = observed.reserved_concurrency
    if is_switched_off(desired, observed):
        yield "The function is switched off by a reserved concurrency of 0: it refuses all calls."
    if cannot_reserve(wanted, old, observed.limits):
        yield concurrency_note(desired.name)
    if percent and (observed.live is None or observed.live.version == LATEST):
        yield "There is no earlier version to share the traffic: the new version gets all of it."
    elif percent and observed.live is not None and observed.live.version == target:
        yield f"Version {target} holds this bundle and already gets all of the traffic."


def _live_description(observed: Observed) -> str:
    """The description of the version that the URL leads to, or of $LATEST without one."""
    live = observed.live
    for version in observed.versions:
        if live is not None and version.version == live.version:
            return version.setup.description
    return observed.function.latest.setup.description if observed.function else ""


def concurrency_note(name: str) -> str:
    """Message: the account cannot reserve this concurrency."""
    return (
        f"No concurrency is reserved for {name}, because the account has too little of it. Ask AWS "
        "for more (Service Quotas, Lambda, concurrent executions) to cap the cost this way."
    )
