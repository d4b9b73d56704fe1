"""What the servers share: a listener on the loopback address, its log, and request bodies."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import StreamReader, hdrs, web
from aiohttp.http import HttpProcessingError

from poner.emulator.protocol.callers import Head, Refusal, why_misdirected
from poner.emulator.protocol.timestamps import utc
from poner.errors import EmulatorError

HOST = "127.0.0.1"
"""The only address anything here listens on."""

HEADER_LINE_BYTES = 1024 * 1024
"""Request line and headers may take 1 MB (L67)."""

HEADER_LINES = 128 * 1024
"""More than fit into that."""

CLOSE_S = 1.0
"""Grace for answers under way when the emulator ends."""


class Reply(web.Response):
    """An answer with what its line in the log says of the environment behind it."""

    start = "-"
    """`cold`, `warm`, or `-` where none had to do with it."""


Answer = Callable[[web.Request], Awaitable[Reply]]
"""Answers any request."""


def _is_not_the_client_s(record: logging.LogRecord) -> bool:
    """Leave out requests that are no HTTP, and clients that leave before theirs has ended.

    Who sent what is no HTTP has been told with a 400.
    """
    error = record.exc_info[1] if record.exc_info is not None else None
    return not isinstance(error, HttpProcessingError | ConnectionError)


SERVER_LOG = logging.getLogger("aiohttp.server.poner")
SERVER_LOG.addFilter(_is_not_the_client_s)


async def listen(
    answer: Answer,
    port: int,
    setting: str,
    notify: Callable[[str], None],
    hosts: Sequence[str] = (),
) -> tuple[web.AppRunner, int]:
    """Serve every method and path with `answer`; returns what to clean up, and the port.

    Args:
        answer: answers any request.
        port: 0 picks a free one.
        setting: names the option to change if the port cannot be had.
        notify: called with a line for each request.
        hosts: names under which it is reached besides those of the address it listens on.

    Raises:
        EmulatorError: the port cannot be had.
    """
    application = web.Application()
    application.router.add_route(
        "*", "/{path:(?s:.*)}", _noting(_guarding(answer, notify, hosts), notify)
    )
    application.on_response_prepare.append(_without_server)
    runner = web.AppRunner(
        application,
        handle_signals=False,
        access_log=None,
        logger=SERVER_LOG,
        auto_decompress=False,
        max_line_size=HEADER_LINE_BYTES,
        max_headers=HEADER_LINES,
        max_field_size=HEADER_LINE_BYTES,
        shutdown_timeout=CLOSE_S,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise EmulatorError(
            f"Port {port} is {'in use' if taken else 'not available'} on {HOST}.",
            f"Choose another, or {setting} 0 for a free one.",
        ) from error
    return runner, runner.addresses[0][1]


def head_of(request: web.BaseRequest) -> Head:
    """What of a request says where it comes from and where it is to go."""
    lines = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
    ]
    return Head(request.method, request.raw_path, lines)


def address_of(request: web.BaseRequest) -> tuple[str, int]:
    """The address on which a request arrived; port 0 if the connection is gone."""
    transport = request.transport
    address = transport.get_extra_info("sockname") if transport is not None else None
    return address[:2] if address is not None else (HOST, 0)


def refused(refusal: Refusal) -> Reply:
    """The answer to a request that is refused."""
    response = refusal.response
    return Reply(status=response.status, headers=dict(response.headers), body=response.body)


def _guarding(answer: Answer, notify: Callable[[str], None], hosts: Sequence[str]) -> Answer:
    """The same answers to requests that name the server by one of its own names."""

    async def guarding(request: web.Request) -> Reply:
        refusal = why_misdirected(head_of(request), address_of(request), hosts)
        if refusal is None:
            return await answer(request)
        notify(refusal.line)
        return refused(refusal)

    return guarding


def _noting(answer: Answer, notify: Callable[[str], None]) -> Answer:
    """The same answers, each with a line about it."""

    async def noting(request: web.Request) -> Reply:
        arrived_s, begin_s = time.time(), time.monotonic()
        response = await answer(request)
        duration_ms = (time.monotonic() - begin_s) * 1e3
        path = request.raw_path.partition("?")[0]
        notify(
            f"{utc(arrived_s)} {request.method} {path} {response.status} "
            f"{duration_ms:.1f} ms {response.start}"
        )
        return response

    return noting


async def _without_server(request: web.Request, response: web.StreamResponse) -> None:
    """Real answers have no Server header, and say whether the connection stays (L13)."""
    response.headers.popall(hdrs.SERVER, None)
    if request.keep_alive:
        response.headers[hdrs.CONNECTION] = "keep-alive"


async def read_body(content: StreamReader, limit_bytes: int) -> tuple[bytes, int]:
    """The body and its length; read to the end, but not kept beyond the limit."""
    chunks, size_bytes = [], 0
    async for chunk in content.iter_any():
        size_bytes += len(chunk)
        if size_bytes <= limit_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()
    return b"".join(chunks), size_bytes
