"""What `poner local` is told about its Function URL: CORS, and the key of AWS_IAM."""

from __future__ import annotations

import os
from pathlib import Path

from poner import emulator
from poner.aws_lambda.cors import Cors, read_cors
from poner.errors import UsageError
from poner.foreign_json import read_json


def parse_cors(text: str) -> Cors:
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
        structure = read_json(content)
    except ValueError:
        structure = None
    if not isinstance(structure, dict):
        raise UsageError(
            "--cors takes a JSON object.",
            """Write it as {"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"]}.""",
        )
    return read_cors(structure, UsageError)


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
