"""Endpoints that redirect, send too much or never end get no rows and take no memory."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from aiohttp import web

from poner import client
from poner.aws_lambda.quotas import RESPONSE_BYTES
from poner.errors import EndpointRefusedError, PredictionError
from tests.support.serving import Handle, answering, serving

GOOD = b'{"reason": "OK", "prediction": 1, "status": "200"}'


def sign(url: str, content: bytes) -> Mapping[str, str]:
    """Headers as precious as a session token."""
    return {"Authorization": "secret", "X-Amz-Security-Token": "secret"}


def redirecting(status: int, location: str) -> Handle:
    """Answers every request with a redirect."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": location})

    return handle


@contextmanager
def another_host() -> Iterator[tuple[str, list[str]]]:
    """A server on another port that records its requests, and answers correctly."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {dict(request.headers)} {await request.text()}")
        return answering(200)

    with serving(handle) as url:
        yield url, asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("signer", [None, sign], ids=["unsigned", "signed"])
def test_no_row_follows_to_another_host(status: int, signer: client.Sign | None) -> None:
    """No row and no signature follows a redirect to another host; the error names that host."""
    with another_host() as (other, asked), serving(redirecting(status, other)) as url:
        for ask in (
            lambda: client.ask(url, [{"age": 7}], sign=signer),
            lambda: client.ask_until_ready(url, {"age": 7}, sign=signer),
        ):
            with pytest.raises(EndpointRefusedError, match=other):
                ask()
    assert asked == []


def test_a_signed_request_follows_no_redirect_at_all() -> None:
    """A signed request follows no redirect, even on its own host: a signature is for one path."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/other"})

    with serving(handle) as url, pytest.raises(EndpointRefusedError, match="signed request"):
        client.ask(url, [{}], sign=sign)
    assert asked == ["/"]


def test_an_unsigned_row_follows_on_its_own_host() -> None:
    """With 307 and 308 the POST is repeated with its body."""

    async def handle(request: web.Request) -> web.Response:
        if request.path == "/":
            return web.Response(status=307, headers={"Location": "/next"})
        if request.path == "/next":
            return web.Response(status=308, headers={"Location": str(request.url.with_path("/3"))})
        return answering(200, (await request.json())["age"])

    with serving(handle) as url:
        assert client.predict(url, {"age": 7}) == [7]


def test_redirects_end() -> None:
    """An endpoint that redirects to itself is abandoned after a few requests."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/"})

    with (
        serving(handle) as url,
        pytest.raises(EndpointRefusedError, match="redirects more than 5 times"),
    ):
        client.ask(url, [{}])
    assert len(asked) == 6


def test_nothing_is_signed_for_others_without_https() -> None:
    """Other hosts without https are refused before anything is signed or sent."""
    signed: list[str] = []

    def note(url: str, content: bytes) -> Mapping[str, str]:
        signed.append(url)
        return {}

    with pytest.raises(EndpointRefusedError, match="signs no requests"):
        client.ask("http://example.invalid/", [{}], sign=note)
    assert signed == []


@pytest.mark.parametrize("signer", [None, sign], ids=["unsigned", "signed"])
def test_proxies_and_netrc_of_the_environment_are_not_used(
    signer: client.Sign | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Rows and signatures go only to the host of the URL, not to a proxy of the environment."""
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    seen: list[str | None] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return answering(200)

    with another_host() as (proxy, asked), serving(handle) as url:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        client.ask(url, [{}], sign=signer)
    assert asked == []
    assert seen == [None if signer is None else "secret"]


def test_cookies_are_not_kept() -> None:
    """A cookie of one answer is not sent with the next row."""
    seen: list[str | None] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        response = answering(200)
        response.set_cookie("who", "you")
        return response

    with serving(handle) as url:
        client.ask(url, [{}] * 9)
    assert set(seen) == {None}


def sending(body: bytes, **headers: str) -> Handle:
    """Answers every request with these bytes and headers."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": "application/json", **headers})

    return handle


@pytest.mark.parametrize("charset", ["rot13", "base64", "zlib", "utf-7", "nonsense", "utf-16", ""])
def test_the_claimed_charset_does_not_matter(charset: str) -> None:
    """The claimed charset is ignored, since JSON's own bytes show its encoding."""
    with serving(sending(GOOD, **{"Content-Type": f"application/json; charset={charset}"})) as url:
        assert client.predict(url, {}) == [1]


