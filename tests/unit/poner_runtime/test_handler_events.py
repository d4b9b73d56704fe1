"""Events of every kind: what is no request of a Function URL is refused, and never a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poner.compiled_model import CompiledModel
from tests.unit.poner_runtime.test_handler import GOOD, make_handler

BODY = json.dumps(GOOD)
NO_REQUEST = "the event must be a request of a Function URL"


@pytest.fixture(scope="module")
def handler(article_compiled: CompiledModel, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The handler of the article's model."""
    return make_handler(tmp_path_factory.mktemp("task"), article_compiled)


def reason(handler: Any, event: Any) -> tuple[int, str]:
    """Status and reason of the answer to an event."""
    answer = handler(event, None)
    told = json.loads(answer["body"])
    assert told["status"] == str(answer["statusCode"])
    return answer["statusCode"], told["reason"]


@pytest.mark.parametrize(
    "event", [None, [], [{"body": BODY}], "text", BODY, 1, 1.5, True], ids=repr
)
def test_events_that_are_no_object_are_refused(handler: Any, event: Any) -> None:
    """What the Invoke API or the console was given by mistake is a 400."""
    assert reason(handler, event) == (400, NO_REQUEST)


@pytest.mark.parametrize("value", ["x", 1, True, ["http"], [[]]], ids=repr)
def test_contexts_that_are_no_object_are_refused(handler: Any, value: Any) -> None:
    """Whether requestContext is none, or http inside it."""
    for context in (value, {"http": value}):
        event = {"body": BODY, "isBase64Encoded": False, "requestContext": context}
        assert reason(handler, event) == (400, NO_REQUEST)


@pytest.mark.parametrize("context", [None, {}, {"http": None}, {"http": {}}], ids=repr)
def test_events_without_a_method_are_answered(handler: Any, context: Any) -> None:
    """A test event has none, or null in its place."""
    event = {"body": BODY, "isBase64Encoded": False, "requestContext": context}
    assert reason(handler, event) == (200, "OK")


EVENTS = {
    "Function URL": lambda method: {"requestContext": {"http": {"method": method}}},
    "API Gateway v1": lambda method: {
        "resource": "/",
        "path": "/",
        "httpMethod": method,
        "requestContext": {"httpMethod": method, "stage": "prod", "identity": {}},
    },
    "API Gateway v1, mapped": lambda method: {"requestContext": {"httpMethod": method}},
    "ALB": lambda method: {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": method,
        "path": "/",
    },
    "VPC Lattice v1": lambda method: {"raw_path": "/", "method": method},
    "VPC Lattice v2": lambda method: {
        "version": "2.0",
        "path": "/",
        "method": method,
        "requestContext": {"serviceArn": "arn:aws:vpc-lattice:x"},
    },
}
"""What each of Lambda's doors for HTTP makes of a request, as far as the method is concerned."""


@pytest.mark.parametrize("door", EVENTS)
def test_the_method_is_seen_at_every_door(handler: Any, door: str) -> None:
    """Whatever service hands a request over, only POST is served."""
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "", 1, ["POST"]):
        event = {**EVENTS[door](method), "body": BODY, "isBase64Encoded": False}
        answer = handler(event, None)
        assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")
    event = {**EVENTS[door]("POST"), "body": BODY, "isBase64Encoded": False}
    assert reason(handler, event) == (200, "OK")


def test_methods_that_contradict_each_other_are_refused(handler: Any) -> None:
    """No service writes two methods, so the one that is refused counts."""
    event = {"requestContext": {"http": {"method": "POST"}}, "httpMethod": "GET", "body": BODY}
    assert reason(handler, event)[0] == 405


def test_a_body_that_is_nested_too_deeply_is_refused(handler: Any) -> None:
    """A test event's body may be an object, which Python cannot write if it is that deep."""
    body: dict[str, Any] = {}
    for _ in range(100_000):
        body = {"a": body}
    status, text = reason(handler, {"body": body})
    while body:  # freed level by level
        body = body.pop("a")
    assert (status, text) == (400, "'body' must not be nested that deep")


KEYS = st.sampled_from(
    ["body", "isBase64Encoded", "requestContext", "http", "method", "httpMethod"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("POST"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(event=VALUES | st.dictionaries(KEYS, VALUES))
def test_no_event_is_a_fault(handler: Any, event: Any) -> None:
    """Whatever JSON an event is, the answer is never a 500."""
    assert handler(event, None)["statusCode"] in (200, 400, 405, 413)
