"""Handler result -> HTTP response: L13 to L23."""

import json

import pytest

from poner.emulator.protocol.responses import INTERNAL_SERVER_ERROR, HttpResponse, response_of

JSON_HEADERS = (("Content-Type", "application/json"),)


def respond(result: object) -> HttpResponse:
    """As the runtime posts it: json.dumps with its default separators."""
    return response_of(json.dumps(result).encode())


def names(response: HttpResponse) -> dict[str, str]:
    """The headers under their names in lower case."""
    return {name.lower(): value for name, value in response.headers}


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ({"hello": "world"}, b'{"hello":"world"}'),
        (["hello", 3, True], b'["hello",3,true]'),
        ("hello", b"hello"),
        (3, b"3"),
        (3.1, b"3.1"),
        (True, b"true"),
        (None, b"null"),
        ({"b": 1, "a": "ñ"}, '{"b":1,"a":"ñ"}'.encode()),
    ],
)
def test_bare_results(result, body):
    """L14: status 200, JSON type, compact JSON, a string without quotes."""
    assert respond(result) == HttpResponse(200, JSON_HEADERS, body)


def test_an_object_without_status_code_is_plain_json():
    """L14: without statusCode the keys body and headers have no special meaning."""
    result = {"body": "x", "headers": {"a": "b"}}
    assert respond(result).body == b'{"body":"x","headers":{"a":"b"}}'


@pytest.mark.parametrize(("code", "status"), [(201, 201), ("418", 418), ("302", 302), (500, 500)])
def test_status_codes(code, status):
    """L15: an int or a numeric string; the handler's own 5xx passes through."""
    assert respond({"statusCode": code}).status == status


def test_string_bodies_are_verbatim():
    """L16, L17: `{"hello": "world"}` stays 18 bytes, and plain text has the JSON type."""
    response = respond({"statusCode": 200, "body": '{"hello": "world"}'})
    assert response == HttpResponse(200, JSON_HEADERS, b'{"hello": "world"}')
    assert respond({"statusCode": 200, "body": "body123"}).headers == JSON_HEADERS


@pytest.mark.parametrize(
    ("body", "sent"), [({"a": [1, 2]}, b'{"a":[1,2]}'), ([1, "x"], b'[1,"x"]')]
)
def test_object_bodies_are_serialised(body, sent):
    """L17: a body that is an object or a list becomes JSON."""
    assert respond({"statusCode": 200, "body": body}).body == sent


@pytest.mark.parametrize("envelope", [{"statusCode": 204}, {"statusCode": 200, "body": None}])
def test_missing_bodies_are_empty(envelope):
    """L17: no body, or null, is empty."""
    assert respond(envelope).body == b""


def test_base64_bodies_are_decoded():
    """L17: isBase64Encoded."""
    assert respond({"statusCode": 200, "body": "/wA=", "isBase64Encoded": True}).body == b"\xff\x00"


def test_headers_are_sent_through():
    """L16: headers as given; the content type replaces the default, whatever its case."""
    response = respond({"statusCode": 200, "headers": {"content-TYPE": "text/csv", "X-A": "b"}})
    assert response.headers == (("content-TYPE", "text/csv"), ("X-A", "b"))


def test_cookies_become_set_cookie_lines():
    """L18: one Set-Cookie per item, in order."""
    response = respond({"statusCode": 200, "cookies": ["a=1", "b=2; Secure"]})
    assert response.headers == (
        *JSON_HEADERS,
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2; Secure"),
    )


def test_multi_value_headers_are_ignored():
    """L18: observed three times."""
    response = respond({"statusCode": 200, "multiValueHeaders": {"X-A": ["b"]}})
    assert response.headers == JSON_HEADERS


@pytest.mark.parametrize(
    "name", ["WWW-Authenticate", "Content-Length", "Date", "Server", "Connection"]
)
def test_some_headers_are_renamed(name):
    """L19: WWW-Authenticate and those the server sets itself get a prefix."""
    headers = names(respond({"statusCode": 401, "headers": {name: "Basic"}}))
    assert headers[f"x-amzn-remapped-{name.lower()}"] == "Basic"
    assert name.lower() not in headers


@pytest.mark.parametrize(
    "envelope",
    [
        {"statusCode": "abc"},
        {"statusCode": None},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": "9" * 5000},
        {"statusCode": 200, "headers": {"X": ["a", "b"]}},
        {"statusCode": 200, "headers": {"X": None}},
        {"statusCode": 200, "headers": ["X"]},
        {"statusCode": 200, "headers": {"X": "a\r\nSet-Cookie: b=c"}},
        {"statusCode": 200, "headers": {"X Y": "a"}},
        {"statusCode": 200, "cookies": "a=b"},
        {"statusCode": 200, "cookies": [1]},
        {"statusCode": 200, "cookies": ["a=b\n"]},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
        {"statusCode": 200, "body": {"a": 1}, "isBase64Encoded": True},
        {"statusCode": 200, "body": "\ud800"},
    ],
)
def test_malformed_envelopes(envelope):
    """L20: assumed to be errors of the function, 502."""
    assert respond(envelope) is INTERNAL_SERVER_ERROR


@pytest.mark.parametrize("result", [b"NaN", b'{"a": Infinity}', b"\xff", b"{", b"", b"[" * 100_000])
def test_results_that_are_no_json(result):
    """L20: NaN and raw bytes over a URL are assumed to be 502."""
    assert response_of(result) is INTERNAL_SERVER_ERROR


def test_function_errors_do_not_leak():
    """L23: 502 with exactly `Internal Server Error`."""
    assert (INTERNAL_SERVER_ERROR.status, INTERNAL_SERVER_ERROR.body) == (
        502,
        b"Internal Server Error",
    )
