"""Converts AWS's answers to the deployer's values, and values to parameters of calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from poner.aws_lambda.cors import CORS_FIELDS, Cors, parse_cors
from poner.deployer import resources
from poner.deployer.aws.answers import checked
from poner.deployer.failures import UnreachableError
from poner.foreign_json import read_json

UPLOAD_MARK: Mapping[str, str] = {"made-by": "poner"}
"""Metadata of uploaded objects."""

Answer = Mapping[str, Any]
"""An answer of AWS in botocore's form."""

_STATES: Mapping[str, Literal["Pending", "Active", "Inactive", "Failed"]] = {
    "Pending": "Pending",
    "Inactive": "Inactive",
    "Failed": "Failed",
    "Deactivated": "Inactive",
    "Deactivating": "Inactive",
    "ActiveNonInvocable": "Failed",
    "Deleting": "Failed",
}
_UPDATES: Mapping[str, Literal["Successful", "InProgress", "Failed"]] = {
    "InProgress": "InProgress",
    "Failed": "Failed",
}


@checked
def read_identity(answer: Answer) -> resources.Identity:
    """GetCallerIdentity's answer."""
    arn = answer["Arn"]
    return resources.Identity(answer["Account"], arn.split(":")[1], arn)


@checked
def read_function(answer: Answer) -> resources.Function:
    """GetFunction's answer."""
    return resources.Function(
        latest=read_version(answer["Configuration"]),
        tags=_read_texts(answer.get("Tags") or {}),
        reserved_concurrency=answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    )


@checked
def read_versions(listed: Sequence[Answer]) -> tuple[resources.Version, ...]:
    """FunctionConfigurations without $LATEST, the oldest first."""
    numbered = [answer for answer in listed if answer["Version"] != resources.LATEST]
    numbered.sort(key=lambda answer: int(answer["Version"]))
    return tuple(map(read_version, numbered))


@checked
def read_version(answer: Answer) -> resources.Version:
    """A FunctionConfiguration."""
    return resources.Version(
        version=answer["Version"],
        arn=answer["FunctionArn"],
        setup=read_setup(answer),
        modified=answer.get("LastModified", ""),
    )


@checked
def read_setup(answer: Answer) -> resources.FunctionSetup:
    """The settings in a FunctionConfiguration; a container image has no runtime and no handler."""
    return resources.FunctionSetup(
        code_sha256=base64.b64decode(answer["CodeSha256"]).hex(),
        runtime=answer.get("Runtime") or "",
        architecture=(answer.get("Architectures") or ["x86_64"])[0],
        handler=answer.get("Handler") or "",
        memory_mb=answer["MemorySize"],
        timeout_s=answer["Timeout"],
        description=answer.get("Description", ""),
        role_arn=answer["Role"],
        layer_arns=tuple(layer["Arn"] for layer in answer.get("Layers") or ()),
        environment=dict((answer.get("Environment") or {}).get("Variables") or {}),
        log_format=(answer.get("LoggingConfig") or {}).get("LogFormat"),
    )


@checked
def read_number(answer: Answer) -> str:
    """The number of the version in PublishVersion's answer."""
    return str(int(answer["Version"]))


@checked
def read_state(answer: Answer) -> resources.FunctionState:
    """The state in a FunctionConfiguration; missing fields mean success."""
    reasons = (answer.get("StateReason"), answer.get("LastUpdateStatusReason"))
    return resources.FunctionState(
        state=_STATES.get(answer.get("State", ""), "Active"),
        update=_UPDATES.get(answer.get("LastUpdateStatus", ""), "Successful"),
        reason=" ".join(reason for reason in reasons if reason),
    )


@checked
def read_alias_arn(answer: Answer, alias: str) -> str:
    """The ARN of an alias, from GetFunctionConfiguration's answer."""
    return ":".join((*answer["FunctionArn"].split(":")[:7], alias))


@checked
def read_alias(answer: Answer) -> resources.Alias:
    """An AliasConfiguration."""
    routing = answer.get("RoutingConfig") or {}
    return resources.Alias(
        name=answer["Name"],
        version=answer["FunctionVersion"],
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
        description=answer.get("Description", ""),
    )


