"""What the user wants of a deployment, beside the Bundle: [deploy] of poner.toml, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from poner.aws_lambda.cors import Cors

ALIAS = "live"
"""The alias that the Function URL is on."""

TAG = "poner:function"
"""Tag of the function, role and log group that poner makes; its value is the function's name."""


@dataclass(frozen=True)
class DeploySettings:
    """How a Bundle is set up on AWS."""

    auth: Literal["none", "iam"] = "iam"
    """Who may call the URL: anyone, or those whose requests are signed and allowed."""
    cors: Cors | None = None
    """CORS of the URL; None for none."""
    role: str | None = None
    """ARN of the execution role; None for one that poner makes."""
    bucket: str | None = None
    """Bucket for zips that are too large to be sent in a call."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables; never shown."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the function, the role and the log group, beside poner's own."""
    log_format: Literal["text", "json"] = "text"
    """Format of Lambda's own log lines."""
    log_retention_days: int = 30
    """Days after which log events are removed; 0 for never."""
    reserved_concurrency: int | None = None
    """Environments reserved for the function, and the most it gets: a cap on what it costs; None
    leaves it as it is."""
    keep: int = 5
    """Versions that are kept, the newest; those that an alias names are kept anyway."""
