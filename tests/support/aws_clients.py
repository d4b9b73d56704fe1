"""AWS's own clients, boto3 and the command line, in a Python of their own."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from poner.environments import make_environment
from poner.errors import InstallError

SIGN = """
import base64, json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
signed = []
for given in json.load(sys.stdin):
    request = AWSRequest(given["method"], given["url"], given["headers"], given["body"].encode())
    credentials = Credentials(given["id"], given["secret"], given["token"])
    SigV4Auth(credentials, given["service"], given["region"]).add_auth(request)
    signed.append(list(request.headers.items()))
print(json.dumps(signed))
"""


@functools.cache
def aws_python() -> Path:
    """The Python that has boto3 and AWS's command line; skips the test where there is none."""
    try:
        return make_environment("3.11", ["awscli", "boto3"])
    except InstallError as error:
        pytest.skip(str(error))


def sign(*requests: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """The headers that botocore gives requests when it signs them now.

    Each has method and url, and may have headers, body, id, secret, token, service and region.
    """
    usual: dict[str, Any] = {
        "headers": {},
        "body": "",
        "id": "local",
        "secret": "secret",
        "token": None,
        "service": "lambda",
        "region": "us-east-1",
    }
    done = subprocess.run(
        [aws_python(), "-c", SIGN],
        input=json.dumps([{**usual, **request} for request in requests]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [[(name, value) for name, value in headers] for headers in json.loads(done.stdout)]
