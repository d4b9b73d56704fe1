"""Answers of other servers, such as a network's sign-in page, are told apart from AWS's."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest
from aiohttp import web

from poner.deployer.aws.answers import find_stranger
from poner.deployer.aws.api import AwsApi
from poner.deployer.aws.cloud import AwsCloud
from poner.deployer.failures import CloudError, UncertainError
from poner.deployer.resources import Alias
from tests.support.clouds import BUCKET, REGION
from tests.support.commands import run
from tests.support.serving import serving

PAGE = b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Sign in</body></html>"
LOGS = "/aws/lambda/cancer"

READS: dict[str, Callable[[AwsCloud], object]] = {
    "identity": lambda cloud: cloud.get_identity(),
    "function": lambda cloud: cloud.get_function("cancer"),
    "state": lambda cloud: cloud.get_state("cancer"),
    "versions": lambda cloud: cloud.list_versions("cancer"),
    "aliases": lambda cloud: cloud.list_aliases("cancer"),
    "url": lambda cloud: cloud.get_url("cancer", "live"),
    "statements": lambda cloud: cloud.get_statements("cancer", "live"),
    "role": lambda cloud: cloud.get_role("poner-cancer"),
    "role policy": lambda cloud: cloud.get_role_policy("poner-cancer", "poner-logs"),
    "log group": lambda cloud: cloud.get_log_group(LOGS),
    "tags": lambda cloud: cloud.get_log_group_tags("arn:aws:logs:::log-group:a"),
    "layers": lambda cloud: cloud.list_layers("cancer-"),
    "layer versions": lambda cloud: cloud.list_layer_versions("cancer-numpy"),
    "uploads": lambda cloud: cloud.list_uploads(BUCKET, "poner/cancer/"),
    "events": lambda cloud: list(cloud.list_log_events(LOGS, 0)),
}
WRITES: dict[str, Callable[[AwsCloud], object]] = {
    "log group": lambda cloud: cloud.create_log_group(LOGS, {}),
    "role": lambda cloud: cloud.create_role("poner-cancer", {}, {}),
    "alias": lambda cloud: cloud.create_alias("cancer", Alias("live", "1", {})),
    "url": lambda cloud: cloud.create_url("cancer", "live", "NONE", None),
    "version": lambda cloud: cloud.publish_version("cancer", "00" * 32, ""),
}


@dataclass
class Stranger:
    """A server that answers each request in AWS's place."""

    cloud: AwsCloud
    """AWS as it looks then."""
    status: int = 200
    """What is answered."""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def everybody() -> Iterator[tuple[Stranger, str]]:
    """One server for all tests, with clients that are made once, since that is slow."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(
            status=answering.status, body=answering.body, headers=dict(answering.headers)
        )

    answering = Stranger(AwsCloud(AwsApi(region=REGION, sleep=lambda seconds: None)))
    with serving(handle) as url:
        yield answering, url.removesuffix("/")


@pytest.fixture
def stranger(
    no_aws: None, everybody: tuple[Stranger, str], monkeypatch: pytest.MonkeyPatch
) -> Stranger:
    """The server at boto3's endpoint, without pauses between attempts."""
    answering, url = everybody
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
    return answering


