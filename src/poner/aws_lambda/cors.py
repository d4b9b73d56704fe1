"""CORS of a Function URL: its settings, in AWS's own structure, and what Lambda refuses (L69)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from poner.errors import PonerError, SettingsError

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


_AWS_NAMES = {
    "AllowOrigins": "allow_origins",
    "AllowMethods": "allow_methods",
    "AllowHeaders": "allow_headers",
    "ExposeHeaders": "expose_headers",
    "AllowCredentials": "allow_credentials",
    "MaxAge": "max_age_s",
}
"""The fields in AWS's own structure."""


def write_cors(cors: Cors | None) -> dict[str, Any]:
    """The `Cors` structure of AWS's own API; empty for none, which removes what is there."""
    values = asdict(cors) if cors is not None else {}
    return {
        aws: list(values[field]) if isinstance(values[field], tuple) else values[field]
        for aws, field in _AWS_NAMES.items()
        if values.get(field)
    }


def read_cors(structure: Mapping[str, object], error: type[PonerError]) -> Cors:
    """The CORS that a `Cors` structure of AWS's own API stands for.

    Raises:
        PonerError: of the class `error`. A field is unknown, or its value is of another kind.
    """
    values: dict[str, Any] = {}
    for aws, value in structure.items():
        field = _AWS_NAMES.get(aws)
        if field is None:
            raise error(f"CORS has no field {aws}.", f"Its fields are {', '.join(_AWS_NAMES)}.")
        kind = {"max_age_s": int, "allow_credentials": bool}.get(field, list)
        if type(value) is not kind or (
            isinstance(value, list) and not all(isinstance(item, str) for item in value)
        ):
            words = {int: "a whole number", bool: "true or false", list: "an array of strings"}
            raise error(f"CORS: {aws} is not {words[kind]}.", "Write it as AWS's tools do.")
        values[field] = tuple(value) if isinstance(value, list) else value
    return Cors(**values)


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
