"""Signature Version 4: L80, against botocore's own signer."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from poner.emulator.function import AccessKey
from poner.emulator.protocol.events import HttpRequest
from poner.emulator.protocol.signatures import signature, why_refused
from tests.support.aws_clients import sign

KEY = AccessKey("local", "secret")
HOST = "127.0.0.1:9000"


def received(given: dict[str, Any], sent: list[tuple[str, str]], **changes: Any) -> HttpRequest:
    """The request as it would come over the wire."""
    parts = urlsplit(given["url"])
    values = {
        "method": given["method"],
        "target": parts.path + (f"?{parts.query}" if parts.query else ""),
        "headers": [("Host", HOST), *sent],
        "body": given.get("body", "").encode(),
        "peer": "127.0.0.1",
    }
    return HttpRequest(**{**values, **changes})


def test_every_form_of_request_that_botocore_signs_is_accepted():
    """L80: paths, queries, headers, bodies and session tokens, canonicalised as botocore does."""
    targets = [
        "/",
        "/a/b/",
        "/a%20b/%C3%B1",
        "//double///slashes/",
        "/dots/./and/../more/..",
        "/~tilde-_.%2F",
        "/?b=2&a=1",
        "/?a=2&a=1&a=",
        "/?a%20b=%2B&c=%C3%B1&flag",
        "/q?x=a%2Fb%3D",
    ]
    requests = [{"method": "GET", "url": f"http://{HOST}{target}"} for target in targets]
    requests += [
        {"method": "POST", "url": f"http://{HOST}/", "body": '{"name":"ñandú"}'},
        {"method": "POST", "url": f"http://{HOST}/", "headers": {"X-Odd": "  a   b  "}},
        {"method": "PUT", "url": f"http://{HOST}/", "token": "session+token/=="},
    ]
    now_s = time.time()
    refused = {
        given["url"]: reason
        for given, headers in zip(requests, sign(*requests), strict=True)
        if (reason := why_refused(received(given, headers), KEY, now_s)) is not None
    }
    assert refused == {}


GIVEN = {"method": "POST", "url": f"http://{HOST}/a?b=1", "body": "body"}


@pytest.fixture(scope="module")
def signed() -> list[tuple[str, str]]:
    """Headers of GIVEN, signed by botocore."""
    return sign(GIVEN)[0]


def test_what_is_signed_cannot_be_changed(signed):
    """L80: method, path, query, body and signed headers are all covered."""
    now_s = time.time()
    assert why_refused(received(GIVEN, signed), KEY, now_s) is None
    changes: list[dict[str, Any]] = [
        {"method": "PUT"},
        {"target": "/b?b=1"},
        {"target": "/a?b=2"},
        {"body": b"Body"},
        {"headers": [("Host", "127.0.0.1:9001"), *signed]},
    ]
    for change in changes:
        reason = why_refused(received(GIVEN, signed, **change), KEY, now_s)
        assert reason == "its signature does not match", change


@pytest.mark.parametrize("seconds", [-301, 301])
def test_signatures_expire(signed, seconds):
    """L80: five minutes, in both directions."""
    request = received(GIVEN, signed)
    now_s = time.time()
    assert why_refused(request, KEY, now_s + seconds * 0.9) is None
    assert "five minutes" in str(why_refused(request, KEY, now_s + 2 * seconds))


def test_another_key_is_refused(signed):
    """L80: another key id or another secret is refused."""
    request, now_s = received(GIVEN, signed), time.time()
    assert "another access key" in str(why_refused(request, AccessKey("other", "secret"), now_s))
    assert "does not match" in str(why_refused(request, AccessKey("local", "other"), now_s))


@pytest.mark.parametrize("change", [{"service": "execute-api"}, {"region": "eu-west-1"}])
def test_the_scope_is_lambda_here(change):
    """L80: signed for the service lambda, in the function's region."""
    given = {**GIVEN, **change}
    request = received(given, sign(given)[0])
    assert "not signed for lambda in us-east-1" in str(why_refused(request, KEY, time.time()))


def test_requests_without_a_signature_are_refused():
    """L80: no Authorization header, or one of another kind."""
    for headers in ([], [("Authorization", "Basic eDp5")], [("Authorization", "AWS4-HMAC-SHA256")]):
        assert "no Authorization" in str(why_refused(received(GIVEN, headers), KEY, 0))


def resigned(headers: list[tuple[str, str]], names: str, stamp: str) -> HttpRequest:
    """A request with these headers, its signature over those named."""
    request = received(GIVEN, headers)
    made = signature(request, KEY, names, stamp)
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=local/{stamp[:8]}/us-east-1/lambda/aws4_request,"
        f"SignedHeaders={names},Signature={made}"
    )
    return received(GIVEN, [*headers, ("Authorization", authorization)])


def test_the_payload_s_hash_must_be_that_of_the_payload():
    """Unsigned payloads are refused: x-amz-content-sha256, if sent, must be the body's hash."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = [("X-Amz-Date", stamp), ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]
    request = resigned(headers, "host;x-amz-content-sha256;x-amz-date", stamp)
    assert "x-amz-content-sha256" in str(why_refused(request, KEY, time.time()))


def test_the_host_must_be_signed():
    """A signature that does not cover the host is refused."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = [("X-Amz-Date", stamp)]
    assert why_refused(resigned(headers, "host;x-amz-date", stamp), KEY, time.time()) is None
    request = resigned(headers, "x-amz-date", stamp)
    assert "without host" in str(why_refused(request, KEY, time.time()))


def test_a_header_that_is_named_but_not_sent_is_refused(signed):
    """Every header in SignedHeaders must be present."""
    changed = [
        (name, re.sub("SignedHeaders=host;", "SignedHeaders=host;missing;", value))
        for name, value in signed
    ]
    assert "missing" in str(why_refused(received(GIVEN, changed), KEY, time.time()))


def test_the_secret_is_not_shown():
    """The repr of a key does not show the secret."""
    assert "secret" not in repr(KEY)
