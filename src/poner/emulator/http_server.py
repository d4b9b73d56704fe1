"""What both HTTP servers share: listening on the loopback address, logging, reading bodies."""

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
"""The only address that the emulator listens on."""

HEADER_LINE_BYTES = 1024 * 1024
"""Request line and headers may take 1 MB (L67)."""

HEADER_LINES = 128 * 1024
"""More header lines than fit into HEADER_LINE_BYTES."""

CLOSE_S = 1.0
"""Time that answers under way get to finish when the emulator ends."""


class Reply(web.Response):
    """An answer, with the kind of start that its log line shows."""

    start = "-"
    """`cold`, `warm`, or `-` if the function was not invoked."""


Answer = Callable[[web.Request], Awaitable[Reply]]
"""Answers any request."""


def _is_not_the_client_s(record: logging.LogRecord) -> bool:
    """Filter out malformed requests, already answered with 400, and clients that disconnected."""
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
    """Serve every method and path with `answer`; returns the runner to clean up, and the port.

    Args:
        answer: answers any request.
        port: 0 picks a free one.
        setting: the command-line option that sets the port, for the error's hint.
        notify: called with a line for each request.
        hosts: the server's host names besides those of the loopback address.

    Raises:
        EmulatorError: the port is in use or not available.
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
    """The parts of a request that show its origin and its destination."""
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
    """The answer to a refused request."""
    response = refusal.response
    return Reply(status=response.status, headers=dict(response.headers), body=response.body)


def _guarding(answer: Answer, notify: Callable[[str], None], hosts: Sequence[str]) -> Answer:
    """Wrap `answer`: refuse requests whose Host is not one of the server's names."""

    async def guarding(request: web.Request) -> Reply:
        refusal = why_misdirected(head_of(request), address_of(request), hosts)
        if refusal is None:
            return await answer(request)
        notify(refusal.line)
        return refused(refusal)

    return guarding


def _noting(answer: Answer, notify: Callable[[str], None]) -> Answer:
    """Wrap `answer`: report each request in one line."""

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
    """Remove the Server header and add Connection: keep-alive, as AWS's answers do (L13)."""
    response.headers.popall(hdrs.SERVER, None)
    if request.keep_alive:
        response.headers[hdrs.CONNECTION] = "keep-alive"


async def read_body(content: StreamReader, limit_bytes: int) -> tuple[bytes, int]:
    """The body and its length; a body over the limit is read to its end and discarded."""
    chunks, size_bytes = [], 0
    async for chunk in content.iter_any():
        size_bytes += len(chunk)
        if size_bytes <= limit_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()
    return b"".join(chunks), size_bytes
