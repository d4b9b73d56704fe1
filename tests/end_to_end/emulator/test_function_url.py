"""The Function URL over the wire, with a real awslambdaric behind it: L1 to L26."""

import base64
import gzip
import http.client
import json
import re
import socket

import pytest

from poner.errors import InterpreterNotFoundError
from poner.interpreters import find_python

ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': event}\n"


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_round_trip_on_every_python(start, version):
    """A request reaches the handler under its own Python, and the answer comes back."""
    try:
        find_python(version)
    except InterpreterNotFoundError as error:
        pytest.skip(str(error))
    source = (
        "import sys\n"
        "def handler(event, context):\n"
        "    print('seen')\n"
        "    return {'statusCode': 200, 'body': [sys.version_info[:2], event['body']]}\n"
    )
    function = start(source, runtime=f"python{version}")
    answer = function.request(body='{"name":"ñandú"}'.encode())
    assert answer.json() == [[int(part) for part in version.split(".")], '{"name":"ñandú"}']
    assert "seen" in function.log


def test_the_header_set_of_a_200_is_complete(lively):
    """L13: Date, Content-Type, Content-Length, Connection, two ids, and no Server."""
    answer = lively.request("/act", body=b'{"do":"return","value":{"hello":"world"}}')
    assert {name for name, _ in answer.headers} == {
        "Date",
        "Content-Type",
        "Content-Length",
        "Connection",
        "x-amzn-RequestId",
        "X-Amzn-Trace-Id",
    }
    assert answer.header("connection") == "keep-alive"
    assert answer.header("content-type") == "application/json"
    assert (answer.header("content-length"), answer.body) == ("17", b'{"hello":"world"}')


def test_the_url_ends_with_a_slash(lively):
    """L12: as FunctionUrl of the API does."""
    assert lively.urls.url.endswith("/")


def test_path_and_query_arrive_as_on_the_wire(lively):
    """L3, L4: rawPath and rawQueryString verbatim, double slashes and odd encodings too."""
    event = lively.request("//a%2Fb/%7E~;p?q=%20+&q=%C3%B1&empty=").json()
    assert event["rawPath"] == "//a%2Fb/%7E~;p"
    assert event["rawQueryString"] == "q=%20+&q=%C3%B1&empty="
    assert event["queryStringParameters"] == {"q": "  ,ñ", "empty": ""}


def test_a_path_may_hold_an_encoded_newline(lively):
    """L3: http.path is the decoded path, whatever it decodes to."""
    event = lively.request("/one%0Atwo").json()
    assert event["rawPath"] == "/one%0Atwo"
    assert event["requestContext"]["http"]["path"] == "/one\ntwo"


def test_many_headers_pass(lively):
    """L67: request line and headers take 1 MB, however many lines that are."""
    headers = tuple((f"x-{number}", "y" * 900) for number in range(1000))
    event = lively.request(headers=headers).json()
    assert sum(name.startswith("x-") and name[2:].isdigit() for name in event["headers"]) == 1000


def test_a_client_that_leaves_is_no_error(lively):
    """A body that never comes to its end invokes nothing, and no traceback is logged."""
    host, port = lively.urls.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 50\r\n\r\n"
        client.sendall(f"{head}half".encode())
    assert lively.request().status == 200


def test_headers_arrive_as_sent(lively):
    """L6, L8: the exact set of a real event, `connection` left out."""
    headers = (
        ("X-Twice", "first"),
        ("X-Twice", "second"),
        ("X-Text", "With WeiRd CapS"),
        ("Connection", "close"),
        ("Cookie", "a=1; b=2"),
        ("User-Agent", "test"),
    )
    event = lively.request(method="GET", headers=headers).json()
    host = lively.urls.url.split("/")[2]
    added = {
        name: event["headers"].pop(name) for name in list(event["headers"]) if "x-amzn" in name
    }
    assert event["headers"] == {
        "host": host,
        "x-twice": "first,second",
        "x-text": "With WeiRd CapS",
        "cookie": "a=1; b=2",
        "user-agent": "test",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    assert added.keys() == {"x-amzn-tls-version", "x-amzn-tls-cipher-suite", "x-amzn-trace-id"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert "body" not in event


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_reaches_the_function(lively, method):
    """L82: without a CORS configuration OPTIONS goes to the function too."""
    event = lively.request(method=method).json()
    assert event["requestContext"]["http"]["method"] == method


def test_head_is_invoked_and_answered_without_a_body(lively):
    """L21: the function sees HEAD; Content-Length is 0."""
    answer = lively.request(method="HEAD")
    assert (answer.status, answer.header("content-length"), answer.body) == (200, "0", b"")


def test_compressed_bodies_are_left_alone(lively):
    """L11: a gzip body arrives as base64 of the bytes sent."""
    packed = gzip.compress(b'{"a":1}')
    headers = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    event = lively.request(headers=headers, body=packed).json()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (packed, True)


def test_chunked_bodies_are_put_together(lively):
    """L12: toward the function a body is one string, transfer-encoding is gone."""
    connection = http.client.HTTPConnection(lively.urls.url.split("/")[2], timeout=10)
    headers = {"Content-Type": "text/plain"}
    connection.request("POST", "/", iter([b"one ", b"two"]), headers, encode_chunked=True)
    event = json.loads(connection.getresponse().read())
    connection.close()
    assert event["body"] == "one two"
    assert "transfer-encoding" not in event["headers"]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n",
    ],
    ids=["path", "method", "TLS"],
)
def test_what_is_no_http_is_a_400(lively, sent):
    """The client is told, and no traceback is logged."""
    host, port = lively.urls.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(sent)
        assert client.recv(100).split()[1] == b"400"
    assert lively.request().status == 200


