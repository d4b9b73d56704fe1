"""CORS headers that the Function URL adds, with or without invoking the function (L82)."""

from __future__ import annotations

from poner.aws_lambda.cors import Cors


def is_preflight(method: str, origin: str | None, requested_method: str | None) -> bool:
    """Whether a request is a browser's CORS preflight (Fetch standard, 2026-11)."""
    return method == "OPTIONS" and origin is not None and requested_method is not None


def preflight_headers(cors: Cors, origin: str | None) -> list[tuple[str, str]]:
    """CORS header lines of the answer to a preflight."""
    headers = _origin_headers(cors, origin)
    if _allowed(cors, origin):
        if cors.allow_methods:
            headers.append(("Access-Control-Allow-Methods", ",".join(cors.allow_methods)))
        if cors.allow_headers:
            headers.append(("Access-Control-Allow-Headers", ",".join(cors.allow_headers)))
        if cors.max_age_s is not None:
            headers.append(("Access-Control-Max-Age", str(cors.max_age_s)))
    return headers


def response_headers(cors: Cors, origin: str | None) -> list[tuple[str, str]]:
    """CORS header lines of every other answer, errors included."""
    headers = _origin_headers(cors, origin)
    if _allowed(cors, origin) and cors.expose_headers:
        headers.append(("Access-Control-Expose-Headers", ",".join(cors.expose_headers)))
    return headers


def _allowed(cors: Cors, origin: str | None) -> bool:
    return "*" in cors.allow_origins or origin in cors.allow_origins


def _origin_headers(cors: Cors, origin: str | None) -> list[tuple[str, str]]:
    """Headers that echo a matching origin, and `Vary: Origin` unless every origin is allowed."""
    headers = []
    if "*" in cors.allow_origins:
        headers.append(("Access-Control-Allow-Origin", "*"))
    else:
        headers.append(("Vary", "Origin"))
        if origin is not None and origin in cors.allow_origins:
            headers.append(("Access-Control-Allow-Origin", origin))
    if cors.allow_credentials and _allowed(cors, origin):
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return headers
