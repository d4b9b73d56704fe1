"""AWS_IAM: Signature Version 4 of a request to the Function URL, checked against a local key.

Source: AWS's "Create a signed AWS API request" and "Elements of an AWS API request signature";
that Lambda takes no unsigned payloads is in CloudFront's documentation of origin access control
for function URLs (all 2026-11).
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from poner.emulator.function import REGION, AccessKey
from poner.emulator.protocol.events import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
"""The only signing algorithm that is accepted."""

SERVICE = "lambda"
"""Service name in the signature of a request to a Function URL."""

SKEW_S = 300
"""A signature is valid from five minutes before to five minutes after its time."""

DATE_FORMAT = "%Y%m%dT%H%M%SZ"
"""Format of `x-amz-date`."""

AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=(?P<key>[^/,\s]+)/(?P<scope>[^,\s]+), *"
    r"SignedHeaders=(?P<headers>[^,\s]+), *Signature=(?P<signature>[0-9a-f]{64})"
)
"""Pattern of the Authorization header."""


@dataclass(frozen=True)
class Authorization:
    """Content of an Authorization header."""

    key_id: str
    """Access key id of the caller."""
    scope: str
    """Date, region, service and `aws4_request`, separated by /."""
    signed_headers: str
    """Names in lower case, separated by ;."""
    signature: str
    """Signature in hexadecimal."""


def why_refused(request: HttpRequest, key: AccessKey, now_s: float) -> str | None:
    """What is wrong with a request's signature, for the developer; None if it is valid.

    Args:
        request: the request as received, with its whole body.
        key: the only access key of the local account.
        now_s: time of arrival, seconds since the epoch.
    """
    headers = _joined(request.headers)
    matched = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if matched is None:
        return f"it has no Authorization header of {ALGORITHM}"
    given = Authorization(
        matched["key"], matched["scope"], matched["headers"], matched["signature"]
    )
    stamp = headers.get("x-amz-date", "")
    signed_at_s = _seconds(stamp)
    names = given.signed_headers.split(";")
    payload_hash = hashlib.sha256(request.body).hexdigest()
    if given.key_id != key.id:
        return "it is signed with another access key"
    if signed_at_s is None or abs(now_s - signed_at_s) > SKEW_S:
        return "its x-amz-date is missing or more than five minutes away"
    if given.scope != f"{stamp[:8]}/{REGION}/{SERVICE}/aws4_request":
        return f"it is not signed for {SERVICE} in {REGION} on the day of its x-amz-date"
    if "host" not in names or names != sorted(names) or not headers.keys() >= set(names):
        return "its signed headers are unsorted, missing, or without host"
    if headers.get("x-amz-content-sha256", payload_hash) != payload_hash:
        return "its x-amz-content-sha256 is not the hash of its body"
    expected = signature(request, key, given.signed_headers, stamp)
    if not hmac.compare_digest(expected, given.signature):
        return "its signature does not match"
    return None


def signature(request: HttpRequest, key: AccessKey, signed_headers: str, stamp: str) -> str:
    """The signature that a request should have, in hexadecimal.

    Args:
        request: the request to sign.
        key: the access key to sign with.
        signed_headers: names in lower case, sorted, separated by ;.
        stamp: value of `x-amz-date`.
    """
    scope = f"{stamp[:8]}/{REGION}/{SERVICE}/aws4_request"
    canonical = _canonical_request(request, signed_headers)
    to_sign = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical).hexdigest()])
    signing_key = f"AWS4{key.secret}".encode()
    for part in (*scope.split("/"), to_sign):
        signing_key = hmac.digest(signing_key, part.encode(), "sha256")
    return signing_key.hex()


def _canonical_request(request: HttpRequest, signed_headers: str) -> bytes:
    raw_path, _, raw_query = request.target.partition("?")
    headers = _joined(request.headers)
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in signed_headers.split(";")]
    parts = (
        request.method,
        quote(_normalised(raw_path), safe="/-_.~"),
        _canonical_query(raw_query),
        *lines,
        "",
        signed_headers,
        hashlib.sha256(request.body).hexdigest(),
    )
    return "\n".join(parts).encode("utf-8")


def _normalised(raw_path: str) -> str:
    """A path without empty and dot segments; percent-encoding is kept, so it is encoded twice."""
    kept: list[str] = []
    segments = raw_path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and segments[-1] == "" else "")


def _canonical_query(raw_query: str) -> str:
    """The query sorted by encoded name and value; unreserved characters are not encoded."""
    pairs = []
    for part in raw_query.split("&") if raw_query else []:
        name, _, value = part.partition("=")
        pairs.append(tuple(quote(unquote_to_bytes(text), safe="-_.~") for text in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _joined(lines: Sequence[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in lines:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def _seconds(stamp: str) -> int | None:
    """An x-amz-date in seconds since the epoch; None if it is malformed."""
    try:
        return calendar.timegm(time.strptime(stamp, DATE_FORMAT))
    except ValueError:
        return None
