"""The policy that doctor prints allows exactly what the deployer needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import pytest
from cfnlint.api import lint_all

from poner.deployer.cloud import Cloud
from poner.deployer.policy import make_policy
from poner.deployer.resources import Identity
from poner.deployer.settings import DeploySettings

METHOD_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "get_identity": ("sts:GetCallerIdentity",),
    "get_function": ("lambda:GetFunction", "lambda:ListTags"),
    "get_state": ("lambda:GetFunctionConfiguration",),
    "list_versions": ("lambda:ListVersionsByFunction",),
    "list_aliases": ("lambda:ListAliases",),
    "get_url": ("lambda:GetFunctionUrlConfig",),
    "get_statements": ("lambda:GetPolicy",),
    "get_role": ("iam:GetRole",),
    "get_role_policy": ("iam:GetRolePolicy",),
    "get_log_group": ("logs:DescribeLogGroups",),
    "get_log_group_tags": ("logs:ListTagsForResource",),
    "list_layers": ("lambda:ListLayers",),
    "list_layer_versions": ("lambda:ListLayerVersions",),
    "list_uploads": ("s3:GetBucketLocation", "s3:ListBucket"),
    "get_upload": ("s3:GetObject",),
    "list_log_events": ("logs:FilterLogEvents",),
    "get_account_limits": ("lambda:GetAccountSettings",),
    "find_denied": ("iam:SimulatePrincipalPolicy",),
    "invoke": ("lambda:InvokeFunction",),
    "sign": ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"),
    "create_log_group": ("logs:CreateLogGroup", "logs:TagResource"),
    "set_retention": ("logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"),
    "delete_log_group": ("logs:DeleteLogGroup",),
    "create_role": ("iam:CreateRole", "iam:TagRole"),
    "put_role_policy": ("iam:PutRolePolicy",),
    "delete_role_policy": ("iam:DeleteRolePolicy",),
    "delete_role": ("iam:DeleteRole",),
    "upload": ("s3:PutObject",),
    "delete_upload": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "publish_layer": ("lambda:PublishLayerVersion", "s3:GetObject"),
    "delete_layer_version": ("lambda:DeleteLayerVersion",),
    "create_function": (
        "lambda:CreateFunction",
        "lambda:TagResource",
        "lambda:GetLayerVersion",
        "iam:PassRole",
        "s3:GetObject",
    ),
    "update_code": ("lambda:UpdateFunctionCode", "s3:GetObject"),
    "update_configuration": (
        "lambda:UpdateFunctionConfiguration",
        "lambda:GetLayerVersion",
        "iam:PassRole",
    ),
    "tag_function": ("lambda:TagResource",),
    "set_concurrency": ("lambda:PutFunctionConcurrency",),
    "publish_version": ("lambda:PublishVersion",),
    "delete_version": ("lambda:DeleteFunction",),
    "create_alias": ("lambda:CreateAlias",),
    "update_alias": ("lambda:UpdateAlias",),
    "create_url": ("lambda:CreateFunctionUrlConfig",),
    "update_url": ("lambda:UpdateFunctionUrlConfig",),
    "change_permissions": (
        "lambda:AddPermission",
        "lambda:DeleteResourcePolicy",
        "lambda:GetFunctionConfiguration",
        "lambda:GetResourcePolicy",
        "lambda:PutResourcePolicy",
        "lambda:RemovePermission",
    ),
    "delete_function": ("lambda:DeleteFunction",),
}
"""What IAM asks for at each method of the cloud: Service Authorization Reference, 2026-11."""

IDENTITY = Identity("123456789012", "aws")
PLAIN = DeploySettings()
WITH_BUCKET = DeploySettings(bucket="zips-of-ours")
WITH_ROLE = DeploySettings(role="arn:aws:iam::123456789012:role/given")
ALL_SETTINGS = (PLAIN, WITH_BUCKET, WITH_ROLE, replace(WITH_BUCKET, role=WITH_ROLE.role))
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"


def statements_for(settings: DeploySettings, name: str = "cancer") -> dict[str, dict[str, Any]]:
    """The statements of a policy by their identifiers."""
    policy = make_policy(name, "eu-west-1", IDENTITY, settings)
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def actions_for(settings: DeploySettings) -> set[str]:
    """All actions that a policy allows."""
    return {action for one in statements_for(settings).values() for action in one["Action"]}


def is_allowed(settings: DeploySettings, action: str, resource: str) -> bool:
    """Whether a policy allows an action on a resource, its conditions left aside."""
    for statement in statements_for(settings).values():
        named = statement["Resource"]
        patterns = [named] if isinstance(named, str) else named
        if action in statement["Action"] and any(fnmatchcase(resource, one) for one in patterns):
            return True
    return False


def test_every_method_of_the_cloud_is_in_the_table() -> None:
    """Every method of the cloud has its permissions in this test's table."""
    methods = {name for name in dir(Cloud) if not name.startswith("_")} - {"region"}
    assert set(METHOD_ACTIONS) == methods


def test_actions_are_those_that_the_methods_need() -> None:
    """The policy has exactly the actions that the methods need."""
    needed = {action for actions in METHOD_ACTIONS.values() for action in actions}
    assert actions_for(WITH_BUCKET) == needed


