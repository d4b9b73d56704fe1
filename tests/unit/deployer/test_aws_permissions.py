"""Questions to IAM's simulator, and its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.cloud import AwsCloud

USER = "arn:aws:iam::123456789012:user/anna"
OWN = "arn:aws:lambda:eu-west-1:123456789012:function:cancer"


class Simulator:
    """IAM's simulator for a user who may do everything to one function only."""

    region = "eu-west-1"

    def pages(
        self, service: str, operation: str, field: str, **parameters: Any
    ) -> Iterator[list[dict[str, str]]]:
        """Two pages, as of long lists."""
        assert (service, operation, field) == (
            "iam",
            "SimulatePrincipalPolicy",
            "EvaluationResults",
        )
        is_own = parameters["ResourceArns"] == [OWN]
        for action in parameters["ActionNames"]:
            decision = "allowed" if is_own else "implicitDeny"
            yield [{"EvalActionName": action, "EvalDecision": decision}]


def test_a_resource_is_asked_about() -> None:
    """The question names the resource: a right to one function is not a right to all."""
    cloud = AwsCloud(cast(AwsApi, Simulator()))
    actions = ["lambda:GetFunction", "lambda:GetPolicy"]
    assert cloud.find_denied(USER, actions) == tuple(actions)
    assert cloud.find_denied(USER, actions, OWN) == ()


def test_conditions_are_told() -> None:
    """The question tells to whom a role is passed, since the policy allows Lambda only."""
    told: list[Any] = []

    class Asked(Simulator):
        def pages(self, *names: str, **parameters: Any) -> Iterator[list[dict[str, str]]]:
            told.extend(parameters["ContextEntries"])
            return super().pages(*names, **parameters)

    context = {"iam:PassedToService": "lambda.amazonaws.com"}
    AwsCloud(cast(AwsApi, Asked())).find_denied(USER, ["iam:PassRole"], OWN, context)
    assert told == [
        {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyValues": ["lambda.amazonaws.com"],
            "ContextKeyType": "string",
        }
    ]
