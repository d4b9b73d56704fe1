"""Who may call the Function URL: AWS_IAM and CORS over the wire: L10, L26, L80, L82."""

import concurrent.futures
import time

import pytest

from poner.emulator import AccessKey
from poner.emulator.function import ACCOUNT_ID
from poner.lambda_settings import Cors
from tests.support.aws_clients import sign

ORIGIN = "https://example.com"
FORBIDDEN = (
    b'{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: '
    b'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}'
)
PREFLIGHT = (("Origin", ORIGIN), ("Access-Control-Request-Method", "PUT"))


@pytest.fixture
def guarded(start):
    """A function that wants signatures, and answers browsers."""
    return start(access_key=AccessKey("local", "secret"), cors=Cors((ORIGIN,), ("PUT",)))


def test_signed_requests_reach_the_function(guarded):
    """L10: the event names the caller, and the account is its number."""
    url = f"{guarded.urls.url}a%20b?q=1"
    (headers,) = sign({"method": "GET", "url": url})
    answer = guarded.request("/a%20b?q=1", method="GET", headers=tuple(headers))
    assert answer.status == 200
    context = answer.json()["requestContext"]
    assert list(context)[:3] == ["accountId", "apiId", "authorizer"]
    assert context["accountId"] == ACCOUNT_ID
    caller = context["authorizer"]["iam"]
    assert set(caller) == {
        "accessKey",
        "accountId",
        "callerId",
        "cognitoIdentity",
        "principalOrgId",
        "userArn",
        "userId",
    }
    assert (caller["accessKey"], caller["accountId"]) == ("local", ACCOUNT_ID)
    assert caller["cognitoIdentity"] is None


def test_other_requests_are_403(guarded):
    """L26: AWS's body of 144 bytes and headers, no trace id; why is said to the developer."""
    url = guarded.urls.url
    unsigned: list[tuple[str, str]] = []
    (wrong,) = sign({"method": "GET", "url": url, "secret": "other"})
    for headers in (unsigned, wrong):
        answer = guarded.request(method="GET", headers=tuple(headers))
        assert (answer.status, answer.body, len(answer.body)) == (403, FORBIDDEN, 144)
        assert answer.header("x-amzn-ErrorType") == "AccessDeniedException"
        assert answer.header("content-type") == "application/json"
        assert answer.header("x-amzn-RequestId")
        assert answer.header("X-Amzn-Trace-Id") is None
    assert guarded.lines[-2] == "The next request is refused: its signature does not match."
    assert guarded.log == []


def test_preflights_need_no_signature(guarded):
    """L80: a browser cannot sign them; the function is not invoked."""
    answer = guarded.request(method="OPTIONS", headers=PREFLIGHT)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Access-Control-Allow-Methods") == "PUT"
    assert guarded.log == []


def test_other_answers_get_cors_headers_too(guarded):
    """L80: here a 403."""
    answer = guarded.request(headers=(("Origin", ORIGIN),))
    assert answer.status == 403
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN
    assert answer.header("Vary") == "Origin"


def test_cors_headers_on_every_status(start):
    """L82: 200, 502, 413 and 429 alike."""
    function = start(cors=Cors((ORIGIN,)), concurrency=1)
    headers = (("Origin", ORIGIN), ("Content-Type", "application/json"))
    answers = [
        function.request("/act", headers=headers, body=b'{"do":"return","value":1}'),
        function.request("/act", headers=headers, body=b'{"do":"raise","message":""}'),
        function.request(headers=headers, body=b"x" * 6_291_456),
    ]
    with concurrent.futures.ThreadPoolExecutor() as threads:
        slow = threads.submit(function.invoke, {"do": "sleep", "seconds": 1})
        time.sleep(0.4)
        answers.append(function.request(headers=headers))
        slow.result()
    assert [answer.status for answer in answers] == [200, 502, 413, 429]
    for answer in answers:
        assert answer.header("Access-Control-Allow-Origin") == ORIGIN


def test_options_that_are_no_preflight_reach_the_function(start):
    """L82: without an origin, or without asking for a method."""
    function = start(cors=Cors((ORIGIN,)))
    for headers in ((), (("Origin", ORIGIN),)):
        event = function.request(method="OPTIONS", headers=headers).json()
        assert event["requestContext"]["http"]["method"] == "OPTIONS"


def test_the_handler_s_own_cors_headers_come_twice(start):
    """L82: `*, *` in the browser's words."""
    source = (
        "def handler(event, context):\n"
        "    return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}}\n"
    )
    answer = start(source, cors=Cors(("*",))).request()
    found = [value for name, value in answer.headers if name == "Access-Control-Allow-Origin"]
    assert found == ["*", "*"]


def test_without_a_configuration_nothing_is_added(lively):
    """L82: OPTIONS goes to the function, and no header speaks of origins."""
    answer = lively.request(method="OPTIONS", headers=PREFLIGHT)
    assert answer.json()["requestContext"]["http"]["method"] == "OPTIONS"
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
    assert answer.header("Vary") is None
