"""What `poner local` is told about its Function URL: CORS, and the key of AWS_IAM."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from poner import emulator
from poner.errors import UsageError
from poner.lambda_settings import Cors


class _AwsCors(BaseModel):
    """The `Cors` structure of CreateFunctionUrlConfig."""

    model_config = ConfigDict(extra="forbid", strict=True)

    allow_origins: tuple[str, ...] = Field((), alias="AllowOrigins")
    allow_methods: tuple[str, ...] = Field((), alias="AllowMethods")
    allow_headers: tuple[str, ...] = Field((), alias="AllowHeaders")
    expose_headers: tuple[str, ...] = Field((), alias="ExposeHeaders")
    allow_credentials: bool = Field(False, alias="AllowCredentials")
    max_age_s: int | None = Field(None, alias="MaxAge")


def read_cors(text: str) -> Cors:
    """The `Cors` structure of AWS's own API, as JSON or in a file.

    Raises:
        UsageError: the file cannot be read, or it is no such structure.
    """
    try:
        content = text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--cors: {text} cannot be read.", "Give JSON that begins with {, or a file with it."
        ) from error
    try:
        given = _AwsCors.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"--cors: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
            """Write it as {"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"]}.""",
        ) from error
    return Cors(
        given.allow_origins,
        given.allow_methods,
        given.allow_headers,
        given.expose_headers,
        given.allow_credentials,
        given.max_age_s,
    )


def make_access_key(text: str | None) -> emulator.AccessKey:
    """`ID:SECRET` as a key; without it, the environment's, else `local:local`.

    Raises:
        UsageError: it is not ID:SECRET.
    """
    if text is None:
        identifier, secret = (
            os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        )
        text = f"{identifier}:{secret}" if identifier and secret else "local:local"
    identifier, _, secret = text.partition(":")
    if not (identifier and secret):
        raise UsageError("--access-key takes ID:SECRET.", "Put a colon between the two.")
    return emulator.AccessKey(identifier, secret)
