"""HTTP request -> event: L1 to L12."""

import base64
import json
from typing import Any

import pytest

from poner.emulator.protocol.events import HttpRequest, event_of

NOW_S = 1_783_711_146.789  # 10 July 2026, 19:19:06 UTC
TRACE = "Root=1-6a513f2a-0123456789abcdef01234567"
URL_ID = "a" * 32


def event(
    target: str = "/",
    *,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> dict[str, Any]:
    """The event for a request from 192.0.2.7."""
    request = HttpRequest(method, target, headers, body, peer="192.0.2.7")
    return event_of(request, url_id=URL_ID, request_id="id-1", trace_id=TRACE, now_s=NOW_S)


def test_keys_stand_in_the_order_of_real_events():
    """L1: the keys of an event with everything, in the recorded order."""
    full = event("/p?a=1", headers=(("Cookie", "k=v"), ("Content-Type", "text/plain")), body=b"x")
    assert list(full) == [
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "cookies",
        "headers",
        "queryStringParameters",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]


def test_empty_parts_are_left_out():
    """L1: cookies, queryStringParameters and body are omitted when empty, never null."""
    bare = event("/", method="GET")
    assert not {"cookies", "queryStringParameters", "body"} & bare.keys()
    assert not {"pathParameters", "stageVariables"} & bare.keys()
    assert bare["isBase64Encoded"] is False


def test_constants():
    """L2: version, route key and stage."""
    made = event()
    assert (made["version"], made["routeKey"]) == ("2.0", "$default")
    assert made["requestContext"]["routeKey"] == made["requestContext"]["stage"] == "$default"


def test_raw_path_stays_encoded_and_http_path_is_decoded():
    """L3: rawPath is as sent; requestContext.http.path is decoded."""
    made = event("/capture/space%20value")
    assert made["rawPath"] == "/capture/space%20value"
    assert made["requestContext"]["http"]["path"] == "/capture/space value"


def test_http_path_is_decoded_once():
    """L3: /pa2%25Fth/1 becomes /pa2%Fth/1, one pass only."""
    assert event("/pa2%25Fth/1")["requestContext"]["http"]["path"] == "/pa2%Fth/1"


def test_raw_query_is_verbatim():
    """L4: rawQueryString is everything after the first question mark, as it came."""
    assert event("/p?b=2&a=%20x?y")["rawQueryString"] == "b=2&a=%20x?y"
    assert event("/p")["rawQueryString"] == ""


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=x+y%20z", {"a": "x y z"}),
        ("a=%2B", {"a": "+"}),
        ("a=1&b=2&a=3", {"a": "1,3", "b": "2"}),
        ("k=", {"k": ""}),
        ("n%C3%A4me=w%C3%A9rt", {"näme": "wért"}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_query_parameters(query, parameters):
    """L4: decoded, plus is a space, repeated names joined with a bare comma in order."""
    assert event(f"/?{query}")["queryStringParameters"] == parameters


def test_header_names_are_lowered_and_values_kept():
    """L5: `extra-headers: With WeiRd CapS`."""
    assert event(headers=(("Extra-Headers", "With WeiRd CapS"),))["headers"]["extra-headers"] == (
        "With WeiRd CapS"
    )


def test_repeated_headers_are_joined_with_a_bare_comma():
    """L5: `first,second`, without a space, whatever the case of the names."""
    assert event(headers=(("X-A", "first"), ("x-a", "second")))["headers"]["x-a"] == "first,second"


def test_usual_headers_reach_the_function():
    """L6: host, content-length, user-agent, accept and the like are forwarded."""
    names = ("Host", "Content-Length", "User-Agent", "Accept", "Accept-Encoding", "Authorization")
    headers = event(headers=tuple((name, "v") for name in names))["headers"]
    assert {name.lower() for name in names} <= headers.keys()


@pytest.mark.parametrize("name", ["Connection", "Keep-Alive", "TE", "Transfer-Encoding", "Upgrade"])
def test_hop_by_hop_headers_do_not(name):
    """L6: connection is recorded as dropped, the others are assumed to be."""
    assert name.lower() not in event(headers=((name, "v"),))["headers"]


def test_cookies_are_split_and_the_header_kept():
    """L7: cookies is a list, trimmed; the cookie header stays as well."""
    made = event(headers=(("Cookie", "a=1; b=2;c=3"),))
    assert made["cookies"] == ["a=1", "b=2", "c=3"]
    assert made["headers"]["cookie"] == "a=1; b=2;c=3"


def test_the_edge_adds_its_headers():
    """L8: x-forwarded-*, the TLS pair and the trace id."""
    headers = event()["headers"]
    assert headers == {
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-amzn-tls-version": "TLSv1.3",
        "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
        "x-amzn-trace-id": TRACE,
    }


def test_a_client_s_forwarded_for_is_kept():
    """L8: a client-sent X-Forwarded-For arrives unmodified (observed, medium certainty)."""
    assert event(headers=(("X-Forwarded-For", "9.9.9.9"),))["headers"]["x-forwarded-for"] == (
        "9.9.9.9"
    )


def test_nothing_is_sent_as_null():
    """L9: without AWS_IAM authentication and authorizer are absent."""
    assert not {"authentication", "authorizer"} & event()["requestContext"].keys()


def test_methods_are_the_client_s():
    """L9: http.protocol is HTTP/1.1 whatever the method."""
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        http = event(method=method)["requestContext"]["http"]
        assert (http["method"], http["protocol"]) == (method, "HTTP/1.1")


def test_request_context():
    """L9: requestContext with AuthType NONE, whole."""
    made = event("/a?b", method="PUT", headers=(("User-Agent", "curl/8"),))
    assert made["requestContext"] == {
        "accountId": "anonymous",
        "apiId": URL_ID,
        "domainName": f"{URL_ID}.lambda-url.us-east-1.on.aws",
        "domainPrefix": URL_ID,
        "http": {
            "method": "PUT",
            "path": "/a",
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.7",
            "userAgent": "curl/8",
        },
        "requestId": "id-1",
        "routeKey": "$default",
        "stage": "$default",
        "time": "10/Jul/2026:19:19:06 +0000",
        "timeEpoch": 1_783_711_146_789,
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=UTF-8",
        "Application/JSON",
        "text/plain",
        "text/csv;header=present",
        "application/xml",
        "application/javascript",
    ],
)
def test_text_bodies_stay_text(content_type):
    """L11: text/* and three application types, parameters and case ignored; UTF-8 stays text."""
    made = event(headers=(("Content-Type", content_type),), body="{ñ}".encode())
    assert (made["body"], made["isBase64Encoded"]) == ("{ñ}", False)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "image/png",
        "application/problem+json",
        "",
    ],
)
def test_other_bodies_arrive_as_base64(content_type):
    """L11: everything else, pure ASCII and a missing content type included."""
    headers = (("Content-Type", content_type),) if content_type else ()
    made = event(headers=headers, body=b"a=1")
    assert (base64.b64decode(made["body"]), made["isBase64Encoded"]) == (b"a=1", True)


def test_bytes_that_are_no_text_are_not_lost():
    """L11: invalid UTF-8 under a text type arrives as base64."""
    made = event(headers=(("Content-Type", "text/plain"),), body=b"\xff\xfe")
    assert (base64.b64decode(made["body"]), made["isBase64Encoded"]) == (b"\xff\xfe", True)


def test_events_are_json():
    """L1: an event can be written as JSON."""
    assert json.loads(json.dumps(event("/?a=%ff", body=b"x")))["rawQueryString"] == "a=%ff"
