"""What passes the door: the function as the user describes it, and what is said about it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from poner.errors import EmulatorError
from poner.lambda_settings import Cors, check_cors, check_variables
from poner.limits import (
    DEFAULT_MEMORY_MB,
    DEFAULT_TIMEOUT_S,
    LAYERS,
    MEMORY_MB,
    RUNTIMES,
    TIMEOUT_S,
)

REGION = "us-east-1"
"""Region the local Lambda claims to be in."""

ACCOUNT_ID = "123456789012"
"""Account the local Lambda claims to belong to: the one of AWS's own examples."""

HANDLER_CHARACTERS = 128
"""Longest name of a handler (L68)."""


@dataclass(frozen=True)
class AccessKey:
    """A key that callers sign their requests with."""

    id: str
    """Access key id."""
    secret: str = field(repr=False)
    """Secret access key."""


@dataclass(frozen=True)
class LocalFunction:
    """A Python function to run locally: what CreateFunction would be told about it."""

    code: Path
    """A zip, or a folder with what the zip would hold."""
    handler: str
    """Module and function, such as `lambda_function.lambda_handler`."""
    runtime: str
    """AWS's identifier, such as `python3.13`."""
    name: str = "function"
    """Name under which the Invoke API knows it."""
    memory_mb: int = DEFAULT_MEMORY_MB
    """Most memory it may hold; what holds more is killed."""
    timeout_s: int = DEFAULT_TIMEOUT_S
    """Seconds an invocation may take."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The user's environment variables."""
    concurrency: int = 10
    """Most invocations at a time; what goes beyond is throttled."""
    layers: tuple[Path, ...] = ()
    """Zips or folders, in the order they are unpacked in; later ones overwrite earlier ones."""
    cors: Cors | None = None
    """What its URL does about CORS; None: nothing at all."""
    access_key: AccessKey | None = None
    """The key that requests to its URL must be signed with (AWS_IAM); None: anyone may (NONE)."""
    log_format: Literal["text", "json"] = "text"
    """Format of the platform's log lines, and of what the function logs through `logging`."""

    @property
    def arn(self) -> str:
        """Its unqualified ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}"

    @property
    def url_id(self) -> str:
        """Identifier of its Function URL: 32 characters of [a-z0-9], the same on every run."""
        return hashlib.sha256(self.arn.encode()).hexdigest()[:32]

    @property
    def url_domain(self) -> str:
        """Host name that its Function URL would have on AWS."""
        return f"{self.url_id}.lambda-url.{REGION}.on.aws"


@dataclass(frozen=True)
class Callers:
    """Who may call a local function, besides programs that use an address of this machine."""

    hosts: tuple[str, ...] = ()
    """Further names under which it is reached, such as a tunnel's: NAME or NAME:PORT."""
    origins: tuple[str, ...] = ()
    """Sites whose pages may call its URL, such as `http://localhost:3000`; `*`: all. Origins
    in the function's CORS configuration may anyway."""


NOBODY_ELSE = Callers()
"""No further name, and no page."""


@dataclass(frozen=True)
class LocalUrls:
    """Where a local function answers."""

    url: str
    """Its Function URL, such as `http://127.0.0.1:9000/`."""
    api: str
    """Endpoint of the Invoke API, such as `http://127.0.0.1:9001`."""


@dataclass(frozen=True)
class Watching:
    """Files to watch while a function runs, and how to make it anew when they change."""

    paths: tuple[Path, ...]
    """Files and folders; all that is below a folder counts."""
    make: Callable[[], LocalFunction]
    """Called in a thread; may raise a PonerError or OSError, and the former function stays."""


@dataclass(frozen=True)
class Measurement:
    """How fast a function is, in seconds; one value for each start or invocation."""

    cold_s: tuple[float, ...]
    """From the start of the process to its first answer."""
    init_s: tuple[float, ...]
    """The part of each cold start until the runtime asked for its first event."""
    warm_s: tuple[float, ...]
    """From handing the event to a waiting runtime to having read its answer."""
    answer: bytes
    """The last answer: the result as the runtime posted it."""


def check_settings(function: LocalFunction) -> None:
    """Refuse settings that AWS would refuse (L50, L62 to L69).

    Raises:
        EmulatorError: names the setting and what it may be.
    """
    if function.runtime not in RUNTIMES:
        raise EmulatorError(
            f"{function.runtime!r} is not a Python runtime of Lambda that poner knows.",
            f"Choose one of {', '.join(RUNTIMES)}.",
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", function.name):
        raise EmulatorError(
            f"{function.name!r} is not a name for a function.",
            "Use 1 to 64 letters, digits, hyphens and underscores.",
        )
    if len(function.handler) > HANDLER_CHARACTERS:
        raise EmulatorError(
            f"The handler's name has {len(function.handler)} characters.",
            f"Keep it within {HANDLER_CHARACTERS}.",
        )
    _check_range("memory_mb", function.memory_mb, MEMORY_MB)
    _check_range("timeout_s", function.timeout_s, TIMEOUT_S)
    if function.concurrency < 1:
        raise EmulatorError("concurrency is below 1.", "Allow at least one invocation at a time.")
    if len(function.layers) > LAYERS:
        raise EmulatorError(
            f"Cannot reference more than {LAYERS} layers.",
            f"Put what these {len(function.layers)} hold into {LAYERS} or fewer.",
        )
    check_variables(function.environment)
    if function.cors is not None:
        check_cors(function.cors)


def _check_range(setting: str, value: int, allowed: range) -> None:
    if value not in allowed:
        raise EmulatorError(
            f"{setting} is {value}.",
            f"Choose a whole number from {allowed[0]} to {allowed[-1]}.",
        )
