"""Settings of functions that Lambda checks, here and there: CORS and environment variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poner.errors import SettingsError

ENVIRONMENT_BYTES = 4_096
"""Largest compact JSON of the user's variables (L64)."""

RESERVED_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_FORMAT",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_LEVEL",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_LAMBDA_TELEMETRY_LOG_FD",
        "_X_AMZN_TRACE_ID",
    }
)
"""Names AWS keeps for itself (its documentation, 2026-11), and those that would switch the
runtime interface client into another mode (L46)."""


MAX_AGE_S = range(86_400 + 1)
"""Seconds that a preflight's answer may be kept: at most a day (L69)."""

METHODS = 6
"""Most methods, and most characters of one, so that OPTIONS is refused (L69)."""

ORIGINS = 100
"""Most origins (L69)."""

HEADERS = 100
"""Most names of headers, allowed or exposed (L69)."""


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


def write_cors(cors: Cors | None) -> dict[str, Any]:
    """The `Cors` structure of AWS's own API; empty for none, which removes what is there."""
    if cors is None:
        return {}
    values = {
        "AllowOrigins": list(cors.allow_origins),
        "AllowMethods": list(cors.allow_methods),
        "AllowHeaders": list(cors.allow_headers),
        "ExposeHeaders": list(cors.expose_headers),
        "AllowCredentials": cors.allow_credentials,
        "MaxAge": cors.max_age_s,
    }
    return {name: value for name, value in values.items() if value}


def check_cors(cors: Cors) -> None:
    """Refuse what CreateFunctionUrlConfig would refuse (L69).

    Raises:
        SettingsError: names the part and what it may be.
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
            raise SettingsError(
                f"CORS: {value!r} is not text that a header can hold.",
                "Write it with printable ASCII characters.",
            )
    for method in cors.allow_methods:
        if len(method) > METHODS:
            raise SettingsError(
                f"CORS: AllowMethods holds {method!r}, which is longer than {METHODS} characters.",
                "Leave it out; OPTIONS, for one, need not be allowed.",
            )
    for origin in cors.allow_origins:
        if origin != "*" and "*" in origin:
            raise SettingsError(
                f"CORS: AllowOrigins holds {origin!r}, and an origin takes no wildcard.",
                "Name each origin in full, or allow all of them with * alone.",
            )
    if cors.max_age_s is not None and cors.max_age_s not in MAX_AGE_S:
        raise SettingsError(
            f"CORS: MaxAge is {cors.max_age_s}.",
            f"Choose whole seconds from {MAX_AGE_S[0]} to {MAX_AGE_S[-1]}.",
        )


def _check_count(part: str, values: Sequence[str], most: int) -> None:
    if len(values) > most:
        raise SettingsError(
            f"CORS: {part} has {len(values)} entries.", f"Keep to {most} of them at most."
        )


def check_variables(environment: Mapping[str, str]) -> None:
    """Refuse environment variables that Lambda would refuse (L50, L64), in AWS's own sentences.

    AWS's on the size goes on with the variables; this one does not, for they may be secrets.

    Raises:
        SettingsError: names what is wrong, never a value.
    """
    reason = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided"
    )
    if reserved := sorted(RESERVED_VARIABLES & environment.keys()):
        raise SettingsError(
            f"{reason} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}.",
            "Give yours other names.",
        )
    for name in environment:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", name):
            raise SettingsError(
                f"{name!r} is not a name for an environment variable of Lambda.",
                "Take two characters or more: a letter, then letters, digits and underscores.",
            )
    measured = json.dumps(dict(environment), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_BYTES:
        raise SettingsError(
            f"{reason} exceeded the 4KB limit.",
            f"They take {len(measured.encode())} bytes as JSON; keep to {ENVIRONMENT_BYTES}.",
        )
