"""The least permissions that a deploy needs, as an IAM policy.

Sources: AWS's Service Authorization Reference (2026-11) for the resources of each action; the
documentation of each call for the other actions that it needs.
"""

from __future__ import annotations

from typing import Any

from poner.deployer.desired import log_group_name, role_name, upload_prefix
from poner.deployer.resources import Document, Identity
from poner.deployer.settings import DeploySettings

_FUNCTION = (
    "lambda:AddPermission",
    "lambda:CreateAlias",
    "lambda:CreateFunction",
    "lambda:CreateFunctionUrlConfig",
    "lambda:DeleteFunction",
    "lambda:DeleteResourcePolicy",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionUrlConfig",
    "lambda:GetPolicy",
    "lambda:GetResourcePolicy",
    "lambda:InvokeFunction",
    "lambda:InvokeFunctionUrl",
    "lambda:ListAliases",
    "lambda:ListTags",  # without it GetFunction leaves out tags
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:PutFunctionConcurrency",
    "lambda:PutResourcePolicy",
    "lambda:RemovePermission",
    "lambda:TagResource",
    "lambda:UpdateAlias",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateFunctionUrlConfig",
)
_LAYERS = (
    "lambda:DeleteLayerVersion",
    "lambda:GetLayerVersion",  # to attach a layer to a function
    "lambda:PublishLayerVersion",
)
_LOG_GROUP = (
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DeleteRetentionPolicy",
    "logs:FilterLogEvents",
    "logs:ListTagsForResource",
    "logs:PutRetentionPolicy",
    "logs:TagResource",  # CreateLogGroup with tags
)
_PASSED_ROLE = ("iam:PassRole",)
_ROLE = (
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PutRolePolicy",
    "iam:TagRole",  # CreateRole with tags
)
_BUCKET = ("s3:GetBucketLocation",)
_PREFIX = ("s3:ListBucket",)
_UPLOADS = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",  # in a bucket with versioning
    "s3:GetObject",  # Lambda reads a zip in a bucket as its caller; HeadObject
    "s3:PutObject",
)
_CALLER = ("iam:SimulatePrincipalPolicy",)
_WITHOUT_RESOURCE = (
    "lambda:GetAccountSettings",
    "lambda:ListLayerVersions",
    "lambda:ListLayers",
    "logs:DescribeLogGroups",
    "sts:GetCallerIdentity",
)


def make_policy(name: str, region: str, identity: Identity, settings: DeploySettings) -> Document:
    """The permissions for plan, deploy, status, logs, rollback, promote, destroy and doctor.

    They cover the function, its layers, role and log group, and its prefix of the bucket. A role
    that the settings name may be passed to Lambda, but not read or changed.
    """
    iam = f"arn:{identity.partition}:iam::{identity.account}"
    role = settings.role or f"{iam}:role/{role_name(name, region)}"
    statements = [
        *_regional_statements(name, region, identity),
        _allow("PassRole", _PASSED_ROLE, role)
        | {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
    ]
    if settings.role is None:
        statements.append(_allow("Role", _ROLE, role))
    if settings.bucket is not None:
        bucket, prefix = f"arn:{identity.partition}:s3:::{settings.bucket}", upload_prefix(name)
        statements += [
            _allow("Bucket", _BUCKET, bucket),
            _allow("Prefix", _PREFIX, bucket)
            | {"Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}}},
            _allow("Uploads", _UPLOADS, f"{bucket}/{prefix}*"),
        ]
    statements += [
        # a read that doctor makes about the caller, whom an IAM policy cannot name
        _allow("Caller", _CALLER, f"{iam}:user/*", f"{iam}:role/*"),
        _allow("WithoutResource", _WITHOUT_RESOURCE, "*"),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _regional_statements(name: str, region: str, identity: Identity) -> list[dict[str, Any]]:
    place = f"{region}:{identity.account}"
    function = f"arn:{identity.partition}:lambda:{place}:function:{name}"
    layer = f"arn:{identity.partition}:lambda:{place}:layer:{name}-*"
    group = f"arn:{identity.partition}:logs:{place}:log-group:{log_group_name(name)}"
    return [
        _allow("Function", _FUNCTION, function, f"{function}:*"),
        _allow("Layers", _LAYERS, layer),  # * also matches colons, and so the versions
        _allow("LogGroup", _LOG_GROUP, group, f"{group}:*"),
    ]


def _allow(sid: str, actions: tuple[str, ...], *resources: str) -> dict[str, Any]:
    resource = resources[0] if len(resources) == 1 else list(resources)
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
