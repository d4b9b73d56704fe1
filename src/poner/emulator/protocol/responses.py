"""Turns a handler's result into an HTTP response (L13 to L23)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from poner.foreign_json import read_json

REMAPPED_HEADERS = frozenset(
    {"connection", "content-length", "date", "server", "transfer-encoding", "www-authenticate"}
)
"""Headers of the handler that Lambda renames: `www-authenticate` and `content-length` are observed;
the others, which the server must set itself, are assumed."""

REMAPPED_PREFIX = "x-amzn-Remapped-"
"""Prefix of renamed headers."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A header name (RFC 9110, section 5.6.2)."""

FORBIDDEN_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Control characters, which could end a header line."""

STATUS_CODES = range(200, 600)
"""Final status codes of HTTP."""


@dataclass(frozen=True)
class HttpResponse:
    """A response, without the headers common to every response."""

    status: int
    """Status code."""
    headers: Sequence[tuple[str, str]]
    """Header lines in order; Content-Type is always present."""
    body: bytes = field(default=b"")
    """The whole body."""


JSON_TYPE = ("Content-Type", "application/json")
"""Default content type, even for plain text."""

INTERNAL_SERVER_ERROR = HttpResponse(502, (JSON_TYPE,), b"Internal Server Error")
"""The answer for every error of the function, without details. AWS's content type for it is not
recorded."""

THROTTLED = HttpResponse(
    429,
    (JSON_TYPE, ("X-Amzn-Errortype", "TooManyRequestsException")),
    b'{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
)
"""The answer while every environment is busy."""


FORBIDDEN = HttpResponse(
    403,
    (JSON_TYPE, ("x-amzn-ErrorType", "AccessDeniedException")),
    b'{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: '
    b'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}',
)
"""The answer to a request without a valid signature."""


def too_large(limit_bytes: int) -> HttpResponse:
    """The answer to a request whose event would exceed the limit."""
    return HttpResponse(
        413,
        (JSON_TYPE, ("X-Amzn-Errortype", "RequestEntityTooLargeException")),
        b'{"Message":"Request must be smaller than %d bytes for the InvokeFunction operation"}'
        % limit_bytes,
    )


def response_of(result: bytes) -> HttpResponse:
    """The response for the result that the runtime posted.

    A result that is not JSON and a malformed envelope count as errors of the function; AWS's
    answers to them are not recorded.
    """
    try:
        value = read_json(result, strict=True)
        if isinstance(value, dict) and "statusCode" in value:
            return _from_envelope(value)
        return HttpResponse(200, (JSON_TYPE,), _bare(value))
    except (ValueError, RecursionError):
        return INTERNAL_SERVER_ERROR


def _bare(value: object) -> bytes:
    """The body for a result without `statusCode`: compact JSON, a string without its quotes."""
    text = value if isinstance(value, str) else _compact(value)
    return text.encode("utf-8")


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _from_envelope(envelope: dict[str, Any]) -> HttpResponse:
    """The response that an object with `statusCode` describes; `multiValueHeaders` is ignored.

    Raises:
        ValueError: a field of the object is invalid.
    """
    headers = _header_lines(envelope.get("headers"))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(JSON_TYPE)
    for cookie in _cookies(envelope.get("cookies")):
        headers.append(("Set-Cookie", cookie))
    return HttpResponse(_status(envelope["statusCode"]), tuple(headers), _body(envelope))


def _status(value: object) -> int:
    """The status code in an int or a numeric string.

    Raises:
        ValueError: the value is not a status code.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value not in STATUS_CODES:
        raise ValueError("not a status code")
    return value


def _header_lines(headers: object) -> list[tuple[str, str]]:
    """The handler's headers; REMAPPED_HEADERS are renamed.

    Raises:
        ValueError: `headers` is not a map of header names to strings or numbers.
    """
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise ValueError("headers is not a map")
    lines = []
    for name, value in headers.items():
        if not TOKEN.fullmatch(name):
            raise ValueError("not a header name")
        remapped = name.lower() in REMAPPED_HEADERS
        lines.append((REMAPPED_PREFIX + name.lower() if remapped else name, _header_value(value)))
    return lines


def _header_value(value: object) -> str:
    """A string unchanged, a number or boolean as JSON (assumed; not recorded for AWS).

    Raises:
        ValueError: the value has another type, or holds control characters.
    """
    if not isinstance(value, str | int | float):
        raise ValueError("not a header value")
    text = value if isinstance(value, str) else _compact(value)
    if FORBIDDEN_IN_VALUE.search(text):
        raise ValueError("not a header value")
    text.encode("utf-8")  # a lone surrogate is a ValueError too
    return text


def _cookies(cookies: object) -> list[str]:
    """The Set-Cookie values: one for each item.

    Raises:
        ValueError: `cookies` is not a list of strings.
    """
    if cookies is None:
        return []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise ValueError("cookies is not a list of strings")
    return [_header_value(cookie) for cookie in cookies]


def _body(envelope: dict[str, Any]) -> bytes:
    """A string verbatim or base64-decoded, empty for null or no body, other values as JSON.

    Raises:
        ValueError: the envelope says base64, but the body is not.
    """
    body = envelope.get("body")
    if body is None:
        return b""
    if envelope.get("isBase64Encoded") is True:
        if not isinstance(body, str):
            raise ValueError("a base64 body is a string")
        return base64.b64decode(body, validate=True)
    return _bare(body)