@checked
def read_url(answer: Answer) -> resources.Url:
    """A FunctionUrlConfig."""
    url = answer["FunctionUrl"]
    return resources.Url(
        url=url if url.endswith("/") else f"{url}/",
        auth=answer["AuthType"],
        cors=read_cors(answer.get("Cors") or {}),
        streams=answer.get("InvokeMode") == "RESPONSE_STREAM",
    )


def read_cors(answer: Answer) -> Cors | None:
    """A Cors structure; None if it allows nothing."""
    # AWS gives an age of 0 if none was set
    known = {name: answer[name] for name in CORS_FIELDS if answer.get(name)}
    return parse_cors(known, UnreachableError) if known else None


@checked
def read_statements(answer: Answer) -> tuple[resources.Statement, ...]:
    """GetPolicy's answer."""
    return tuple(map(read_statement, read_json(answer["Policy"])["Statement"]))


@checked
def read_statement(answer: Answer) -> resources.Statement:
    """A statement of a resource policy.

    AWS puts conditions under Condition, by operator; moto 5.2.5 puts them beside the action.
    """
    conditions: dict[str, Any] = {}
    for values in (answer.get("Condition") or {}).values():
        conditions.update(values)
    auth = conditions.pop("lambda:FunctionUrlAuthType", answer.get("FunctionUrlAuthType"))
    via_url = conditions.pop("lambda:InvokedViaFunctionUrl", answer.get("InvokedViaFunctionUrl"))
    action = answer.get("Action", "")
    return resources.Statement(
        sid=answer.get("Sid", ""),
        action=action if isinstance(action, str) else json.dumps(action),
        principal=_read_principal(answer.get("Principal")),
        url_auth=auth if auth in ("NONE", "AWS_IAM") else None,
        via_url=str(via_url).lower() == "true",
        limited=bool(conditions),
    )


@checked
def read_role(answer: Answer) -> resources.Role:
    """The answer of GetRole or CreateRole."""
    answer = answer["Role"]
    tags = {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}
    return resources.Role(answer["RoleName"], answer["Arn"], tags)


@checked
def read_policy(answer: Answer) -> resources.Document:
    """GetRolePolicy's answer."""
    return dict(answer["PolicyDocument"])


@checked
def read_tags(answer: Answer) -> Mapping[str, str]:
    """ListTagsForResource's answer."""
    return _read_texts(answer["tags"])


@checked
def read_names(listed: Sequence[Answer], field: str) -> tuple[str, ...]:
    """One text of each item of a list."""
    return tuple(_read_text(answer[field]) for answer in listed)


@checked
def read_log_event(answer: Answer) -> resources.LogEvent:
    """A FilteredLogEvent."""
    return resources.LogEvent(
        _read_text(answer["eventId"]), int(answer["timestamp"]), _read_text(answer["message"])
    )


@checked
def read_denied(listed: Sequence[Answer]) -> tuple[str, ...]:
    """The actions of SimulatePrincipalPolicy's results that are not allowed."""
    return tuple(one["EvalActionName"] for one in listed if one["EvalDecision"] != "allowed")


@checked
def read_log_group(answer: Answer) -> resources.LogGroup:
    """A LogGroup."""
    arn = answer["arn"].removesuffix(":*")
    return resources.LogGroup(answer["logGroupName"], arn, answer.get("retentionInDays"))


@checked
def read_layer_versions(listed: Sequence[Answer]) -> tuple[resources.LayerVersion, ...]:
    """LayerVersionsListItems, the newest first."""
    newest_first = sorted(listed, key=lambda answer: -int(answer["Version"]))
    return tuple(map(read_layer_version, newest_first))


@checked
def read_layer_version(answer: Answer) -> resources.LayerVersion:
    """A version of a layer, listed or just published."""
    return resources.LayerVersion(answer["LayerVersionArn"], answer.get("Description", ""))


@checked
def read_stored_zip(key: str, answer: Answer) -> resources.StoredZip:
    """HeadObject's answer; a checksum of parts, which S3 marks with a dash, is not used."""
    checksum = answer.get("ChecksumSHA256", "")
    is_whole = answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT" and "-" not in checksum
    return resources.StoredZip(
        key=key,
        sha256=base64.b64decode(checksum).hex() if checksum and is_whole else None,
        marked=UPLOAD_MARK.items() <= answer.get("Metadata", {}).items(),
        etag=answer["ETag"],
        version=answer.get("VersionId"),
    )