@pytest.mark.parametrize(
    ("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
def test_a_packed_answer_is_read(name: str, pack: Callable[[bytes], bytes]) -> None:
    """A compressed answer is read, although none was requested."""
    with serving(sending(pack(GOOD), **{"Content-Encoding": name})) as url:
        assert client.predict(url, {}) == [1]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(GOOD)[:-9]),
        ("gzip", gzip.compress(GOOD) * 2),
        ("br", GOOD),
        ("gzip, gzip", gzip.compress(gzip.compress(GOOD))),
    ],
    ids=["none", "cut", "two", "unknown", "layers"],
)
def test_a_badly_packed_answer_is_an_error(name: str, body: bytes) -> None:
    """An invalid compressed answer is an error of poner's, not a library's."""
    with (
        serving(sending(body, **{"Content-Encoding": name})) as url,
        pytest.raises(EndpointRefusedError, match="answered"),
    ):
        client.ask(url, [{}])


def growth_mb(act: Callable[[], object]) -> float:
    """How much more memory this process ever needed for an act."""
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    act()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024


def test_a_decompression_bomb_is_not_unpacked() -> None:
    """An answer of 1.2 MB that unpacks to 1.2 GB is refused."""
    packing = zlib.compressobj(wbits=31)
    block = bytes(1 << 20)
    bomb = b"".join([*(packing.compress(block) for _ in range(1200)), packing.flush()])

    def ask(url: str) -> None:
        with pytest.raises(EndpointRefusedError, match=f"more than {RESPONSE_BYTES:,} bytes"):
            client.ask(url, [{}] * 4)

    with serving(sending(bomb, **{"Content-Encoding": "gzip"})) as url:
        assert growth_mb(lambda: ask(url)) < 150


def test_an_endless_answer_is_left() -> None:
    """An endless answer is cut off at Lambda's largest size."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 1_000_000)

    with serving(handle) as url, pytest.raises(EndpointRefusedError, match="more than"):
        client.ask(url, [{}])


def test_the_largest_answer_of_lambda_is_read() -> None:
    """Lambda's largest answer is read, to the byte."""
    with serving(sending(GOOD + b" " * (RESPONSE_BYTES - len(GOOD)))) as url:
        assert client.predict(url, {}) == [1]
    with (
        serving(sending(GOOD + b" " * (RESPONSE_BYTES + 1 - len(GOOD)))) as url,
        pytest.raises(EndpointRefusedError),
    ):
        client.predict(url, {})


@contextmanager
def speaking(*pieces: bytes, again: bytes = b"", pause_s: float = 0.0) -> Iterator[str]:
    """A server that sends some bytes, and then repeats one piece."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=speak, args=(connection,)).start()

    def speak(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            try:
                for piece in pieces:
                    connection.sendall(piece)
                while again and not ended.wait(pause_s):
                    connection.sendall(again)
            except OSError:
                return

    threading.Thread(target=serve).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (HEAD + b"Content-Length: 99999\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD, b"A: b\r\n"),
        (b"HTTP/1.1 200 ", b"O"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    ids=["body", "chunks", "headers", "status line", "interim answers"],
)
def test_a_slow_drip_ends_with_the_time(start: bytes, again: bytes) -> None:
    """The time limit is for the whole answer, however slowly its bytes arrive."""
    with speaking(start, again=again, pause_s=0.05) as url:
        begun_s = time.monotonic()
        with pytest.raises(PredictionError, match=r"within 0\.5 s"):
            client.ask(url, [{}], timeout_s=0.5)
        assert time.monotonic() - begun_s < 10


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (HEAD, b"A: b\r\n" * 1000),
        (HEAD, b"A" * 65_536),
        (b"HTTP/1.1 200 ", b"O" * 65_536),
        (HEAD + b"A: ", b"b" * 65_536),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"e" * 65_536),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000),
    ],
    ids=[
        "headers",
        "name",
        "reason",
        "value",
        "chunk extension",
        "trailers",
        "continue",
        "interim answers",
        "small chunks",
    ],
)
def test_endless_headers_cost_neither_time_nor_memory(start: bytes, again: bytes) -> None:
    """Headers are bounded like the body."""

    def ask(url: str) -> None:
        with pytest.raises(PredictionError):
            client.ask(url, [{}], timeout_s=1.0)

    with speaking(start, again=again) as url:
        assert growth_mb(lambda: ask(url)) < 100


def test_a_redirect_does_not_start_the_time_anew() -> None:
    """The time limit is for a row with all its redirects, not for each request."""

    async def handle(request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(status=307, headers={"Location": "/"})

    with serving(handle) as url, pytest.raises(PredictionError, match=r"within 0\.5 s"):
        client.ask(url, [{}], timeout_s=0.5)


def test_what_is_not_http_is_told_in_one_line() -> None:
    """An answer that is not HTTP is an error of one line, which names no status."""
    with speaking(b"HELLO\r\n\r\n") as url, pytest.raises(PredictionError) as caught:
        client.ask(url, [{"a": 1}])
    assert caught.value.message.startswith(f"{url} did not answer with HTTP: Bad status line")
    assert "\n" not in caught.value.message
    assert "400" not in caught.value.message.removeprefix(url)
