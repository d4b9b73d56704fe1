"""AWS's answers as documented, where moto's differ or are missing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest

from poner.aws_lambda.cors import Cors, write_cors
from poner.deployer.aws import values
from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.cloud import AwsCloud
from poner.deployer.desired import PUBLIC_STATEMENTS
from poner.deployer.failures import CredentialsError, PermissionMissingError, RejectedError
from poner.deployer.resources import AccountLimits, FunctionState, LogEvent, Statement
from tests.support.clouds import ACCOUNT, REGION, open_moto

CONFIGURATION = {
    "FunctionName": "cancer",
    "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:cancer:7",
    "Runtime": "python3.13",
    "Role": f"arn:aws:iam::{ACCOUNT}:role/r",
    "Handler": "lambda_function.lambda_handler",
    "Timeout": 3,
    "MemorySize": 128,
    "LastModified": "2026-11-22T10:00:00.000+0000",
    "CodeSha256": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "Version": "7",
    "Architectures": ["arm64"],
    "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/cancer"},
}


class Recorded:
    """Answers by operation; an error is raised."""

    region = REGION

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: dict[str, Mapping[str, Any]] = {}
        """The parameters of each operation's last call."""

    def read(self, service: str, operation: str, **parameters: Any) -> Any:
        """The recorded answer."""
        self.asked[operation] = parameters
        answer = self.answers.get(operation)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pages(
        self, service: str, operation: str, field: str, **parameters: Any
    ) -> Iterator[list[Any]]:
        """The recorded pages."""
        for page in self.read(service, operation, **parameters) or []:
            yield page[field]


def open_recorded(**answers: Any) -> AwsCloud:
    """AWS that gives these answers."""
    return AwsCloud(Recorded(**answers))


def test_version_has_its_log_format_and_its_hash_in_hexadecimal():
    """Lambda gives hashes in base64; moto keeps no log format."""
    setup = values.read_version(CONFIGURATION).setup
    assert setup.log_format == "JSON"
    assert setup.code_sha256 == bytes(range(32)).hex()
    assert values.write_sha256(setup.code_sha256) == CONFIGURATION["CodeSha256"]


def test_versions_are_sorted_by_number_over_all_pages():
    """Versions are sorted by number, over all pages, without $LATEST."""
    pages = [
        {"Versions": [{**CONFIGURATION, "Version": version} for version in versions]}
        for versions in (["$LATEST", "10"], ["9", "2"])
    ]
    versions = open_recorded(ListVersionsByFunction=pages).list_versions("cancer")
    assert [version.version for version in versions] == ["2", "9", "10"]


def test_conditions_of_statements_are_read_where_aws_has_them():
    """Conditions are read under Condition, by operator; moto has them elsewhere."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "FunctionURLAllowPublicAccess",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Resource": "arn",
                "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
            },
            {
                "Sid": "FunctionURLAllowInvokeAction",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "lambda:InvokeFunction",
                "Resource": "arn",
                "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
            },
        ],
    }
    cloud = open_recorded(GetPolicy={"Policy": json.dumps(policy)})
    assert cloud.get_statements("cancer", "live") == PUBLIC_STATEMENTS


def test_principal_of_another_form_is_its_json():
    """A principal of another form is kept as JSON, and never counts as everybody."""
    answer = {"Sid": "s", "Action": "lambda:InvokeFunction", "Principal": {"Service": "s3"}}
    expected = Statement("s", "lambda:InvokeFunction", '{"Service": "s3"}')
    assert values.read_statement(answer) == expected


def test_permission_without_the_condition_is_another_statement():
    """A permission without the condition is not the one that is limited to the URL."""
    condition = {"Bool": {"lambda:InvokedViaFunctionUrl": "false"}}
    answer = {"Sid": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}
    assert not values.read_statement(answer).via_url
    assert not values.read_statement({**answer, "Condition": condition}).via_url


def test_permission_with_another_condition_is_another_statement():
    """A permission with further conditions is not poner's."""
    condition = {
        "StringEquals": {
            "lambda:FunctionUrlAuthType": "NONE",
            "aws:PrincipalOrgID": "o-1234567890",
        }
    }
    public = PUBLIC_STATEMENTS[0]
    answer = {
        "Sid": public.sid,
        "Effect": "Allow",
        "Principal": "*",
        "Action": public.action,
        "Condition": condition,
    }
    assert values.read_statement(answer) == replace(public, limited=True)


def test_url_that_streams_is_told_from_one_that_does_not():
    """A URL with the invoke mode RESPONSE_STREAM is read as streaming."""
    answer = {"FunctionUrl": "https://a.lambda-url.eu-west-1.on.aws/", "AuthType": "NONE"}
    assert not values.read_url({**answer, "InvokeMode": "BUFFERED"}).streams
    assert values.read_url({**answer, "InvokeMode": "RESPONSE_STREAM"}).streams


def test_function_whose_tags_may_not_be_read_is_an_error():
    """A function with unreadable tags is an error, since tags show whose it is."""
    error = {"ErrorCode": "AccessDeniedException", "Message": "Not authorized."}
    answer = {"Configuration": {**CONFIGURATION, "Version": "$LATEST"}, "TagsError": error}
    with pytest.raises(PermissionMissingError, match="lambda:ListTags") as caught:
        open_recorded(GetFunction=answer).get_function("cancer")
    assert caught.value.action == "lambda:ListTags"