def test_curl_s_expectation_is_met(lively):
    """A client that sends `Expect: 100-continue` (curl, from 1 MB) is told to go on at once."""
    host, port = lively.urls.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(
            f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: text/plain\r\n"
            "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"hi")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")


def test_the_request_id_is_one_and_the_same(lively):
    """L9: requestContext.requestId, context.aws_request_id, x-amzn-RequestId and the log."""
    answer = lively.request("/act", body=b'{"do":"context"}')
    request_id = answer.header("x-amzn-RequestId")
    assert answer.json()["aws_request_id"] == request_id
    assert f"START RequestId: {request_id} Version: $LATEST" in lively.log
    event_answer = lively.request("/")
    assert event_answer.json()["requestContext"]["requestId"] == event_answer.header(
        "x-amzn-RequestId"
    )


def test_the_trace_id_reaches_the_function_and_the_answer(lively):
    """L8, L13, L49: _X_AMZN_TRACE_ID is set per invocation; the caller's root is kept."""
    sent = "Root=1-5e1b4151-43a0913a12345678901234567"
    headers = (("Content-Type", "application/json"), ("X-Amzn-Trace-Id", sent))
    answer = lively.request("/act", headers=headers, body=b'{"do":"context"}')
    trace_id = answer.header("X-Amzn-Trace-Id") or ""
    assert answer.json()["trace"] == trace_id
    assert re.fullmatch(rf"{sent};Parent=[0-9a-f]{{16}};Sampled=0;Lineage=1:\w{{8}}:0", trace_id)


def test_an_envelope_becomes_a_response(lively):
    """L15 to L18: status, headers, cookies and body of the handler."""
    envelope = {
        "statusCode": "418",
        "headers": {"X-A": "ñ", "WWW-Authenticate": "Basic"},
        "cookies": ["a=1", "b=2"],
        "body": "short and stout",
        "multiValueHeaders": {"X-B": ["c"]},
    }
    event = json.dumps({"do": "return", "value": envelope}).encode()
    answer = lively.request("/act", body=event)
    assert (answer.status, answer.body) == (418, b"short and stout")
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert answer.header("x-amzn-remapped-www-authenticate") == "Basic"
    assert answer.header("x-b") is answer.header("www-authenticate") is None


@pytest.mark.parametrize(
    "event",
    [
        {"do": "raise", "message": "secret"},
        {"do": "set"},
        {"do": "nan"},
        {"do": "number"},
        {"do": "bytes"},
        {"do": "exit", "code": 0},
        {"do": "kill", "signal": 9},
        {"do": "sleep", "seconds": 30},
        {"do": "size", "bytes": 6_291_557},
        {"do": "return", "value": {"statusCode": "much"}},
    ],
    ids=lambda event: event["do"],
)
def test_function_errors_are_502(lively, event):
    """L23: exactly `Internal Server Error`, with a request id, and nothing leaks."""
    answer = lively.request("/act", body=json.dumps(event).encode())
    assert (answer.status, answer.body) == (502, b"Internal Server Error")
    assert answer.header("x-amzn-RequestId")
    assert answer.header("Server") is None


def test_the_largest_result_passes(lively):
    """L32: 6,291,556 bytes of JSON, quotes included."""
    answer = lively.request("/act", body=b'{"do":"size","bytes":6291556}')
    assert (answer.status, len(answer.body)) == (200, 6_291_554)


@pytest.mark.parametrize(
    ("content_type", "size"), [("text/plain", 6_291_456), ("image/png", 4_800_000)]
)
def test_events_beyond_the_limit_are_413(lively, content_type, size):
    """L24: the whole event counts, base64 inflation included."""
    answer = lively.request(headers=(("Content-Type", content_type),), body=b"x" * size)
    assert answer.status == 413
    assert answer.header("X-Amzn-Errortype") == "RequestEntityTooLargeException"
    assert answer.json() == {
        "Message": "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    }


SIZE_OF_EVENT = """
import json
def handler(event, context):
    return len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode())
"""


def test_the_limit_of_events_is_exact(start):
    """L24: an event of 6,291,456 bytes passes, one of 6,291,457 does not."""
    function = start(SIZE_OF_EVENT)
    headers = (("Content-Type", "text/plain"),)
    added = function.request(headers=headers, body=b"x" * 6_000_000).json() - 6_000_000
    largest = 6_291_456 - added
    assert function.request(headers=headers, body=b"x" * largest).body == b"6291456"
    assert function.request(headers=headers, body=b"x" * (largest + 1)).status == 413
