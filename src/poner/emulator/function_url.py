"""The Function URL: HTTP in, events of payload format 2.0 to the function, HTTP out."""

from __future__ import annotations

import json
import time

from aiohttp import web

from poner.emulator.events import HttpRequest, event_of
from poner.emulator.function import LocalFunction
from poner.emulator.http_server import read_body
from poner.emulator.identities import edge_trace_id, function_trace_id, new_request_id
from poner.emulator.outcomes import Invocation
from poner.emulator.pool import Pool
from poner.emulator.responses import (
    INTERNAL_SERVER_ERROR,
    THROTTLED,
    TOO_LARGE,
    HttpResponse,
    response_of,
)
from poner.limits import REQUEST_BYTES


class FunctionUrl:
    """Answers requests by invoking the function: AuthType NONE, InvokeMode BUFFERED, no CORS."""

    def __init__(self, function: LocalFunction, pool: Pool) -> None:
        self._function = function
        self._pool = pool

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        now_s = time.time()
        request_id = new_request_id()
        edge_trace = edge_trace_id(request.headers.get("x-amzn-trace-id"), now_s)
        trace_id = function_trace_id(edge_trace, now_s)
        body, size_bytes = await read_body(request.content, REQUEST_BYTES)
        response = TOO_LARGE
        if size_bytes <= REQUEST_BYTES:
            event = event_of(
                _received(request, body),
                url_id=self._function.url_id,
                request_id=request_id,
                trace_id=edge_trace,
                now_s=now_s,
            )
            encoded = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
            if len(encoded) <= REQUEST_BYTES:
                response = await self._invoke(
                    Invocation(request_id, encoded, self._function.arn, trace_id)
                )
        return _sent(response, request.method, request_id, trace_id)

    async def _invoke(self, invocation: Invocation) -> HttpResponse:
        outcome = await self._pool.invoke(invocation)
        if outcome is None:
            return THROTTLED
        return INTERNAL_SERVER_ERROR if outcome.failed else response_of(outcome.payload)


def _received(request: web.Request, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        target=request.raw_path,
        headers=[(_text(name), _text(value)) for name, value in request.raw_headers],
        body=body,
        peer=request.remote or "127.0.0.1",
    )


def _text(raw: bytes) -> str:
    """A header's text: UTF-8 where it is, else what HTTP falls back to."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _sent(response: HttpResponse, method: str, request_id: str, trace_id: str) -> web.Response:
    """Add the headers that every answer has (section b); HEAD has a length of 0."""
    sent = web.Response(status=response.status, body=b"" if method == "HEAD" else response.body)
    if method == "HEAD":
        sent.headers["Content-Length"] = "0"
    for name, value in response.headers:
        sent.headers.add(name, value)
    sent.headers["x-amzn-RequestId"] = request_id
    sent.headers["X-Amzn-Trace-Id"] = trace_id
    return sent
