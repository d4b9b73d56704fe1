"""The emulator's inputs and results: a function's settings, its callers, URLs and measurements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from poner.aws_lambda.cors import Cors, check_cors
from poner.aws_lambda.functions import check_function_name
from poner.aws_lambda.quotas import (
    DEFAULT_MEMORY_MB,
    DEFAULT_TIMEOUT_S,
    HANDLER_CHARACTERS,
    LAYERS,
    MEMORY_MB,
    TIMEOUT_S,
)
from poner.aws_lambda.runtimes import find_runtime
from poner.aws_lambda.variables import check_variables
from poner.errors import EmulatorError
from poner.hosts import HOSTS, Host

REGION = "us-east-1"
"""AWS region that the local Lambda reports."""

ACCOUNT_ID = "123456789012"
"""AWS account that the local Lambda reports: the one in AWS's own examples."""


@dataclass(frozen=True)
class AccessKey:
    """A key that callers sign their requests with."""

    id: str
    """Access key id."""
    secret: str = field(repr=False)
    """Secret access key."""


@dataclass(frozen=True)
class LocalFunction:
    """A Python function to run locally, with the settings that CreateFunction takes."""

    code: Path
    """A zip, or a folder with the zip's content."""
    handler: str
    """Module and function, such as `lambda_function.lambda_handler`."""
    runtime: str
    """AWS's identifier, such as `python3.13`."""
    name: str = "function"
    """The function's name in the Invoke API."""
    memory_mb: int = DEFAULT_MEMORY_MB
    """Memory limit; a function that exceeds it is killed."""
    timeout_s: int = DEFAULT_TIMEOUT_S
    """Time limit of an invocation."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The user's environment variables."""
    concurrency: int = 10
    """Most invocations at a time; further ones are throttled."""
    layers: tuple[Path, ...] = ()
    """Zips or folders, in the order of unpacking; later ones overwrite earlier ones."""
    cors: Cors | None = None
    """CORS configuration of the Function URL; None: the URL adds no CORS headers."""
    access_key: AccessKey | None = None
    """Key that must sign requests to the Function URL (AWS_IAM); None: unsigned (NONE)."""
    log_format: Literal["text", "json"] = "text"
    """Format of the platform's log lines and of the function's records from `logging`."""

    @property
    def arn(self) -> str:
        """Its unqualified ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}"

    @property
    def host(self) -> Host:
        """The Lambda runtime that runs the function."""
        return HOSTS[self.runtime]

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
    """Who may call a local function, besides programs that use this machine's loopback names."""

    hosts: tuple[str, ...] = ()
    """Further host names of the local Lambda, such as a tunnel's: NAME or NAME:PORT."""
    origins: tuple[str, ...] = ()
    """Origins whose pages may call the Function URL, such as `http://localhost:3000`; `*`: all.
    The origins of the function's CORS configuration are always allowed."""


NOBODY_ELSE = Callers()
"""The default: no further host names and no web pages."""


@dataclass(frozen=True)
class LocalUrls:
    """URLs of a local function."""

    url: str
    """Function URL, such as `http://127.0.0.1:9000/`."""
    api: str
    """Endpoint of the Invoke API, such as `http://127.0.0.1:9001`."""


@dataclass(frozen=True)
class Watching:
    """Files to watch while a function runs, and how to remake the function when they change."""

    paths: tuple[Path, ...]
    """Files and folders; a folder is watched with everything below it."""
    make: Callable[[], LocalFunction]
    """Makes the new function, in a thread; on a PonerError or OSError the old one stays."""


@dataclass(frozen=True)
class Measurement:
    """How fast a function is, in seconds; one value for each start or invocation."""

    cold_s: tuple[float, ...]
    """From the start of the process to its first answer."""
    init_s: tuple[float, ...]
    """From the start of the process to the runtime's first request for an event."""
    warm_s: tuple[float, ...]
    """From handing the event to a waiting runtime to reading the whole answer."""
    answer: bytes
    """The last result, exactly as the runtime posted it."""


def check_settings(function: LocalFunction) -> None:
    """Refuse settings that AWS would refuse (L50, L62 to L69).

    Raises:
        EmulatorError: a setting is out of range; names the setting and the range.
    """
    find_runtime(function.runtime, EmulatorError)
    check_function_name(function.name, EmulatorError)
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
            f"Merge these {len(function.layers)} layers into {LAYERS} or fewer.",
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
