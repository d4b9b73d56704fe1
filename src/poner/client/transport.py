"""Sends one POST, with limits on bytes and time, to one host only."""

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
"""Most redirects that a request follows, all on one host."""

_KEEPING_REDIRECTS = {307, 308}
"""Redirects that repeat the POST with its body (RFC 9110, 15.4.8 and 15.4.9)."""

_REDIRECTS = {301, 302, 303, *_KEEPING_REDIRECTS}
_CHUNK_BYTES = 65_536
_LARGEST_HEADER_BYTES = 8_190
_ELSEWHERE_HINT = "Check the URL; a Function URL of poner answers by itself."


def open_session() -> aiohttp.ClientSession:
    """Open a session without cookies, proxies of the environment and .netrc.

    Rows and signatures reach the host of the URL only.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None),  # `post` sets one that includes redirects
        auto_decompress=False,  # aiohttp does not limit the size
        read_bufsize=_CHUNK_BYTES,
        max_line_size=_LARGEST_HEADER_BYTES,
        max_field_size=_LARGEST_HEADER_BYTES,
        trust_env=False,
    )


async def post(
    session: aiohttp.ClientSession, url: URL, content: bytes, sign: Sign | None, timeout_s: float
) -> tuple[int, bytes]:
    """Send a POST, and return the status and the body of the answer.

    Args:
        session: of `open_session`.
        url: the Function URL.
        content: the body.
        sign: signs the request; redirects are then refused.
        timeout_s: most seconds from the first byte sent to the last byte read, with redirects.

    Raises:
        EndpointRefusedError: the URL is not safe for signed requests, the endpoint redirects
            elsewhere, or the answer is larger than that of any function.
        TimeoutError: the time is over.
        aiohttp.ClientError: the endpoint cannot be reached, or closes the connection.
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
    """The target of a redirect that may be followed.

    Raises:
        EndpointRefusedError: the redirect may not be followed.
    """
    if signed or status not in _KEEPING_REDIRECTS:
        why = "signed requests follow none" if signed else "its status does not repeat a POST"
        raise EndpointRefusedError(
            f"{url} redirects ({status}) to {location[:200]}, but {why}.",
            _ELSEWHERE_HINT,
        )
    return follow(url, location)


async def _read(response: aiohttp.ClientResponse, url: URL) -> bytes:
    """Read and decompress a body; the limit applies before and after decompression.

    Raises:
        EndpointRefusedError: the body is too large or damaged, or has an unknown encoding.
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
            f"{url} answered in the encoding {packed[:40]!r}, which poner does not read.",
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
        f"{url} answered with more than {RESPONSE_BYTES:,} bytes, which is Lambda's limit.",
        _ELSEWHERE_HINT,
    )


class _Resolver(ThreadedResolver):
    """Resolves names; localhost is always this machine, whatever a name server says."""

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