def test_bucket_is_not_mentioned_where_none_is_named() -> None:
    """Without a bucket, the policy does not mention S3."""
    assert not [action for action in actions_for(PLAIN) if action.startswith("s3:")]


def test_given_role_can_be_passed_and_nothing_else() -> None:
    """A role given by its ARN can be passed to Lambda, but not changed."""
    iam = {action for action in actions_for(WITH_ROLE) if action.startswith("iam:")}
    assert iam == {"iam:PassRole", "iam:SimulatePrincipalPolicy"}
    assert statements_for(WITH_ROLE)["PassRole"]["Resource"] == WITH_ROLE.role


@pytest.mark.parametrize("settings", ALL_SETTINGS)
def test_role_is_passed_to_lambda_only(settings: DeploySettings) -> None:
    """PassRole has one role as its resource, and Lambda as the only service."""
    statement = statements_for(settings)["PassRole"]
    assert "*" not in statement["Resource"]
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}
    }


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:UpdateFunctionCode", f"{FUNCTION}cancer"),
        ("lambda:AddPermission", f"{FUNCTION}cancer:live"),
        ("lambda:DeleteFunction", f"{FUNCTION}cancer:7"),
        ("lambda:DeleteLayerVersion", "arn:aws:lambda:eu-west-1:123456789012:layer:cancer-a-0f:3"),
        ("logs:TagResource", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/cancer"),
        (
            "logs:DeleteLogGroup",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/cancer:*",
        ),
        ("iam:DeleteRole", "arn:aws:iam::123456789012:role/poner-cancer-eu-west-1"),
        ("s3:PutObject", "arn:aws:s3:::zips-of-ours/poner/cancer/00.zip"),
    ],
)
def test_own_resources_are_reached(action: str, resource: str) -> None:
    """The function with its versions and alias, its layers, log group, role and uploads."""
    assert is_allowed(WITH_BUCKET, action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:UpdateFunctionCode", f"{FUNCTION}cancer2"),
        ("lambda:DeleteFunction", f"{FUNCTION}other"),
        ("lambda:DeleteLayerVersion", "arn:aws:lambda:eu-west-1:123456789012:layer:other-a-0f:3"),
        (
            "logs:DeleteLogGroup",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/cancer2:*",
        ),
        ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/poner-cancer2-eu-west-1"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/admin"),
        ("s3:GetObject", "arn:aws:s3:::zips-of-ours/secrets.txt"),
        ("s3:DeleteObject", "arn:aws:s3:::zips-of-ours/poner/other/00.zip"),
    ],
)
def test_resources_of_others_are_out_of_reach(action: str, resource: str) -> None:
    """Other functions' resources are out of reach."""
    assert not is_allowed(WITH_BUCKET, action, resource)


def test_bucket_is_listed_under_the_prefix_only() -> None:
    """The bucket is listed only under the function's prefix."""
    condition = statements_for(WITH_BUCKET)["Prefix"]["Condition"]
    assert condition == {"StringLike": {"s3:prefix": "poner/cancer/*"}}


def test_partition_is_that_of_the_account() -> None:
    """ARNs have the account's partition, as in China and GovCloud."""
    policy = make_policy("cancer", "cn-north-1", Identity("123456789012", "aws-cn"), WITH_BUCKET)
    text = json.dumps(policy)
    assert "arn:aws-cn:" in text
    assert "arn:aws:" not in text


@pytest.mark.parametrize("settings", ALL_SETTINGS)
def test_policy_fits_into_a_managed_policy(settings: DeploySettings) -> None:
    """The policy fits IAM's 6,144 characters, without white space."""
    policy = make_policy("n" * 64, "ap-southeast-1", IDENTITY, settings)
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6_144


def test_actions_exist_and_fit_their_resources() -> None:
    """Actions exist and fit their resources, by cfn-lint's copy of AWS's reference."""
    policies = [make_policy("cancer", "us-east-1", IDENTITY, one) for one in ALL_SETTINGS]
    assert lint_policies(*policies) == []


def test_actions_that_do_not_fit_their_resources_would_be_found() -> None:
    """The check above is not empty: cfn-lint knows what exists, and which kind of ARN it takes."""
    policy = json.loads(json.dumps(make_policy("cancer", "us-east-1", IDENTITY, PLAIN)))
    policy["Statement"][0]["Action"] += ["iam:GetRole", "lambda:NoSuchAction"]
    assert set(lint_policies(policy)) == {"I3510", "W3037"}


def test_all_resources_are_named_only_where_aws_knows_none() -> None:
    """`*` is for actions without resources, by cfn-lint's copy of the same reference."""
    services = json.loads((files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text())
    for statement in statements_for(WITH_BUCKET).values():
        for service, action in (one.split(":") for one in statement["Action"]):
            known = services[service]["Actions"][action.lower()].get("Resources", [])
            assert (statement["Resource"] == "*") == (not known), action


def lint_policies(*policies: Mapping[str, Any]) -> list[str]:
    """Rules of cfn-lint on IAM that policies break; all in one template, which is read once."""
    common = {"PolicyName": "deploy", "Roles": ["deployer"]}
    resources = {
        f"Policy{number}": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyDocument": policy, **common},
        }
        for number, policy in enumerate(policies)
    }
    matches = lint_all(json.dumps({"Resources": resources}))
    # I3042 would have pseudo parameters in place of an account's number
    return [match.rule.id for match in matches if match.rule.id != "I3042"]
