"""Options of `poner local` about its Function URL: --cors and --access-key."""

from __future__ import annotations

import os
from pathlib import Path

from poner import emulator
from poner.aws_lambda.cors import Cors, parse_cors
from poner.errors import UsageError
from poner.foreign_json import read_json


def read_cors(text: str) -> Cors:
    """Read --cors: the `Cors` structure of AWS's API, as JSON or as the name of a file with it.

    Raises:
        UsageError: the file cannot be read, or does not hold that structure.
    """
    try:
        content = text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--cors: {text} cannot be read.", "Give a JSON object, or a file that holds one."
        ) from error
    try:
        structure = read_json(content)
    except ValueError:
        structure = None
    if not isinstance(structure, dict):
        raise UsageError(
            "--cors does not hold a JSON object.",
            """Write it as {"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"]}.""",
        )
    return parse_cors(structure, UsageError)


def make_access_key(text: str | None) -> emulator.AccessKey:
    """Read --access-key; without it, the key is that of the environment, else `local:local`.

    Raises:
        UsageError: the text is not ID:SECRET.
    """
    if text is None:
        identifier, secret = (
            os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        )
        text = f"{identifier}:{secret}" if identifier and secret else "local:local"
    identifier, _, secret = text.partition(":")
    if not (identifier and secret):
        raise UsageError(
            "--access-key is not ID:SECRET.", "Put a colon between the ID and the secret."
        )
    return emulator.AccessKey(identifier, secret)