STRANGERS = {
    "page": (200, PAGE, {}),
    "page of XHTML": (200, b'<?xml version="1.0"?><!-- a --><html xmlns="x"/>', {}),
    "page of another type": (200, PAGE, {"Content-Type": "application/json"}),
    "page with its fault": (403, PAGE, {"Content-Type": "text/html"}),
    "network's own status": (511, PAGE, {"Content-Type": "text/html"}),
    "redirect": (302, b"", {"Location": "https://login.example/"}),
    "redirect with a page": (307, PAGE, {"Location": "https://login.example/"}),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_page_is_no_answer(stranger: Stranger, kind: str) -> None:
    """A web page is an error, and never means that a resource is missing."""
    stranger.status, stranger.body, stranger.headers = STRANGERS[kind]
    for read in READS.values():
        with pytest.raises(CloudError) as caught:
            read(stranger.cloud)
        assert "html" not in str(caught.value).lower()
        assert len(str(caught.value)) < 400


def test_a_write_that_a_page_answered_is_uncertain(stranger: Stranger) -> None:
    """A write that a web page answered is uncertain: it may have reached AWS."""
    stranger.status, stranger.body, stranger.headers = 200, PAGE, {}
    for write in WRITES.values():
        with pytest.raises(UncertainError, match="web page"):
            write(stranger.cloud)


BROKEN = {
    "nothing": b"",
    "no JSON, no XML": b"\x00\xff nonsense",
    "brackets": b"[" * 100_000,
    "objects": b'{"a":' * 100_000,
    "elements": b"<a>" * 10_000,
    "list": b"[1, 2]",
    "text": b'"text"',
    "number": b"9" * 10_000,
    "empty object": b"{}",
    "empty element": b"<a/>",
    "lone surrogate": b'{"Version": "\\ud800"}',
    "other types": json.dumps(
        {
            "Configuration": [],
            "Tags": 1,
            "Versions": [{"Version": "one"}, 2],
            "Aliases": [{}],
            "FunctionUrl": {},
            "Policy": "[" * 100_000,
            "logGroups": [{"logGroupName": LOGS}],
            "tags": {"a": []},
            "Layers": [{"LayerName": 1}],
            "LayerVersions": [{"Version": []}],
            "events": [{"eventId": 1}],
            "State": {},
        }
    ).encode(),
    "values of other types": json.dumps(
        {
            "Configuration": {"FunctionArn": 1, "CodeSha256": "!", "Version": None},
            "Policy": "[]",
            "events": [{"eventId": "a", "timestamp": "b", "message": "c"}],
            "AuthType": [],
            "FunctionUrl": "x",
        }
    ).encode(),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_in_another_form_is_an_error_of_the_cloud(stranger: Stranger, kind: str) -> None:
    """An answer in another form, or empty, is a CloudError, never a library's error."""
    stranger.status, stranger.body = 200, BROKEN[kind]
    stranger.headers = {"Content-Type": "application/json"}
    for call in (*READS.values(), *WRITES.values()):
        with contextlib.suppress(CloudError):
            call(stranger.cloud)


@pytest.mark.parametrize(
    ("protocol", "status", "headers", "body"),
    [
        ("rest-json", 200, {}, b'{"Message": "<html>"}'),
        ("rest-json", 204, {}, b""),
        ("rest-json", 200, {}, b"null"),
        ("json", 400, {}, b"no JSON, which botocore tells by itself"),
        ("query", 200, {}, b"<GetRoleResponse><html/></GetRoleResponse>"),
        ("rest-xml", 301, {"Location": "https://s3.eu-west-1.amazonaws.com"}, b"<Error/>"),
        ("rest-xml", 307, {"Location": "https://s3.eu-west-1.amazonaws.com"}, b"<Error/>"),
        ("rest-xml", 304, {}, b""),
    ],
)
def test_answers_of_aws_pass(
    protocol: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    """AWS's own answers pass, also texts that mention a page, and S3's redirects."""
    assert find_stranger(protocol, status, headers, body) == ""


def test_commands_say_it(
    stranger: Stranger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands report it in two sentences, with exit code 1."""
    stranger.status, stranger.body, stranger.headers = 200, PAGE, {}
    monkeypatch.chdir(tmp_path)
    settings = f'[project]\nname = "cancer"\n[deploy]\nregion = "{REGION}"\n'
    (tmp_path / "poner.toml").write_text(settings)
    for command in ("status", "destroy"):
        done = run(command)
        assert done.code == 1
        assert done.error == [
            "Error: lambda:GetFunction failed: AWS did not answer: a web page (status 200) came "
            "instead, perhaps from a network that requires a sign-in.",
            "  Check the network, the region and, if it is set, AWS_ENDPOINT_URL.",
        ]
