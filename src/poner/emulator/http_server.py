"""What the servers share: a listener on the loopback address, and request bodies."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable

from aiohttp import StreamReader, hdrs, web

from poner.errors import EmulatorError

HOST = "127.0.0.1"
"""The only address anything here listens on."""

HEADER_LINE_BYTES = 1024 * 1024
"""Section (f): request line and headers may take 1 MB."""

CLOSE_S = 1.0
"""Grace for answers under way when the emulator ends."""


async def listen(
    answer: Callable[[web.Request], Awaitable[web.Response]], port: int, setting: str
) -> tuple[web.AppRunner, int]:
    """Serve every method and path with `answer`; returns what to clean up, and the port.

    Raises:
        EmulatorError: the port cannot be had; `setting` names the option to change.
    """
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    application.on_response_prepare.append(_without_server)
    runner = web.AppRunner(
        application,
        handle_signals=False,
        access_log=None,
        auto_decompress=False,
        max_line_size=HEADER_LINE_BYTES,
        max_field_size=HEADER_LINE_BYTES,
        shutdown_timeout=CLOSE_S,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        taken = error.errno == errno.EADDRINUSE
        raise EmulatorError(
            f"Port {port} is {'in use' if taken else 'not to be had'} on {HOST}.",
            f"Choose another, or {setting} 0 for a free one.",
        ) from error
    return runner, runner.addresses[0][1]


async def _without_server(request: web.Request, response: web.StreamResponse) -> None:
    """Section (b): real answers have no Server header, but name their connection's fate."""
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
