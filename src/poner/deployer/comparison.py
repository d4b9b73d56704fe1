"""Compares old and new values; the changes hide values of environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from poner.aws_lambda.cors import Cors
from poner.deployer.desired import layer_name
from poner.deployer.resources import FunctionSetup
from poner.deployer.steps import Change

HIDDEN = "(hidden)"
"""Replaces the value of an environment variable."""

_SHOWN_DIGITS = 12


def compare_setups(old: FunctionSetup | None, new: FunctionSetup) -> tuple[Change, ...]:
    """The differences between two setups; every field of the new setup if there is no old one.

    Layers are compared by their names, which hold their content's hash. The log format is compared
    only if the service tells it.
    """
    before = _fields(old) if old is not None else {}
    after = _fields(new)
    if old is not None and old.log_format is None:
        after.pop("log format")
    changes = [
        Change(field, before.get(field), after.get(field))
        for field in {**after, **before}
        if before.get(field) != after.get(field)
    ]
    return (*changes, *_compare_variables(old.environment if old else {}, new.environment))


def compare_tags(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """The new tags that are missing or have another value; other tags do not count."""
    return tuple(
        Change(f"tag {key}", old.get(key), value)
        for key, value in new.items()
        if old.get(key) != value
    )


def same_cors(old: Cors | None, new: Cors | None) -> bool:
    """Whether both allow the same: order, and the case of header names, do not count."""
    return _as_sets(old) == _as_sets(new)


def describe_cors(cors: Cors | None) -> str | None:
    """CORS in words; None for no CORS."""
    if cors is None:
        return None
    parts = {name: value for name, value in asdict(cors).items() if value not in ((), False, None)}
    return "; ".join(
        f"{name} {', '.join(value) if isinstance(value, tuple) else value}"
        for name, value in parts.items()
    )


def _as_sets(cors: Cors | None) -> tuple[object, ...] | None:
    if cors is None:
        return None
    headers = (cors.allow_headers, cors.expose_headers)
    return (
        frozenset(cors.allow_origins),
        frozenset(cors.allow_methods),
        *(frozenset(name.lower() for name in names) for names in headers),
        cors.allow_credentials,
        cors.max_age_s,
    )


def _fields(setup: FunctionSetup) -> dict[str, str]:
    fields = {
        "code": f"sha256:{setup.code_sha256[:_SHOWN_DIGITS]}",
        "architecture": setup.architecture,
        "runtime": setup.runtime,
        "handler": setup.handler,
        "memory": f"{setup.memory_mb} MB",
        "timeout": f"{setup.timeout_s} s",
        "description": setup.description,
        "role": setup.role_arn,
        "layers": ", ".join(map(layer_name, setup.layer_arns)),
        "log format": setup.log_format or "",
    }
    return {name: value for name, value in fields.items() if value}


def _compare_variables(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    return [
        Change(
            f"environment {name}",
            HIDDEN if name in old else None,
            HIDDEN if name in new else None,
        )
        for name in {**new, **old}
        if old.get(name) != new.get(name)
    ]
