"""The policy of an alias is replaced in one call, where botocore and the server know that call.

moto lacks the call, so the answers here are from the API's documentation (2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.cloud import AwsCloud
from poner.deployer.aws.errors import make_call, refused
from poner.deployer.desired import PUBLIC_STATEMENTS
from poner.deployer.failures import (
    BusyError,
    MissingError,
    PermissionMissingError,
    UnreachableError,
)

ALIAS = "arn:aws:lambda:eu-west-1:123456789012:function:cancer:live"
OTHERS = {"Sid": "bucket", "Effect": "Deny", "Principal": "*", "Action": "lambda:*"}
SIDS = tuple(statement.sid for statement in PUBLIC_STATEMENTS)
WRITTEN = [
    {
        "Sid": "FunctionURLAllowPublicAccess",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunctionUrl",
        "Resource": ALIAS,
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    },
    {
        "Sid": "FunctionURLAllowInvokeAction",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunction",
        "Resource": ALIAS,
        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    },
]


class Policies:
    """Lambda's calls about policies.

    Args:
        statements: what the policy holds; None for no policy.
        known: whether botocore knows PutResourcePolicy.
        failures: what a call raises, by operation.
    """

    region = "eu-west-1"

    def __init__(
        self,
        statements: list[dict[str, Any]] | None = None,
        *,
        known: bool = True,
        **failures: Exception,
    ) -> None:
        self.statements = statements
        self.known = known
        self.failures = failures
        self.writes: list[tuple[str, Mapping[str, Any]]] = []

    def knows(self, service: str, operation: str) -> bool:
        """Whether botocore has the operation."""
        return self.known

    def read(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any] | None:
        """The function's ARN, or the policy."""
        if operation in self.failures:
            raise self.failures[operation]
        if operation == "GetFunctionConfiguration":
            return {"FunctionArn": ALIAS}
        assert (operation, parameters) == ("GetResourcePolicy", {"ResourceArn": ALIAS})
        if self.statements is None:
            return None
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": self.statements}
        return {"Policy": json.dumps(policy), "RevisionId": "1"}

    def write(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Keeps the call."""
        self.writes.append((operation, parameters))
        if operation in self.failures:
            raise self.failures[operation]
        return {}


def open_policies(api: Policies) -> AwsCloud:
    """AWS that has these policies."""
    return AwsCloud(cast(AwsApi, api))


def test_both_statements_come_in_one_call():
    """An alias without a policy gets both at once."""
    api = Policies()
    open_policies(api).change_permissions("cancer", "live", (), PUBLIC_STATEMENTS)
    ((operation, parameters),) = api.writes
    policy = json.loads(parameters["Policy"])
    assert operation == "PutResourcePolicy"
    assert parameters.keys() == {"ResourceArn", "Policy"}
    assert policy == {"Version": "2012-10-17", "Statement": WRITTEN}


def test_statements_of_others_stay_and_stale_ones_go():
    """The call holds only for the policy that was read: it names its revision."""
    stale = {**WRITTEN[1], "Condition": {}}
    api = Policies([OTHERS, stale, WRITTEN[0]])
    open_policies(api).change_permissions("cancer", "live", SIDS[:1], PUBLIC_STATEMENTS[1:])
    ((_, parameters),) = api.writes
    assert json.loads(parameters["Policy"])["Statement"] == [OTHERS, WRITTEN[1]]
    assert parameters["RevisionId"] == "1"


def test_last_statement_goes_with_its_policy():
    """A policy needs a statement, so one without any is deleted."""
    api = Policies([*WRITTEN])
    open_policies(api).change_permissions("cancer", "live", SIDS, ())
    assert api.writes == [("DeleteResourcePolicy", {"ResourceArn": ALIAS, "RevisionId": "1"})]


@pytest.mark.parametrize(
    "api",
    [
        Policies(known=False),
        Policies(GetResourcePolicy=UnreachableError("no JSON came", "")),
        Policies(GetResourcePolicy=PermissionMissingError("not allowed", "")),
        Policies(PutResourcePolicy=MissingError("404", "")),
    ],
    ids=["old botocore", "other server", "old permissions", "unknown path"],
)
def test_statements_come_one_by_one_where_the_call_is_not_to_be_had(api: Policies):
    """Each is taken away and added by a call of its own, which every server knows."""
    open_policies(api).change_permissions("cancer", "live", SIDS[:1], PUBLIC_STATEMENTS[1:])
    place = {"FunctionName": "cancer", "Qualifier": "live"}
    assert [one for one in api.writes if one[0] != "PutResourcePolicy"] == [
        ("RemovePermission", {**place, "StatementId": SIDS[0]}),
        (
            "AddPermission",
            {
                **place,
                "StatementId": SIDS[1],
                "Action": "lambda:InvokeFunction",
                "Principal": "*",
                "InvokedViaFunctionUrl": True,
            },
        ),
    ]


def test_policy_that_was_changed_in_between_is_read_again():
    """Lambda refuses another revision; that is busy, and the step is done once more."""
    call = make_call("lambda", "PutResourcePolicy", True, {})
    error = refused(call, "PreconditionFailedException", 412, "The Revision Id provided differs.")
    assert isinstance(error, BusyError)
