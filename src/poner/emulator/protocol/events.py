"""Turns an HTTP request into an event of payload format 2.0 (L1 to L12)."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from poner.emulator.function import ACCOUNT_ID, REGION

DROPPED_HEADERS = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Hop-by-hop headers that do not reach the function: `connection` is recorded for AWS, the others
are assumed."""

TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
"""Media types besides text/* whose bodies arrive as text; all others arrive as base64."""

USER_ID = "AIDALOCALLOCALLOCALLO"
"""Id of the user who owns the local access key, with AWS's prefix and length."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English month names, independent of the locale."""


@dataclass(frozen=True)
class HttpRequest:
    """A request as received."""

    method: str
    """Such as `POST`."""
    target: str
    """Path and query exactly as sent, percent-encoding kept."""
    headers: Sequence[tuple[str, str]]
    """Header lines in the order sent."""
    body: bytes
    """The whole body; empty if there is none."""
    peer: str
    """IP address of the client."""


def event_of(
    request: HttpRequest,
    *,
    url_id: str,
    request_id: str,
    trace_id: str,
    now_s: float,
    key_id: str | None = None,
) -> dict[str, Any]:
    """The event for a request, with its keys in the order of AWS's events.

    Args:
        request: what the client sent.
        url_id: identifier of the Function URL.
        request_id: UUID of the invocation.
        trace_id: value of the `x-amzn-trace-id` header that the Function URL adds.
        now_s: time of arrival, seconds since the epoch.
        key_id: id of the access key that signed the request; None without AWS_IAM.
    """
    raw_path, _, raw_query = request.target.partition("?")
    headers = _headers(request, trace_id)
    query = _query(raw_query)
    body, is_base64 = _body(request.body, headers.get("content-type", ""))
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": raw_query,
        **({"cookies": _cookies(headers["cookie"])} if "cookie" in headers else {}),
        "headers": headers,
        **({"queryStringParameters": query} if query else {}),
        "requestContext": {
            "accountId": "anonymous" if key_id is None else ACCOUNT_ID,
            "apiId": url_id,
            **({} if key_id is None else {"authorizer": {"iam": _caller(key_id)}}),
            "domainName": f"{url_id}.lambda-url.{REGION}.on.aws",
            "domainPrefix": url_id,
            "http": {
                "method": request.method,
                "path": unquote(raw_path),
                "protocol": "HTTP/1.1",
                "sourceIp": request.peer,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": _common_log_time(now_s),
            "timeEpoch": int(now_s * 1000),
        },
        **({"body": body} if request.body else {}),
        "isBase64Encoded": is_base64,
    }


def _caller(key_id: str) -> dict[str, str | None]:
    """The signer of the request (L10): a user of the local account, without an organisation."""
    return {
        "accessKey": key_id,
        "accountId": ACCOUNT_ID,
        "callerId": USER_ID,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{ACCOUNT_ID}:user/local",
        "userId": USER_ID,
    }


def _headers(request: HttpRequest, trace_id: str) -> dict[str, str]:
    """Lower-cased headers, repeated ones joined by a comma, with those that the Function URL adds.

    A client's own X-Forwarded-For arrives unchanged (observed, medium certainty).
    """
    headers: dict[str, str] = {}
    for name, value in request.headers:
        key = name.lower()
        if key not in DROPPED_HEADERS:
            headers[key] = f"{headers[key]},{value}" if key in headers else value
    headers.setdefault("x-forwarded-for", request.peer)
    headers["x-forwarded-port"] = "443"
    headers["x-forwarded-proto"] = "https"
    headers["x-amzn-tls-version"] = "TLSv1.3"
    headers["x-amzn-tls-cipher-suite"] = "TLS_AES_128_GCM_SHA256"
    headers["x-amzn-trace-id"] = trace_id
    return headers


def _cookies(header: str) -> list[str]:
    return [cookie.strip() for cookie in header.split(";") if cookie.strip()]


def _query(raw_query: str) -> dict[str, str]:
    """Decoded query parameters; the values of a repeated name are joined by a comma."""
    parameters: dict[str, str] = {}
    for part in raw_query.split("&"):
        if part:
            raw_name, _, raw_value = part.partition("=")
            name, value = unquote_plus(raw_name), unquote_plus(raw_value)
            parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """The event's body, and whether it is base64.

    The content type alone decides. AWS's answer to a text type with invalid UTF-8 is not recorded;
    base64 preserves the bytes.
    """
    if not body:
        return "", False
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in TEXT_TYPES:
        try:
            return body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode("ascii"), True


def _common_log_time(now_s: float) -> str:
    """A time in the common log format, such as `10/Jul/2026:19:19:06 +0000`."""
    utc = time.gmtime(now_s)
    return (
        f"{utc.tm_mday:02d}/{MONTHS[utc.tm_mon - 1]}/{utc.tm_year}:"
        f"{utc.tm_hour:02d}:{utc.tm_min:02d}:{utc.tm_sec:02d} +0000"
    )
