"""Pages in the user's browser and foreign host names, over the wire."""

import json
import socket

import pytest

from poner.aws_lambda.cors import Cors
from poner.emulator import Callers

EVIL = "https://evil.example"
PAGE = (("Origin", EVIL), ("Content-Type", "text/plain"))


def send(address: str, *lines: str) -> bytes:
    """The answer to a request of these lines."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode())
        return b"".join(iter(lambda: client.recv(4096), b""))


@pytest.mark.parametrize("server", ["url", "api"])
@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET / HTTP/1.1", "Host: evil.example"), b"403"),
        (("GET http://evil.example/ HTTP/1.1", "Host: {}"), b"403"),
        (("GET / HTTP/1.0",), b"400"),
        (("GET / HTTP/1.1", "Host: x@{}"), b"400"),
    ],
)
def test_other_names_reach_no_function(lively, server, lines, status):
    """Other host names reach neither the URL nor the API, and a line says why."""
    address = getattr(lively.urls, server).split("/")[2]
    lively.log.clear()
    answer = send(address, *(line.format(address) for line in lines))
    assert answer.split()[1] == status
    assert b'"Message"' in answer
    assert lively.lines[-2].startswith("The next request is refused: ")
    assert not [line for line in lively.log if line.startswith("START")]


@pytest.mark.parametrize(
    "hosts", [(), ("Host: {}", "Host: {}"), ("Host: evil.example", "Host: {}")]
)
def test_what_has_not_one_host_is_no_http(lively, hosts):
    """A request without exactly one Host is refused, and does not reach the function."""
    address = lively.urls.url.split("/")[2]
    lively.log.clear()
    answer = send(address, "GET / HTTP/1.1", *(line.format(address) for line in hosts))
    assert answer.split()[1] == b"400"
    assert not [line for line in lively.log if line.startswith("START")]


def test_a_target_in_absolute_form_is_the_path_alone(lively):
    """The event has the path and the query, as it would have on AWS."""
    address = lively.urls.url.split("/")[2]
    answer = send(address, f"GET http://{address}/a?b=c HTTP/1.1", f"Host: {address}")
    event = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (event["rawPath"], event["rawQueryString"]) == ("/a", "b=c")


@pytest.mark.parametrize(
    "headers", [PAGE, (("Sec-Fetch-Site", "cross-site"),), (("Origin", "null"),)]
)
def test_a_page_reaches_no_function(lively, headers):
    """Both servers refuse a browser's request for another site's page."""
    lively.log.clear()
    for answer in (lively.request(headers=headers, body=b"{}"), lively.invoke({}, headers=headers)):
        assert answer.status == 403
        assert "page of" in answer.json()["Message"]
        assert lively.lines[-2].startswith("The next request is refused: ")
    assert not [line for line in lively.log if line.startswith("START")]


def test_allowed_pages_and_names_reach_it(start):
    """--allow-origin and --allow-host let pages and names in; pages never reach the API."""
    function = start(callers=Callers(hosts=("tunnel.example",), origins=(EVIL,)))
    assert function.request(headers=PAGE).status == 200
    assert function.invoke({}, headers=PAGE).status == 403
    address = function.urls.url.split("/")[2]
    assert b" 200 " in send(address, "GET / HTTP/1.1", "Host: tunnel.example:8443")


def test_cors_decides_about_pages(start):
    """L82: the origins configured may call; a page of another one gets no header and no answer."""
    function = start(cors=Cors((EVIL,)))
    assert function.request(headers=PAGE).header("Access-Control-Allow-Origin") == EVIL
    other = function.request(headers=(("Origin", "https://other.example"),))
    assert other.status == 403
    assert other.header("Access-Control-Allow-Origin") is None
    assert other.header("Vary") == "Origin"


def test_the_urls_name_on_aws_is_one_of_its_own(lively):
    """A client that signs for that name, and connects here, is answered."""
    domain = lively.request().json()["requestContext"]["domainName"]
    address = lively.urls.url.split("/")[2]
    assert b" 200 " in send(address, "GET / HTTP/1.1", f"Host: {domain}")
