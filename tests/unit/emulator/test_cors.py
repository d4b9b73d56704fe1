"""CORS: L69 and L82."""

from pathlib import Path

import pytest

from poner.aws_lambda.cors import Cors
from poner.emulator import LocalFunction
from poner.emulator.function import check_settings
from poner.emulator.protocol.cors import is_preflight, preflight_headers, response_headers
from poner.errors import SettingsError

ORIGIN = "https://example.com"
FULL = Cors((ORIGIN,), ("GET", "PUT"), ("x-a", "x-b"), ("date",), True, 600)


@pytest.mark.parametrize(
    ("method", "origin", "requested", "is_one"),
    [
        ("OPTIONS", ORIGIN, "PUT", True),
        ("OPTIONS", None, "PUT", False),
        ("OPTIONS", ORIGIN, None, False),
        ("GET", ORIGIN, "PUT", False),
    ],
)
def test_what_a_preflight_is(method, origin, requested, is_one):
    """L82: a preflight is OPTIONS with an origin and a requested method."""
    assert is_preflight(method, origin, requested) is is_one


def test_a_preflight_is_told_what_is_configured():
    """L82: a matching origin is echoed, with Vary; the lists are as configured."""
    assert preflight_headers(FULL, ORIGIN) == [
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", ORIGIN),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "GET,PUT"),
        ("Access-Control-Allow-Headers", "x-a,x-b"),
        ("Access-Control-Max-Age", "600"),
    ]


def test_answers_get_what_concerns_them():
    """L82: the origin, credentials and exposed headers."""
    assert response_headers(FULL, ORIGIN) == [
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", ORIGIN),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", "date"),
    ]


@pytest.mark.parametrize("origin", [None, "https://www.example.com", "http://example.com", "null"])
def test_other_origins_are_told_nothing(origin):
    """L82: wildcards for sub-domains do not match; Vary is sent nevertheless."""
    assert preflight_headers(FULL, origin) == [("Vary", "Origin")]
    assert response_headers(FULL, origin) == [("Vary", "Origin")]


@pytest.mark.parametrize("origin", [None, ORIGIN])
def test_every_origin(origin):
    """L82: `*` is sent as it is, and the answer does not vary."""
    assert response_headers(Cors(("*",)), origin) == [("Access-Control-Allow-Origin", "*")]


def test_nothing_configured_is_nothing_said():
    """L82: parts missing in the configuration are missing in the answer."""
    assert preflight_headers(Cors((ORIGIN,)), ORIGIN) == [
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", ORIGIN),
    ]


def check(cors: Cors) -> None:
    """As every function's settings are checked."""
    check_settings(LocalFunction(Path("code"), "app.handler", "python3.13", cors=cors))


@pytest.mark.parametrize(
    ("cors", "named"),
    [
        (Cors(max_age_s=86_401), "MaxAge is 86401"),
        (Cors(max_age_s=-1), "MaxAge is -1"),
        (Cors(allow_methods=("OPTIONS",)), "OPTIONS"),
        (Cors(allow_methods=("GET",) * 7), "AllowMethods has 7 entries"),
        (Cors(allow_origins=("https://a.b",) * 101), "AllowOrigins has 101 entries"),
        (Cors(allow_headers=("x",) * 101), "AllowHeaders has 101 entries"),
        (Cors(expose_headers=("x",) * 101), "ExposeHeaders has 101 entries"),
        (Cors(allow_origins=("https://*.example.com",)), "cannot contain a wildcard"),
        (Cors(allow_headers=("x\r\ny",)), "cannot stand in a header"),
    ],
)
def test_what_aws_refuses_is_refused(cors, named):
    """L69, L82: MaxAge, counts and lengths; origins take no wildcard sub-domains."""
    with pytest.raises(SettingsError, match=named):
        check(cors)


def test_the_limits_themselves_are_taken():
    """L69: a day, 6 methods of 6 characters, 100 of the others."""
    hundred = ("x-a",) * 100
    check(Cors(("https://a.b",) * 100, ("DELETE",) * 6, hundred, hundred, False, 86_400))
    check(Cors(max_age_s=0))
