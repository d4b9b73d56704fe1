"""Environment variables of a function, and Lambda's limits for them (L50, L64)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

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
"""Names that AWS reserves (its documentation, 2026-11), and names that switch Lambda's runtime
interface client into another mode (L46)."""


def check_variables(environment: Mapping[str, str]) -> None:
    """Check environment variables as Lambda does, with AWS's own messages (L50, L64).

    AWS's message about their size repeats the variables; ours leaves them out, as they may be
    secrets.

    Raises:
        SettingsError: names the variable or the size, never a value.
    """
    reason = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided"
    )
    if reserved := sorted(RESERVED_VARIABLES & environment.keys()):
        raise SettingsError(
            f"{reason} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}.",
            "Choose other names.",
        )
    for name in environment:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", name):
            raise SettingsError(
                f"{name!r} is not a valid name of a Lambda environment variable.",
                "Use two characters or more: a letter, then letters, digits and underscores.",
            )
    measured = json.dumps(dict(environment), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_BYTES:
        raise SettingsError(
            f"{reason} exceeded the 4KB limit.",
            f"They take {len(measured.encode())} bytes as JSON; keep to {ENVIRONMENT_BYTES}.",
        )
