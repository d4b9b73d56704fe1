"""How a Bundle is set up on AWS: the settings under [deploy] in poner.toml, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, Strict

from poner.aws_lambda.cors import Cors, check_cors
from poner.aws_lambda.tags import check_tags
from poner.aws_lambda.variables import check_variables

ALIAS = "live"
"""The alias to which the Function URL belongs."""

TAG = "poner:function"
"""Tag on each function, role and log group that poner makes; its value is the function's name."""


LogRetention = Literal[
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip
"""Days that CloudWatch Logs can keep events (its documentation, 2026-11); 0 for ever."""


@dataclass(frozen=True)
class DeploySettings:
    """How a Bundle is set up on AWS."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    auth: Literal["none", "iam"] = "iam"
    """Who may call the URL: anyone, or only callers who sign their requests and are allowed to."""
    role: Annotated[str, Field(pattern=r"^arn:[a-z-]+:iam::\d{12}:role/.+$")] | None = None
    """ARN of the execution role; None for a role that poner makes."""
    bucket: str | None = None
    """Bucket for zips of more than 50 MB."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables of the function; their values may be secrets and are never shown."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the function, and of the role and log group that poner makes."""
    log_format: Literal["text", "json"] = "text"
    """Format of Lambda's own log lines."""
    log_retention_days: LogRetention = 30
    """Days that log events are kept; 0 for ever."""
    reserved_concurrency: Annotated[int, Strict(), Field(ge=0)] | None = None
    """Environments reserved for the function, and the most that it gets, which caps what it costs;
    None leaves the present number."""
    keep: Annotated[int, Strict(), Field(ge=1)] = 5
    """How many of the newest versions are kept; a version that an alias names is always kept."""
    cors: Cors | None = None
    """CORS of the URL; None for no CORS."""


def check_settings(settings: DeploySettings) -> None:
    """Check settings as AWS does, before anything is asked of it.

    Raises:
        SettingsError: Lambda would refuse a setting.
    """
    check_variables(settings.environment)
    check_tags(settings.tags, TAG)
    if settings.cors is not None:
        check_cors(settings.cors)
