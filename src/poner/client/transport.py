"""One POST and its answer: bounded in bytes, in time and in the hosts that see it."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from poner.aws_lambda.quotas import RESPONSE_BYTES
from poner.client.addresses import LOCALHOST, check_signable, follow, is_loopback
from poner.errors import EndpointRefusedError

if TYPE_CHECKING:
    import socket

    from yarl import URL

    from poner.client import Sign

MOST_REDIRECTS = 5
"""Redirects that one request follows, all on one host."""

_KEEPING_REDIRECTS = {307, 308}
"""Redirects that repeat the POST with its body (RFC 9110, 15.4.8 and 15.4.9)."""

_REDIRECTS = {301, 302, 303, *_KEEPING_REDIRECTS}
_CHUNK_BYTES = 65_536
_LARGEST_HEADER_BYTES = 8_190
_ELSEWHERE_HINT = "See what stands at that URL; a Function URL of poner's answers by itself."


def open_session() -> aiohttp.ClientSession:
    """A session that keeps no cookies, and uses neither the environment's proxies nor .netrc.

    Rows and signatures go to the host of the URL and to nobody else.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None),  # `post` has one for redirects and body, too
        auto_decompress=False,  # which knows no bound
        read_bufsize=_CHUNK_BYTES,
        max_line_size=_LARGEST_HEADER_BYTES,
        max_field_size=_LARGEST_HEADER_BYTES,
        trust_env=False,
    )


async def post(
    session: aiohttp.ClientSession, url: URL, content: bytes, sign: Sign | None, timeout_s: float
) -> tuple[int, bytes]:
    """Send a POST and read its whole answer: the status and the body.

    Args:
        session: of `open_session`.
        url: where to.
        content: the body.
        sign: what signs the request; then no redirect is followed.
        timeout_s: seconds from the first byte sent to the last byte read, redirects included.

    Raises:
        EndpointRefusedError: the URL is not to be signed for, the endpoint leads elsewhere, or its
            answer is larger than a function's can be.
        TimeoutError: the time is over.
        aiohttp.ClientError: the endpoint cannot be reached, or breaks off.
    """
    if sign is not None:
        check_signable(url)
    async with asyncio.timeout(timeout_s):
        for _ in range(MOST_REDIRECTS + 1):
            headers = {} if sign is None else sign(str(url), content)
            async with session.post(
                url, data=content, headers=headers, allow_redirects=False
            ) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or location is None:
                    return response.status, await _read(response, url)
                url = _redirect(url, response.status, location, signed=sign is not None)
    raise EndpointRefusedError(
        f"{url} redirects more than {MOST_REDIRECTS} times.", _ELSEWHERE_HINT
    )


def _redirect(url: URL, status: int, location: str, *, signed: bool) -> URL:
    """Where a redirect leads, if it may be followed.

    Raises:
        EndpointRefusedError: it may not.
    """
    if signed or status not in _KEEPING_REDIRECTS:
        why = "a signed request follows none" if signed else "a POST is not repeated for it"
        raise EndpointRefusedError(
            f"{url} answered with a redirect ({status}) to {location[:200]}, and {why}.",
            _ELSEWHERE_HINT,
        )
    return follow(url, location)


async def _read(response: aiohttp.ClientResponse, url: URL) -> bytes:
    """The body, unpacked; neither what is read nor what it unpacks to exceeds a function's.

    Raises:
        EndpointRefusedError: the body is too large, damaged, or packed in a way unknown here.
    """
    received = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        received += chunk
        if len(received) > RESPONSE_BYTES:
            raise _too_large(url)
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed in ("", "identity"):
        return bytes(received)
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise EndpointRefusedError(
            f"{url} answered in the encoding {packed[:40]!r}, which was not asked for.",
            _ELSEWHERE_HINT,
        )
    return _unpack(bytes(received), url)


def _unpack(packed: bytes, url: URL) -> bytes:
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
    try:
        content = unpacking.decompress(packed, RESPONSE_BYTES + 1)
    except zlib.error:
        content = b""
    if len(content) > RESPONSE_BYTES:
        raise _too_large(url)
    if not unpacking.eof or unpacking.unused_data:
        raise EndpointRefusedError(
            f"{url} answered with compressed data that is damaged.", _ELSEWHERE_HINT
        )
    return content


def _too_large(url: URL) -> EndpointRefusedError:
    return EndpointRefusedError(
        f"{url} answered with more than {RESPONSE_BYTES:,} bytes, the most that Lambda sends.",
        _ELSEWHERE_HINT,
    )


class _Resolver(ThreadedResolver):
    """Resolves names, and localhost to this machine only, whatever a name server says."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily | int = 0
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        found = await super().resolve(host, port, family)  # type: ignore[arg-type]  # 0 is any
        if host.rstrip(".").lower() != LOCALHOST:
            return found
        own = [result for result in found if is_loopback(result["host"])]
        if not own:
            raise OSError(f"{host} does not resolve to this machine")
        return own