@pytest.mark.parametrize("answer", [{}, {"AllowCredentials": False}, {"MaxAge": 0}])
def test_cors_that_allows_nothing_is_none(answer: Mapping[str, Any]):
    """CORS that allows nothing reads as None, in each of AWS's forms."""
    assert values.read_cors(answer) is None


def test_cors_that_is_taken_back_is_an_empty_structure():
    """Removing CORS sends an empty structure, since a missing one would keep it."""
    assert write_cors(None) == {}
    assert write_cors(Cors(allow_methods=("POST",))) == {"AllowMethods": ["POST"]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"State": "Pending"}, FunctionState("Pending", "Successful")),
        (
            {"State": "Active", "LastUpdateStatus": "InProgress"},
            FunctionState("Active", "InProgress"),
        ),
        (
            {"State": "Failed", "StateReason": "no role"},
            FunctionState("Failed", "Successful", "no role"),
        ),
        (
            {
                "State": "Active",
                "LastUpdateStatus": "Failed",
                "LastUpdateStatusReason": "no key",
            },
            FunctionState("Active", "Failed", "no key"),
        ),
        ({"State": "Inactive"}, FunctionState("Inactive", "Successful")),
        ({}, FunctionState("Active", "Successful")),
    ],
)
def test_states_are_read(answer: Mapping[str, Any], expected: FunctionState):
    """States are read with AWS's reason; missing fields mean success."""
    assert values.read_state(answer) == expected


def test_limits_are_read():
    """Limits are read from GetAccountSettings, which moto lacks."""
    answer = {
        "AccountLimit": {
            "TotalCodeSize": 300,
            "CodeSizeUnzipped": 1,
            "CodeSizeZipped": 1,
            "ConcurrentExecutions": 10,
            "UnreservedConcurrentExecutions": 9,
        },
        "AccountUsage": {"TotalCodeSize": 200, "FunctionCount": 1},
    }
    cloud = open_recorded(GetAccountSettings=answer)
    assert cloud.get_account_limits() == AccountLimits(10, 9, 200, 300)


SIMULATED = [
    {
        "EvaluationResults": [
            {"EvalActionName": "lambda:GetFunction", "EvalDecision": "allowed"},
            {"EvalActionName": "lambda:CreateFunction", "EvalDecision": "implicitDeny"},
        ]
    },
    {"EvaluationResults": [{"EvalActionName": "iam:PassRole", "EvalDecision": "explicitDeny"}]},
]


def test_denied_actions_are_those_that_are_not_allowed():
    """Denied actions are those that are not allowed, over all pages."""
    cloud = open_recorded(SimulatePrincipalPolicy=SIMULATED)
    arn = f"arn:aws:iam::{ACCOUNT}:user/u"
    assert cloud.find_denied(arn, ["any"]) == ("lambda:CreateFunction", "iam:PassRole")


def test_session_of_a_role_is_looked_up_by_its_role():
    """Single sign-on's roles have paths, which a session's ARN does not tell."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/Admin"
    api = Recorded(
        GetRole={"Role": {"RoleName": "Admin", "Arn": arn}}, SimulatePrincipalPolicy=SIMULATED
    )
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/someone@example.com"
    assert AwsCloud(api).find_denied(session, ["any"]) is not None
    assert api.asked["GetRole"] == {"RoleName": "Admin"}
    assert api.asked["SimulatePrincipalPolicy"]["PolicySourceArn"] == arn


def test_denied_actions_are_unknown_to_those_who_may_not_ask():
    """A caller who may not simulate gets None; bad credentials are an error."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/u"
    denied = PermissionMissingError("No.", "Ask.", "iam:SimulatePrincipalPolicy")
    assert open_recorded(SimulatePrincipalPolicy=denied).find_denied(arn, ["any"]) is None
    expired = CredentialsError("Expired.", "Sign in.")
    with pytest.raises(CredentialsError):
        open_recorded(SimulatePrincipalPolicy=expired).find_denied(arn, ["any"])


def test_version_that_fails_is_an_error_without_its_payload():
    """A failed version is an error without its payload, which may hold values."""
    answer = {"FunctionError": "Unhandled", "Payload": b'{"errorMessage": "secret"}'}
    with pytest.raises(RejectedError, match="Unhandled") as caught:
        open_recorded(Invoke=answer).invoke("cancer", "7", b"{}")
    assert "secret" not in str(caught.value)


def test_log_events_are_read_from_a_moment_on(moto: str):
    """Log events since a moment come in the order of their times."""
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName="/aws/lambda/cancer")
    logs.create_log_stream(logGroupName="/aws/lambda/cancer", logStreamName="s")
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms + second, "message": str(second)} for second in range(3)]
    logs.put_log_events(logGroupName="/aws/lambda/cancer", logStreamName="s", logEvents=events)
    found = list(open_moto().list_log_events("/aws/lambda/cancer", now_ms + 1))
    assert [(event.time_ms, event.message) for event in found] == [
        (now_ms + 1, "1"),
        (now_ms + 2, "2"),
    ]
    assert all(isinstance(event, LogEvent) and event.id for event in found)


def test_lists_are_read_to_their_end(moto: str):
    """Log groups come fifty at a time."""
    logs = boto3.client("logs", region_name=REGION)
    for number in range(51):
        logs.create_log_group(logGroupName=f"/aws/lambda/{number:02}")
    pages = list(AwsApi(region=REGION).pages("logs", "DescribeLogGroups", "logGroups"))
    assert [len(page) for page in pages] == [50, 1]
