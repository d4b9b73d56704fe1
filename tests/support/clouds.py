"""Clouds for tests: moto's server on this machine, with and without faults before it.

No test reaches AWS: all that boto3 would read of this machine's settings is taken away, and the
endpoint is this machine's.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.cloud import AwsCloud
from tests.fakes.faulty_proxy import FaultyProxy

REGION = "eu-west-1"
"""The region of all tests."""

ACCOUNT = "123456789012"
"""The account that moto plays."""

BUCKET = "zips-of-the-tests"
"""The bucket that is there."""


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment in which boto3 finds invalid credentials and an unreachable endpoint."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Address of a server of the AWS API, one for all tests."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    # functions are not run, in containers or otherwise: the answer is the event
    _post(f"{address}/moto-api/config", {"lambda": {"use_docker": False}})
    yield address
    server.stop()


@pytest.fixture
def moto(no_aws: None, moto_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty account of moto's, with a bucket, where boto3 finds it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_server)
    empty_account(moto_server)
    return moto_server


@pytest.fixture(scope="session")
def faulty_proxy(moto_server: str) -> Iterator[FaultyProxy]:
    """A proxy in front of moto's server, one for all tests."""
    with FaultyProxy(moto_server) as proxy:
        yield proxy


@pytest.fixture
def faults(moto: str, faulty_proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch) -> FaultyProxy:
    """An empty account of moto's behind a proxy that makes chosen calls fail, and counts."""
    faulty_proxy.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", faulty_proxy.url)
    return faulty_proxy


def open_moto() -> AwsCloud:
    """AWS as poner opens it, without its pauses when it is throttled."""
    return _open(os.environ["AWS_ENDPOINT_URL"])


@functools.cache
def _open(endpoint: str) -> AwsCloud:
    """The clients of an endpoint, made once because that is slow."""
    return AwsCloud(AwsApi(region=REGION, sleep=lambda _: None))


def empty_account(server: str) -> None:
    """Empty an account of moto's, except for a bucket."""
    _post(f"{server}/moto-api/reset", {})
    make_bucket(server, BUCKET, REGION)


def make_bucket(server: str, name: str, region: str) -> None:
    """Make a bucket, which poner never does."""
    place = {"LocationConstraint": region}
    open_client("s3", region, server).create_bucket(Bucket=name, CreateBucketConfiguration=place)


@functools.cache
def open_client(service: str, region: str, server: str) -> Any:
    """boto3 itself, past the proxy; made once, since that takes longer than most calls."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=server,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).close()
