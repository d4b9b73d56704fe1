"""Steps in words: lines for people, JSON for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from poner.deployer import steps
from poner.deployer.comparison import describe_cors
from poner.deployer.resources import Statement


@dataclass(frozen=True)
class Description:
    """A step in words."""

    verb: steps.Verb
    """What happens."""
    resource: str
    """Kind of resource, such as `log group`."""
    name: str
    """Name of the resource."""
    changes: tuple[steps.Change, ...] = ()
    """Old and new values."""

    @property
    def title(self) -> str:
        """One line."""
        return f"{self.verb} {self.resource} {self.name}"


def describe(step: steps.Step) -> Description:
    """The description of a step."""
    match step:
        case steps.CreateLogGroup(name):
            return Description("create", "log group", name)
        case steps.SetRetention(log_group, _, changes):
            return Description("change", "log group", log_group, changes)
        case steps.CreateRole(name):
            allowed = steps.Change("can be assumed by", None, "lambda.amazonaws.com")
            return Description("create", "role", name, (allowed,))
        case steps.PutRolePolicy(role, policy, document, verb):
            allowed = steps.Change("allows", None, _allowed(document))
            return Description(verb, "policy of the role", f"{role}/{policy}", (allowed,))
        case steps.Upload(code, size_bytes):
            size = steps.Change("size", None, f"{size_bytes:,} bytes")
            return Description("create", "upload", f"s3://{code.bucket}/{code.key}", (size,))
        case steps.PublishLayer(layer):
            size = steps.Change("size", None, f"{layer.size_bytes:,} bytes")
            return Description("create", "layer", layer.name, (size,))
        case steps.CreateFunction(name, changes=changes):
            return Description("create", "function", name, changes)
        case steps.UpdateCode(name, changes=changes):
            return Description("change", "code of the function", name, changes)
        case steps.UpdateConfiguration(name, changes=changes):
            return Description("change", "settings of the function", name, changes)
        case steps.TagFunction(name, changes=changes):
            return Description("change", "tags of the function", name, changes)
        case steps.SetConcurrency(name, changes=changes):
            return Description("change", "concurrency of the function", name, changes)
        case steps.PublishVersion(name, _, description):
            new = steps.Change("description", None, description)
            return Description("create", "version of the function", name, (new,))
        case steps.CreateAlias(name, alias, version):
            new = steps.Change("version", None, version or "the new version")
            return Description("create", "alias", f"{name}:{alias}", (new,))
        case steps.MoveAlias(name, alias, changes=changes):
            return Description("change", "alias", f"{name}:{alias}", changes)
        case steps.CreateUrl(name, alias, auth, cors):
            both = (
                steps.Change("auth", None, auth),
                steps.Change("CORS", None, describe_cors(cors)),
            )
            shown = both if cors else both[:1]
            return Description("create", "Function URL", f"{name}:{alias}", shown)
        case steps.UpdateUrl(name, alias, changes=changes):
            return Description("change", "Function URL", f"{name}:{alias}", changes)
        case steps.SetPermissions(name, alias, removed, added):
            changes = _permission_changes(removed, added)
            kind: steps.Verb = "change" if removed and added else "create" if added else "remove"
            return Description(kind, "permissions", f"{name}:{alias}", changes)
        case steps.DeleteVersion(name, version):
            return Description("remove", "version", f"{name}:{version}")
        case steps.DeleteLayerVersion(arn):
            return Description("remove", "layer version", ":".join(arn.split(":")[6:]))
        case steps.RemoveUpload(bucket, found):
            return Description("remove", "upload", f"s3://{bucket}/{found.key}")
        case steps.DeleteFunction(name, changes):
            return Description("remove", "function", name, changes)
        case steps.DeleteRolePolicy(role, policy):
            return Description("remove", "policy of the role", f"{role}/{policy}")
        case steps.DeleteRole(name):
            return Description("remove", "role", name)
        case steps.DeleteLogGroup(name):
            return Description("remove", "log group", name)
        case _:
            assert_never(step)


_SIGNS: dict[steps.Verb, str] = {"create": "+", "change": "~", "remove": "-"}


def plan_lines(plan: steps.Plan) -> Iterator[str]:
    """A plan for people: notes, each step with its old and new values, and a total."""
    yield from (f"Note: {note}" for note in plan.notes)
    described = [describe(step) for step in plan.steps]
    for step in described:
        yield f"  {_SIGNS[step.verb]} {step.title}"
        yield from (f"      {_value_line(change)}" for change in step.changes)
    if described:
        counts = Counter(step.verb for step in described)
        yield ", ".join(f"{counts[verb]} to {verb}" for verb in _SIGNS if counts[verb]) + "."
    else:
        yield "Nothing to change."


def _value_line(change: steps.Change) -> str:
    if change.old is None:
        return f"{change.field}: {change.new}"
    return f"{change.field}: {change.old} -> {change.new or '(none)'}"


def as_json(plan: steps.Plan) -> dict[str, Any]:
    """A plan for machines."""
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
            for step in map(describe, plan.steps)
        ],
        "notes": list(plan.notes),
    }


def _allowed(document: Any) -> str:
    """The actions that a policy allows."""
    actions = [action for statement in document["Statement"] for action in statement["Action"]]
    return ", ".join(actions)


def _permission_changes(
    removed: tuple[str, ...], added: tuple[Statement, ...]
) -> tuple[steps.Change, ...]:
    old = dict.fromkeys(removed, "allowed")
    new = {statement.sid: _permitted(statement) for statement in added}
    return tuple(steps.Change(sid, old.get(sid), new.get(sid)) for sid in {**old, **new})


def _permitted(statement: Statement) -> str:
    condition = f", where the URL's auth is {statement.url_auth}" if statement.url_auth else ""
    through = ", only through the URL" if statement.via_url else ""
    who = "anyone" if statement.principal == "*" else statement.principal
    return f"{statement.action} to {who}{condition}{through}"
