"""Steps in words: for people a line, for machines the same as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from poner.deployer.cloud import Statement
from poner.deployer.comparison import describe_cors
from poner.deployer.steps import (
    Change,
    CreateAlias,
    CreateFunction,
    CreateLogGroup,
    CreateRole,
    CreateUrl,
    DeleteFunction,
    DeleteLayerVersion,
    DeleteLogGroup,
    DeleteRole,
    DeleteRolePolicy,
    DeleteVersion,
    MoveAlias,
    Plan,
    PublishLayer,
    PublishVersion,
    PutRolePolicy,
    RemoveUpload,
    SetConcurrency,
    SetPermissions,
    SetRetention,
    Step,
    TagFunction,
    UpdateCode,
    UpdateConfiguration,
    UpdateUrl,
    Upload,
    Verb,
)


@dataclass(frozen=True)
class Description:
    """A step in words."""

    verb: Verb
    """What happens."""
    resource: str
    """To what kind of thing, such as `log group`."""
    name: str
    """To which one."""
    changes: tuple[Change, ...] = ()
    """Old and new values."""

    @property
    def title(self) -> str:
        """One line."""
        return f"{self.verb} {self.resource} {self.name}"


def describe(step: Step) -> Description:
    """A step in words: one table, to be read down."""
    match step:
        case CreateLogGroup(name):
            return Description("create", "log group", name)
        case SetRetention(log_group, _, changes):
            return Description("change", "log group", log_group, changes)
        case CreateRole(name):
            allowed = Change("may be assumed by", None, "lambda.amazonaws.com")
            return Description("create", "role", name, (allowed,))
        case PutRolePolicy(role, policy, document, verb):
            allowed = Change("allows", None, _allowed(document))
            return Description(verb, "policy of the role", f"{role}/{policy}", (allowed,))
        case Upload(code, size_bytes):
            size = Change("size", None, f"{size_bytes:,} bytes")
            return Description("create", "upload", f"s3://{code.bucket}/{code.key}", (size,))
        case PublishLayer(layer):
            size = Change("size", None, f"{layer.size_bytes:,} bytes")
            return Description("create", "layer", layer.name, (size,))
        case CreateFunction(name, changes=changes):
            return Description("create", "function", name, changes)
        case UpdateCode(name, changes=changes):
            return Description("change", "code of the function", name, changes)
        case UpdateConfiguration(name, changes=changes):
            return Description("change", "settings of the function", name, changes)
        case TagFunction(name, changes=changes):
            return Description("change", "tags of the function", name, changes)
        case SetConcurrency(name, changes=changes):
            return Description("change", "concurrency of the function", name, changes)
        case PublishVersion(name, _, description):
            new = Change("description", None, description)
            return Description("create", "version of the function", name, (new,))
        case CreateAlias(name, alias, version):
            new = Change("version", None, version or "the new one")
            return Description("create", "alias", f"{name}:{alias}", (new,))
        case MoveAlias(name, alias, changes=changes):
            return Description("change", "alias", f"{name}:{alias}", changes)
        case CreateUrl(name, alias, auth, cors):
            both = (Change("auth", None, auth), Change("CORS", None, describe_cors(cors)))
            shown = both if cors else both[:1]
            return Description("create", "Function URL", f"{name}:{alias}", shown)
        case UpdateUrl(name, alias, changes=changes):
            return Description("change", "Function URL", f"{name}:{alias}", changes)
        case SetPermissions(name, alias, removed, added):
            changes = _permission_changes(removed, added)
            kind: Verb = "change" if removed and added else "create" if added else "remove"
            return Description(kind, "permissions", f"{name}:{alias}", changes)
        case DeleteVersion(name, version):
            return Description("remove", "version", f"{name}:{version}")
        case DeleteLayerVersion(arn):
            return Description("remove", "layer version", ":".join(arn.split(":")[6:]))
        case RemoveUpload(bucket, found):
            return Description("remove", "upload", f"s3://{bucket}/{found.key}")
        case DeleteFunction(name, changes):
            return Description("remove", "function", name, changes)
        case DeleteRolePolicy(role, policy):
            return Description("remove", "policy of the role", f"{role}/{policy}")
        case DeleteRole(name):
            return Description("remove", "role", name)
        case DeleteLogGroup(name):
            return Description("remove", "log group", name)
        case _:
            assert_never(step)


_SIGNS: dict[Verb, str] = {"create": "+", "change": "~", "remove": "-"}


def plan_lines(plan: Plan) -> Iterator[str]:
    """A plan for people: each step, what it changes from what to what, a sum, and notes."""
    steps = [describe(step) for step in plan.steps]
    for step in steps:
        yield f"  {_SIGNS[step.verb]} {step.title}"
        yield from (f"      {_value_line(change)}" for change in step.changes)
    if steps:
        counts = Counter(step.verb for step in steps)
        yield ", ".join(f"{counts[verb]} to {verb}" for verb in _SIGNS if counts[verb]) + "."
    else:
        yield "Nothing to change."
    yield from (f"Note: {note}" for note in plan.notes)


def _value_line(change: Change) -> str:
    if change.old is None:
        return f"{change.field}: {change.new}"
    return f"{change.field}: {change.old} -> {change.new or '(none)'}"


def as_json(plan: Plan) -> dict[str, Any]:
    """A plan for machines."""
    steps = [describe(step) for step in plan.steps]
    return {
        "steps": [
            {
                "action": step.verb,
                "resource": step.resource,
                "name": step.name,
                "changes": [
                    {"field": change.field, "old": change.old, "new": change.new}
                    for change in step.changes
                ],
            }
            for step in steps
        ],
        "notes": list(plan.notes),
    }


def _allowed(document: Any) -> str:
    """The actions that a policy of poner's allows."""
    actions = [action for statement in document["Statement"] for action in statement["Action"]]
    return ", ".join(actions)


def _permission_changes(
    removed: tuple[str, ...], added: tuple[Statement, ...]
) -> tuple[Change, ...]:
    old = dict.fromkeys(removed, "allowed")
    new = {statement.sid: _permitted(statement) for statement in added}
    return tuple(Change(sid, old.get(sid), new.get(sid)) for sid in {**old, **new})


def _permitted(statement: Statement) -> str:
    condition = f", where the URL's auth is {statement.url_auth}" if statement.url_auth else ""
    through = ", only through the URL" if statement.via_url else ""
    who = "anyone" if statement.principal == "*" else statement.principal
    return f"{statement.action} to {who}{condition}{through}"