@checked
def read_limits(answer: Answer) -> resources.AccountLimits:
    """GetAccountSettings's answer."""
    limit = answer["AccountLimit"]
    return resources.AccountLimits(
        concurrency=limit["ConcurrentExecutions"],
        unreserved=limit["UnreservedConcurrentExecutions"],
        code_bytes=answer["AccountUsage"]["TotalCodeSize"],
        code_limit_bytes=limit["TotalCodeSize"],
    )


@checked
def read_bucket_region(answer: Answer) -> str:
    """GetBucketLocation's answer, which has special values for two old regions."""
    said = answer.get("LocationConstraint")
    return "eu-west-1" if said == "EU" else str(said or "us-east-1")


@checked
def edit_policy(
    answer: Answer, removed: Iterable[str], added: Iterable[resources.Document]
) -> dict[str, Any]:
    """The policy in GetResourcePolicy's answer, or a new policy, with statements removed and added.

    An added statement replaces a statement with the same identifier.
    """
    new = list(added)
    policy: dict[str, Any] = {"Version": "2012-10-17"}
    if "Policy" in answer:
        policy = read_json(answer["Policy"])
    gone = {*removed, *(statement["Sid"] for statement in new)}
    kept = [one for one in policy.get("Statement", ()) if one.get("Sid") not in gone]
    return {**policy, "Statement": kept + new}


def write_statement(statement: resources.Statement, arn: str) -> resources.Document:
    """A statement of a policy for the resource `arn`."""
    conditions: dict[str, resources.Document] = {}
    if statement.url_auth is not None:
        conditions["StringEquals"] = {"lambda:FunctionUrlAuthType": statement.url_auth}
    if statement.via_url:
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    return {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Principal": "*" if statement.principal == "*" else {"AWS": statement.principal},
        "Action": statement.action,
        "Resource": arn,
        **({"Condition": conditions} if conditions else {}),
    }


def write_permission(statement: resources.Statement) -> dict[str, Any]:
    """The parameters of AddPermission."""
    parameters: dict[str, Any] = {
        "StatementId": statement.sid,
        "Action": statement.action,
        "Principal": statement.principal,
    }
    if statement.url_auth is not None:
        parameters["FunctionUrlAuthType"] = statement.url_auth
    if statement.via_url:
        parameters["InvokedViaFunctionUrl"] = True
    return parameters


def write_code(code: resources.Code) -> dict[str, Any]:
    """The place of the zip in a bucket, or the zip itself."""
    if code.bucket is not None:
        return {"S3Bucket": code.bucket, "S3Key": code.key}
    return {"ZipFile": code.path.read_bytes()}


def write_setup(setup: resources.FunctionSetup) -> dict[str, Any]:
    """All settings except code and architecture, so that no old value stays."""
    parameters: dict[str, Any] = {
        "Runtime": setup.runtime,
        "Role": setup.role_arn,
        "Handler": setup.handler,
        "Description": setup.description,
        "Timeout": setup.timeout_s,
        "MemorySize": setup.memory_mb,
        "Environment": {"Variables": dict(setup.environment)},
        "Layers": list(setup.layer_arns),
    }
    if setup.log_format is not None:
        parameters["LoggingConfig"] = {"LogFormat": setup.log_format}
    return parameters


def write_alias(alias: resources.Alias) -> dict[str, Any]:
    """The parameters that CreateAlias and UpdateAlias share."""
    return {
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
    }


def write_routing(alias: resources.Alias) -> dict[str, Any]:
    """An AliasRoutingConfiguration; an empty one ends a canary release."""
    return {"AdditionalVersionWeights": dict(alias.weights)}


def write_sha256(sha256: str) -> str:
    """A hash in AWS's form, base64."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _read_text(value: Any) -> str:
    """A text.

    Raises:
        TypeError: the value is not a text.
    """
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _read_texts(answer: Answer) -> dict[str, str]:
    return {key: _read_text(value) for key, value in answer.items()}


def _read_principal(principal: Any) -> str:
    if principal in ("*", {"AWS": "*"}):
        return "*"
    return principal if isinstance(principal, str) else json.dumps(principal, sort_keys=True)
