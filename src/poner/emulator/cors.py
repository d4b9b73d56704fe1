"""CORS as the Function URL itself does it, before and after the function: section (h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poner.errors import EmulatorError

MAX_AGE_S = range(86_400 + 1)
"""Section (f): at most a day."""

METHODS = 6
"""Section (f): most methods, and most characters of one, so that OPTIONS is refused."""

ORIGINS = 100
"""Section (f): most origins."""

HEADERS = 100
"""Section (f): most names of headers, allowed or exposed."""


@dataclass(frozen=True)
class Cors:
    """What browsers may do from pages of other origins; every list may be `*` alone."""

    allow_origins: tuple[str, ...] = ()
    """Such as `https://example.com`; wildcards for parts of a host are not known."""
    allow_methods: tuple[str, ...] = ()
    """Such as `GET`; OPTIONS is not among them."""
    allow_headers: tuple[str, ...] = ()
    """Headers a request may have."""
    expose_headers: tuple[str, ...] = ()
    """Headers of an answer that the page may read."""
    allow_credentials: bool = False
    """Whether cookies may be sent along."""
    max_age_s: int | None = None
    """How long a browser may keep what a preflight was told, in seconds."""


def check_cors(cors: Cors) -> None:
    """Refuse what CreateFunctionUrlConfig would refuse (section f).

    Raises:
        EmulatorError: names the part and what it may be.
    """
    _check_count("AllowOrigins", cors.allow_origins, ORIGINS)
    _check_count("AllowMethods", cors.allow_methods, METHODS)
    _check_count("AllowHeaders", cors.allow_headers, HEADERS)
    _check_count("ExposeHeaders", cors.expose_headers, HEADERS)
    for value in (
        *cors.allow_origins,
        *cors.allow_methods,
        *cors.allow_headers,
        *cors.expose_headers,
    ):
        if not (value and value.isascii() and value.isprintable()):
            raise EmulatorError(
                f"CORS: {value!r} is not text that a header can hold.",
                "Write it with printable ASCII characters.",
            )
    for method in cors.allow_methods:
        if len(method) > METHODS:
            raise EmulatorError(
                f"CORS: AllowMethods holds {method!r}, which is longer than {METHODS} characters.",
                "Leave it out; OPTIONS, for one, need not be allowed.",
            )
    for origin in cors.allow_origins:
        if origin != "*" and "*" in origin:
            raise EmulatorError(
                f"CORS: AllowOrigins holds {origin!r}, and an origin takes no wildcard.",
                "Name each origin in full, or allow all of them with * alone.",
            )
    if cors.max_age_s is not None and cors.max_age_s not in MAX_AGE_S:
        raise EmulatorError(
            f"CORS: MaxAge is {cors.max_age_s}.",
            f"Choose whole seconds from {MAX_AGE_S[0]} to {MAX_AGE_S[-1]}.",
        )


def _check_count(part: str, values: Sequence[str], most: int) -> None:
    if len(values) > most:
        raise EmulatorError(
            f"CORS: {part} has {len(values)} entries.", f"Keep to {most} of them at most."
        )


def is_preflight(method: str, origin: str | None, requested_method: str | None) -> bool:
    """Whether a browser asks if it may send the actual request (Fetch standard, 2026-11)."""
    return method == "OPTIONS" and origin is not None and requested_method is not None


def preflight_headers(cors: Cors, origin: str | None) -> list[tuple[str, str]]:
    """Header lines that answer a preflight."""
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
    """Header lines that every other answer gets, errors too."""
    headers = _origin_headers(cors, origin)
    if _allowed(cors, origin) and cors.expose_headers:
        headers.append(("Access-Control-Expose-Headers", ",".join(cors.expose_headers)))
    return headers


def _allowed(cors: Cors, origin: str | None) -> bool:
    return "*" in cors.allow_origins or origin in cors.allow_origins


def _origin_headers(cors: Cors, origin: str | None) -> list[tuple[str, str]]:
    """A matching origin is echoed; `Vary` says that the answer depends on it, match or not."""
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
