"""A configuration for Terraform in its JSON syntax.

Sources: documentation of Terraform's JSON syntax and of the AWS provider, 2026-11. The provider
knows `invoked_via_function_url` since 6.28.0.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from poner.aws_lambda.cors import Cors
from poner.deployer.aws.values import write_sha256
from poner.deployer.desired import ROLE_POLICY, TRUST, Desired, DesiredRole
from poner.deployer.export.documents import find_path, map_texts, without_nothing
from poner.deployer.resources import Code, Statement
from poner.deployer.settings import ALIAS
from poner.printable import printable_json

_PROVIDER = {"source": "hashicorp/aws", "version": ">= 6.28.0, < 7.0.0"}
_COMMENT = (
    "Made by `poner export terraform`; it refers to the zips of `poner build`. "
    "Run terraform init, then terraform apply."
)
_FUNCTION = "${aws_lambda_function.function.function_name}"
_ALIAS = f"${{aws_lambda_alias.{ALIAS}.name}}"


def write_terraform(desired: Desired, folder: Path) -> str:
    """main.tf.json, as text."""
    return printable_json(_make_document(desired, folder), indent=2) + "\n"


def _make_document(desired: Desired, folder: Path) -> dict[str, Any]:
    names = sorted(desired.setup.environment)
    variable = {
        "type": f"object({{ {', '.join(f'{name} = string' for name in names)} }})",
        "description": "Environment variables of the function.",
        "sensitive": True,
    }
    return without_nothing(
        {
            "//": _COMMENT,
            "terraform": {"required_providers": {"aws": _PROVIDER}},
            "provider": {"aws": {"region": desired.region}},
            "variable": {"environment": variable} if names else None,
            "resource": _make_resources(desired, folder),
            "output": {
                "url": {
                    "description": "URL of the function",
                    "value": f"${{aws_lambda_function_url.{ALIAS}.function_url}}",
                }
            },
        }
    )


def _make_resources(desired: Desired, folder: Path) -> dict[str, Any]:
    role = desired.role
    layers = {f"layer_{number}": layer for number, layer in enumerate(desired.layers, 1)}
    codes = {"function": desired.code, **{key: layer.code for key, layer in layers.items()}}
    return without_nothing(
        {
            "aws_cloudwatch_log_group": {
                "function": {
                    "name": desired.log_group,
                    "retention_in_days": desired.retention_days or 0,
                    "tags": _literal(desired.tags),
                }
            },
            "aws_iam_role": role and {"function": _make_role(desired, role)},
            "aws_iam_role_policy": role and {"function": _make_role_policy(desired, role)},
            "aws_s3_object": {
                key: {
                    "bucket": code.bucket,
                    "key": code.key,
                    "source": _path(code, folder),
                }
                for key, code in codes.items()
                if code.bucket is not None
            },
            "aws_lambda_layer_version": {
                key: {
                    "layer_name": layer.name,
                    "description": layer.description,
                    **_make_code(layer.code, key, folder),
                    "compatible_runtimes": [desired.setup.runtime],
                    "compatible_architectures": [desired.setup.architecture],
                    "lifecycle": {"create_before_destroy": True},
                }
                for key, layer in layers.items()
            },
            "aws_lambda_function": {"function": _make_function(desired, folder)},
            "aws_lambda_alias": {
                ALIAS: {
                    "name": ALIAS,
                    "function_name": _FUNCTION,
                    "function_version": "${aws_lambda_function.function.version}",
                }
            },
            "aws_lambda_permission": {
                statement.sid: _make_permission(statement) for statement in desired.statements
            },
            "aws_lambda_function_url": {ALIAS: _make_url(desired)},
        }
    )


def _make_role(desired: Desired, role: DesiredRole) -> dict[str, Any]:
    return {
        "name": role.name,
        "assume_role_policy": json.dumps(_literal(TRUST)),
        "tags": _literal(desired.tags),
    }


def _make_role_policy(desired: Desired, role: DesiredRole) -> dict[str, Any]:
    """The role's policy, with a reference to the ARN of the log group."""

    def place(text: str) -> str:
        if text.endswith(f":log-group:{desired.log_group}:*"):
            return "${aws_cloudwatch_log_group.function.arn}:*"
        return _escape(text)

    return {
        "name": ROLE_POLICY,
        "role": "${aws_iam_role.function.name}",
        "policy": json.dumps(map_texts(role.policy, place)),
    }


