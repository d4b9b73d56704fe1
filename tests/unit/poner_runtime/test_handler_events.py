"""Events beyond tests/contract: a body that is a deep object, and random events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poner.compiled_model import CompiledModel
from tests.unit.poner_runtime.test_handler import make_handler


@pytest.fixture(scope="module")
def handler(article_compiled: CompiledModel, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The handler of the article's model."""
    return make_handler(tmp_path_factory.mktemp("task"), article_compiled)


def test_a_body_that_is_nested_too_deeply_is_refused(handler: Any) -> None:
    """A test event's body may be an object, which Python cannot write if it is that deep."""
    body: dict[str, Any] = {}
    for _ in range(100_000):
        body = {"a": body}
    answer = handler({"body": body}, None)
    while body:  # freed level by level
        body = body.pop("a")
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["reason"] == "'body' is nested too deeply"


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
    """No JSON event gets a 500."""
    assert handler(event, None)["statusCode"] in (200, 400, 405, 413)
