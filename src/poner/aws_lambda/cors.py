"""CORS of a Function URL: its settings, AWS's form of them, and Lambda's limits (L69)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, Strict

from poner.errors import PonerError, SettingsError

MAX_AGE_S = range(86_400 + 1)
"""Seconds that a browser may keep the answer to a preflight: at most a day (L69)."""

METHODS = 6
"""Most methods, and most characters of a method, which excludes OPTIONS (L69)."""

ORIGINS = 100
"""Most origins (L69)."""

HEADERS = 100
"""Most allowed headers, and most exposed headers (L69)."""


@dataclass(frozen=True)
class Cors:
    """What a browser lets pages of other origins do; each list may be `*` alone."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    allow_origins: tuple[str, ...] = ()
    """Origins whose pages may read responses, such as `https://example.com`."""
    allow_methods: tuple[str, ...] = ()
    """Methods that pages may use, such as `GET`; OPTIONS needs no entry."""
    allow_headers: tuple[str, ...] = ()
    """Request headers that pages may send."""
    expose_headers: tuple[str, ...] = ()
    """Response headers that pages may read."""
    allow_credentials: Annotated[bool, Strict()] = False
    """Whether requests may carry cookies."""
    max_age_s: Annotated[int, Strict(), Field(ge=MAX_AGE_S[0], le=MAX_AGE_S[-1])] | None = None
    """How long a browser may keep the answer to a preflight, in seconds."""


CORS_FIELDS = {
    "AllowOrigins": "allow_origins",
    "AllowMethods": "allow_methods",
    "AllowHeaders": "allow_headers",
    "ExposeHeaders": "expose_headers",
    "AllowCredentials": "allow_credentials",
    "MaxAge": "max_age_s",
}
"""Fields of AWS's `Cors` structure, with the names of our fields."""

_KINDS = {"AllowCredentials": (bool, "true or false"), "MaxAge": (int, "a whole number")}


def write_cors(cors: Cors | None) -> dict[str, Any]:
    """AWS's `Cors` structure; empty for no CORS, which removes existing CORS."""
    values = asdict(cors) if cors is not None else {}
    return {
        aws: list(values[field]) if isinstance(values[field], tuple) else values[field]
        for aws, field in CORS_FIELDS.items()
        if values.get(field)
    }


def parse_cors(structure: Mapping[str, object], error: type[PonerError]) -> Cors:
    """The CORS in AWS's `Cors` structure.

    Raises:
        PonerError: of the class `error`; a field is unknown, or its value has the wrong type.
    """
    values: dict[str, Any] = {}
    for name, value in structure.items():
        if name not in CORS_FIELDS:
            raise error(f"CORS has no field {name}.", f"Its fields are {', '.join(CORS_FIELDS)}.")
        kind, words = _KINDS.get(name, (list, "an array of strings"))
        items = value if isinstance(value, list) else []
        if type(value) is not kind or not all(isinstance(item, str) for item in items):
            raise error(f"CORS: {name} is not {words}.", "Use the same form as AWS's tools.")
        values[CORS_FIELDS[name]] = tuple(items) if kind is list else value
    return Cors(**values)


def check_cors(cors: Cors) -> None:
    """Check CORS as CreateFunctionUrlConfig does (L69).

    Raises:
        SettingsError: names the field and its limits.
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
                f"CORS: {value!r} cannot stand in a header.",
                "Use printable ASCII characters only.",
            )
    for method in cors.allow_methods:
        if len(method) > METHODS:
            raise SettingsError(
                f"CORS: AllowMethods holds {method!r}, which is longer than {METHODS} characters.",
                "Leave it out; OPTIONS needs no entry.",
            )
    for origin in cors.allow_origins:
        _check_origin(origin)
    if cors.max_age_s is not None and cors.max_age_s not in MAX_AGE_S:
        raise SettingsError(
            f"CORS: MaxAge is {cors.max_age_s}.",
            f"Choose whole seconds from {MAX_AGE_S[0]} to {MAX_AGE_S[-1]}.",
        )


def _check_origin(origin: str) -> None:
    """Check an origin: scheme, host and port, as a browser sends it (RFC 6454, section 6.2)."""
    if origin == "*":
        return
    if "*" in origin:
        raise SettingsError(
            f"CORS: AllowOrigins holds {origin!r}, but an origin cannot contain a wildcard.",
            "Name each origin in full, or allow all origins with a single *.",
        )
    scheme, separator, host = origin.partition("://")
    if not (scheme and separator and host) or "/" in host:
        raise SettingsError(
            f"CORS: AllowOrigins holds {origin!r}, which no browser sends as an origin.",
            "Write scheme, host and perhaps port, without a path or a slash at the end: "
            "https://example.com.",
        )


def _check_count(part: str, values: Sequence[str], most: int) -> None:
    if len(values) > most:
        raise SettingsError(
            f"CORS: {part} has {len(values)} entries.", f"At most {most} are allowed."
        )