def _make_function(desired: Desired, folder: Path) -> dict[str, Any]:
    setup = desired.setup
    variables = {name: f"${{var.environment.{name}}}" for name in sorted(setup.environment)}
    layers = [
        f"${{aws_lambda_layer_version.layer_{number}.arn}}"
        for number, _ in enumerate(desired.layers, 1)
    ]
    policy = [] if desired.role is None else ["aws_iam_role_policy.function"]
    role = desired.settings.role
    return without_nothing(
        {
            "function_name": desired.name,
            "description": _escape(setup.description),
            **_make_code(desired.code, "function", folder),
            "runtime": setup.runtime,
            "architectures": [setup.architecture],
            "handler": setup.handler,
            "memory_size": setup.memory_mb,
            "timeout": setup.timeout_s,
            "role": _escape(role) if role else "${aws_iam_role.function.arn}",
            "layers": layers,
            "environment": {"variables": variables} if variables else None,
            "logging_config": {"log_format": setup.log_format} if setup.log_format else None,
            "reserved_concurrent_executions": desired.settings.reserved_concurrency,
            "publish": True,
            "tags": _literal(desired.tags),
            "depends_on": ["aws_cloudwatch_log_group.function", *policy],
        }
    )


def _make_code(code: Code, key: str, folder: Path) -> dict[str, Any]:
    """The place of a zip: on this machine, or in the bucket."""
    where: dict[str, Any] = {"filename": _path(code, folder)}
    if code.bucket is not None:
        where = {
            "s3_bucket": f"${{aws_s3_object.{key}.bucket}}",
            "s3_key": f"${{aws_s3_object.{key}.key}}",
        }
    return {**where, "source_code_hash": write_sha256(code.sha256)}


def _make_permission(statement: Statement) -> dict[str, Any]:
    return without_nothing(
        {
            "statement_id": statement.sid,
            "action": statement.action,
            "function_name": _FUNCTION,
            "qualifier": _ALIAS,
            "principal": statement.principal,
            "function_url_auth_type": statement.url_auth,
            "invoked_via_function_url": statement.via_url or None,
        }
    )


def _make_url(desired: Desired) -> dict[str, Any]:
    """The URL, which depends on its permissions.

    The provider adds the permissions of a public URL itself if they are missing, but does not track
    them. Permissions that exist before the URL are tracked.
    """
    permissions = [f"aws_lambda_permission.{statement.sid}" for statement in desired.statements]
    return without_nothing(
        {
            "function_name": _FUNCTION,
            "qualifier": _ALIAS,
            "authorization_type": desired.auth,
            "cors": desired.cors and _make_cors(desired.cors),
            "depends_on": permissions,
        }
    )


def _make_cors(cors: Cors) -> dict[str, Any]:
    """CORS, whose fields have the provider's names but for `max_age`."""
    fields: dict[str, Any] = _literal(asdict(cors))
    max_age = fields.pop("max_age_s")
    credentials = fields.pop("allow_credentials") or None
    return without_nothing({**fields, "allow_credentials": credentials, "max_age": max_age})


def _path(code: Code, folder: Path) -> str:
    return f"${{path.module}}/{_escape(find_path(code, folder))}"


def _literal(value: Any) -> Any:
    return map_texts(value, _escape)


def _escape(text: str) -> str:
    """A literal text: in Terraform's JSON, texts are templates."""
    return text.replace("${", "$${").replace("%{", "%%{")
