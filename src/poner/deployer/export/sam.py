"""A template for `sam deploy`: CloudFormation's own resources under SAM's transform.

SAM's own resource types would add roles, permissions and names; plain resources equal those of a
deploy, and `sam deploy` uploads their zips, too. CloudFormation chooses the identifiers of policy
statements. Source: CloudFormation's template reference, 2026-11.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poner.aws_lambda.cors import write_cors
from poner.deployer.aws.values import write_sha256
from poner.deployer.desired import ROLE_POLICY, TRUST, Desired, DesiredRole
from poner.deployer.export.documents import find_path, map_texts, without_nothing
from poner.deployer.resources import Statement
from poner.deployer.settings import ALIAS

_HEADER = "# Made by `poner export sam`; it refers to the zips of `poner build`. To deploy it:\n"
_VERSION_DIGITS = 12


def write_sam(desired: Desired, folder: Path) -> str:
    """template.yaml, as text."""
    import yaml

    # through JSON: YAML's writer would use anchors, which CloudFormation cannot read
    document = json.loads(json.dumps(_make_template(desired, folder)))
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    # CloudFormation needs permission to create roles with names
    capabilities = "" if desired.role is None else " --capabilities CAPABILITY_NAMED_IAM"
    return f"{_HEADER}#   sam deploy --guided{capabilities}\n{text}"


def _make_template(desired: Desired, folder: Path) -> dict[str, Any]:
    parameters = name_parameters(desired.setup.environment)
    version = f"Version{digest_setup(desired)}"
    resources = {
        "LogGroup": _make_log_group(desired),
        **({} if desired.role is None else {"Role": _make_role(desired, desired.role)}),
        **_make_layers(desired, folder),
        "Function": _make_function(desired, folder, parameters),
        version: _make_version(desired),
        "Alias": _resource(
            "AWS::Lambda::Alias",
            FunctionName={"Ref": "Function"},
            FunctionVersion={"Fn::GetAtt": [version, "Version"]},
            Name=ALIAS,
        ),
        "Url": _make_url(desired),
        **{statement.sid: _make_permission(statement) for statement in desired.statements},
    }
    return without_nothing(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": "AWS::Serverless-2016-10-31",
            "Description": desired.setup.description,
            "Parameters": {
                parameter: {
                    "Type": "String",
                    "NoEcho": True,
                    "Description": f"Environment variable {name}; a new value "
                    f"alone does not reach the alias.",
                }
                for name, parameter in parameters.items()
            },
            "Resources": resources,
            "Outputs": {
                "Url": {
                    "Description": "URL of the function",
                    "Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]},
                }
            },
        }
    )


def name_parameters(environment: Mapping[str, str]) -> dict[str, str]:
    """Names of the parameters for environment variables, made of letters and digits."""
    parameters: dict[str, str] = {}
    for name in sorted(environment):
        parameter = f"Environment{name.replace('_', '')}"
        while parameter in parameters.values():
            parameter += "x"
        parameters[name] = parameter
    return parameters


def digest_setup(desired: Desired) -> str:
    """Digits that depend on the setup of the function, but not on values of variables.

    CloudFormation publishes a version for a resource with a new name. The name must not change if
    the function stays the same, since Lambda then publishes nothing and CloudFormation fails.
    """
    setup = desired.setup
    made_of = [
        setup.code_sha256,
        setup.runtime,
        setup.architecture,
        setup.handler,
        setup.memory_mb,
        setup.timeout_s,
        setup.description,
        desired.settings.role,
        [layer.name for layer in desired.layers],
        sorted(setup.environment),
        setup.log_format,
    ]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:_VERSION_DIGITS]


def _make_log_group(desired: Desired) -> dict[str, Any]:
    return _resource(
        "AWS::Logs::LogGroup",
        LogGroupName=desired.log_group,
        RetentionInDays=desired.retention_days,
        Tags=_make_tags(desired),
    )


def _make_role(desired: Desired, role: DesiredRole) -> dict[str, Any]:
    policy = {"PolicyName": ROLE_POLICY, "PolicyDocument": map_texts(role.policy, _place)}
    return _resource(
        "AWS::IAM::Role",
        RoleName=role.name,
        AssumeRolePolicyDocument=TRUST,
        Policies=[policy],
        Tags=_make_tags(desired),
    )


def _place(text: str) -> Any:
    """An ARN with the account and region in which the template is deployed."""
    if not text.startswith("arn:"):
        return text
    _, _, service, region, _, resource = text.split(":", 5)
    place = "${AWS::Region}" if region else ""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{place}:${{AWS::AccountId}}:{resource}"}


def _make_layers(desired: Desired, folder: Path) -> dict[str, Any]:
    return {
        f"Layer{number}": _resource(
            "AWS::Lambda::LayerVersion",
            LayerName=layer.name,
            Description=layer.description,
            Content=find_path(layer.code, folder),
            CompatibleRuntimes=[desired.setup.runtime],
            CompatibleArchitectures=[desired.setup.architecture],
        )
        for number, layer in enumerate(desired.layers, 1)
    }


def _make_function(desired: Desired, folder: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    setup = desired.setup
    variables = {name: {"Ref": parameter} for name, parameter in parameters.items()}
    function = _resource(
        "AWS::Lambda::Function",
        FunctionName=desired.name,
        Description=setup.description,
        Code=find_path(desired.code, folder),
        Runtime=setup.runtime,
        Architectures=[setup.architecture],
        Handler=setup.handler,
        MemorySize=setup.memory_mb,
        Timeout=setup.timeout_s,
        Role=desired.settings.role or {"Fn::GetAtt": ["Role", "Arn"]},
        Layers=[{"Ref": f"Layer{number}"} for number, _ in enumerate(desired.layers, 1)],
        Environment={"Variables": variables} if variables else None,
        LoggingConfig={"LogFormat": setup.log_format} if setup.log_format else None,
        ReservedConcurrentExecutions=desired.settings.reserved_concurrency,
        Tags=_make_tags(desired),
    )
    return {"DependsOn": "LogGroup", **function}  # otherwise Lambda may create it first


def _make_version(desired: Desired) -> dict[str, Any]:
    version = _resource(
        "AWS::Lambda::Version",
        FunctionName={"Ref": "Function"},
        CodeSha256=write_sha256(desired.code.sha256),
        Description=desired.setup.description,
    )
    # earlier versions stay for a rollback; they are removed with the function
    return {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", **version}


def _make_url(desired: Desired) -> dict[str, Any]:
    return _resource(
        "AWS::Lambda::Url",
        TargetFunctionArn={"Ref": "Alias"},
        AuthType=desired.auth,
        Cors=write_cors(desired.cors),
    )


def _make_permission(statement: Statement) -> dict[str, Any]:
    return _resource(
        "AWS::Lambda::Permission",
        FunctionName={"Ref": "Alias"},
        Action=statement.action,
        Principal=statement.principal,
        FunctionUrlAuthType=statement.url_auth,
        InvokedViaFunctionUrl=statement.via_url or None,
    )


def _make_tags(desired: Desired) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(desired.tags.items())]


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": without_nothing(properties)}
