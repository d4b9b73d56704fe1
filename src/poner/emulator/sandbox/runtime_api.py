"""The Runtime API (L36 to L44), served to each process on its own port.

A runtime is told host and port only, so the port identifies the process: a late call of a stopped
process never reaches its successor.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from poner.aws_lambda.quotas import RESPONSE_BYTES
from poner.emulator.http_server import SERVER_LOG, address_of, head_of, read_body, refused
from poner.emulator.protocol.callers import why_cross_site, why_misdirected
from poner.emulator.protocol.outcomes import Invocation

HEADER_LINE_BYTES = 2 * 1024 * 1024
"""The X-Ray cause of an error is one header line of up to about 1 MiB (L38)."""

CLOSE_S = 0.2
"""Time that calls under way get to finish after a process has ended."""


@dataclass(frozen=True)
class Ready:
    """The runtime has loaded the handler and asked for its first event."""

    at_s: float
    """Time on the monotonic clock, in seconds."""


@dataclass(frozen=True)
class InitFailed:
    """The handler could not be loaded."""

    payload: bytes
    """The runtime's JSON error."""
    at_s: float
    """Time on the monotonic clock, in seconds."""


@dataclass(frozen=True)
class Answered:
    """The handler returned."""

    payload: bytes
    """The handler's result as JSON."""
    at_s: float
    """Time on the monotonic clock, in seconds."""


@dataclass(frozen=True)
class TooLarge:
    """The handler's result or error exceeds Lambda's limit."""

    at_s: float
    """Time on the monotonic clock, in seconds."""


@dataclass(frozen=True)
class Failed:
    """The handler raised."""

    payload: bytes
    """The runtime's JSON error."""
    at_s: float
    """Time on the monotonic clock, in seconds."""


Call = Ready | InitFailed | Answered | TooLarge | Failed
"""Every call that a runtime can make, except the request for the next event."""


@dataclass(frozen=True)
class Delivery:
    """An event, as `next` returns it."""

    invocation: Invocation
    """The event with its request id, ARN, trace id and client context."""
    deadline_ms: int
    """End of the invocation's time limit, in milliseconds since the epoch."""


class RuntimeApi:
    """Runtime API of one process: `next` returns deliveries; other calls are given to `tell`."""

    def __init__(self, tell: Callable[[Call], None]) -> None:
        self._tell = tell
        self._server = web.Server(
            self._answer,
            access_log=None,
            logger=SERVER_LOG,
            auto_decompress=False,
            max_line_size=HEADER_LINE_BYTES,
            max_field_size=HEADER_LINE_BYTES,
        )
        self._listener: asyncio.Server | None = None
        self._started = False
        self._poll: asyncio.Future[Delivery] | None = None
        self._outbox: Delivery | None = None
        self._current: str | None = None
        self._polled = asyncio.Event()

    async def listen(self) -> str:
        """Begin to listen on a free port of the loopback address; returns `host:port`."""
        listening = socket.create_server(("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, sock=listening)
        host, port = listening.getsockname()
        return f"{host}:{port}"

    def deliver(self, delivery: Delivery) -> None:
        """Hand an event to the process: now if it waits for one, otherwise when it asks."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(delivery)
        else:
            self._outbox = delivery

    def withdraw(self) -> None:
        """Take the event back: later calls of the process about it are refused."""
        self._current = self._outbox = None

    async def polled(self) -> None:
        """Wait until the process asks for an event."""
        await self._polled.wait()

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._listener is not None:
            self._listener.close()
        if self._poll is not None:
            self._poll.cancel()
        await self._server.shutdown(CLOSE_S)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        head = head_of(request)
        refusal = why_misdirected(head, address_of(request), ()) or why_cross_site(
            head, lambda origin: False
        )
        if refusal is not None:
            return refused(refusal)
        match request.method, request.raw_path.split("/")[1:]:
            case "GET", ["2018-06-01", "runtime", "invocation", "next"]:
                return await self._next()
            case "POST", ["2018-06-01", "runtime", "invocation", request_id, "response"]:
                return await self._invocation_ended(request, request_id, failed=False)
            case "POST", ["2018-06-01", "runtime", "invocation", request_id, "error"]:
                return await self._invocation_ended(request, request_id, failed=True)
            case "POST", ["2018-06-01", "runtime", "init", "error"]:
                return await self._init_failed(request)
            case _:
                return web.Response(status=404)

    async def _next(self) -> web.Response:
        if self._current is not None:
            return _refusal(403, "InvalidStateTransition", "State transition is not allowed")
        if not self._started:
            self._started = True
            self._tell(Ready(time.monotonic()))
        if self._poll is not None:
            self._poll.cancel()  # a second request means that the first connection is gone
        delivery, self._outbox = self._outbox, None
        if delivery is None:
            self._poll = asyncio.get_running_loop().create_future()
            self._polled.set()
            delivery = await self._poll
            self._poll = None
            self._polled.clear()
        self._current = delivery.invocation.request_id
        return web.Response(body=delivery.invocation.event, headers=_next_headers(delivery))

    async def _invocation_ended(
        self, request: web.BaseRequest, request_id: str, *, failed: bool
    ) -> web.Response:
        """Accept a result or an error; even if too large, read it all, or the runtime exits."""
        payload, size_bytes = await read_body(request.content, RESPONSE_BYTES)
        if self._current is None or request_id != self._current:
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        self._current = None
        now_s = time.monotonic()
        if size_bytes > RESPONSE_BYTES:
            self._tell(TooLarge(now_s))
        else:
            self._tell(Failed(payload, now_s) if failed else Answered(payload, now_s))
        return _accepted()

    async def _init_failed(self, request: web.BaseRequest) -> web.Response:
        payload, _ = await read_body(request.content, RESPONSE_BYTES)
        if self._started:
            return _refusal(403, "InvalidStateTransition", "State transition is not allowed")
        self._started = True
        self._tell(InitFailed(payload, time.monotonic()))
        return _accepted()


def _next_headers(delivery: Delivery) -> dict[str, str]:
    """Headers of a delivery; with any other content type the handler receives bytes (L36)."""
    invocation = delivery.invocation
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(delivery.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
    }
    if invocation.client_context is not None:
        headers["Lambda-Runtime-Client-Context"] = invocation.client_context
    return headers


def _accepted() -> web.Response:
    return web.Response(status=202, body=b'{"status":"OK"}\n', content_type="application/json")


def _refusal(status: int, error_type: str, message: str) -> web.Response:
    body = f'{{"errorMessage":"{message}","errorType":"{error_type}"}}\n'
    return web.Response(status=status, body=body.encode(), content_type="application/json")
