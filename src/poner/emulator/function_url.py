"""The Function URL: HTTP in, events of payload format 2.0 to the function, HTTP out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from aiohttp import web

from poner.aws_lambda.quotas import REQUEST_BYTES
from poner.emulator.function import LocalFunction
from poner.emulator.http_server import Reply, head_of, read_body, refused
from poner.emulator.pool import Pool
from poner.emulator.protocol.callers import is_named, origin_form, why_cross_site
from poner.emulator.protocol.cors import is_preflight, preflight_headers, response_headers
from poner.emulator.protocol.events import HttpRequest, event_of
from poner.emulator.protocol.identities import edge_trace_id, function_trace_id, new_request_id
from poner.emulator.protocol.outcomes import Invocation
from poner.emulator.protocol.responses import (
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    THROTTLED,
    HttpResponse,
    response_of,
    too_large,
)
from poner.emulator.protocol.signatures import why_refused


class FunctionUrl:
    """Answers requests by invoking the function, with InvokeMode BUFFERED."""

    def __init__(self, pool: Pool, origins: Sequence[str], notify: Callable[[str], None]) -> None:
        """Prepare to answer.

        Args:
            pool: environments of the function.
            origins: origins whose pages may call, besides those of the CORS configuration.
            notify: called with a line about each refused request.
        """
        self._pool = pool
        self._origins = origins
        self._notify = notify

    async def answer(self, request: web.Request) -> Reply:
        """Answer one request; a preflight is answered without invoking the function (L82)."""
        function = self._pool.function
        request_id = new_request_id()
        origin = request.headers.get("Origin")
        wanted = request.headers.get("Access-Control-Request-Method")
        preflight = is_preflight(request.method, origin, wanted)
        if function.cors is None:
            refusal = None if preflight else self._refused(request, ())
            return refusal or await self._answer(request, function, request_id)
        if preflight:
            answered = Reply()
            answered.headers["x-amzn-RequestId"] = request_id
            headers = preflight_headers(function.cors, origin)
        else:
            answered = self._refused(request, function.cors.allow_origins) or await self._answer(
                request, function, request_id
            )
            headers = response_headers(function.cors, origin)
        for name, value in headers:
            answered.headers.add(name, value)
        return answered

    def _refused(self, request: web.Request, origins: Sequence[str]) -> Reply | None:
        """The refusal of a request from a page that may not call; None for other requests."""
        allowed = is_named((*origins, *self._origins))
        refusal = why_cross_site(head_of(request), allowed)
        if refusal is None:
            return None
        self._notify(refusal.line)
        return refused(refusal)

    async def _answer(
        self, request: web.Request, function: LocalFunction, request_id: str
    ) -> Reply:
        now_s = time.time()
        edge_trace = edge_trace_id(request.headers.get("x-amzn-trace-id"), now_s)
        trace_id = function_trace_id(edge_trace, now_s)
        body, size_bytes = await read_body(request.content, REQUEST_BYTES)
        received = _received(request, body)
        response, start = too_large(REQUEST_BYTES), "-"
        if size_bytes <= REQUEST_BYTES:
            if not self._is_allowed(received, function, now_s):
                return _sent(FORBIDDEN, request.method, request_id)
            event = event_of(
                received,
                url_id=function.url_id,
                request_id=request_id,
                trace_id=edge_trace,
                now_s=now_s,
                key_id=function.access_key.id if function.access_key is not None else None,
            )
            encoded = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
            if len(encoded) <= REQUEST_BYTES:
                invocation = Invocation(request_id, encoded, function.arn, trace_id)
                response, start = await self._invoke(invocation)
        answered = _sent(response, request.method, request_id)
        answered.headers["X-Amzn-Trace-Id"] = trace_id
        answered.start = start
        return answered

    def _is_allowed(self, received: HttpRequest, function: LocalFunction, now_s: float) -> bool:
        """Whether the function is public, or the request has a valid signature."""
        if function.access_key is None:
            return True
        reason = why_refused(received, function.access_key, now_s)
        if reason is not None:
            self._notify(f"The next request is refused: {reason}.")
        return reason is None

    async def _invoke(self, invocation: Invocation) -> tuple[HttpResponse, str]:
        """The response, and the kind of start: `cold`, `warm`, or `-` if throttled."""
        outcome = await self._pool.invoke(invocation)
        if outcome is None:
            return THROTTLED, "-"
        response = INTERNAL_SERVER_ERROR if outcome.failed else response_of(outcome.payload)
        return response, outcome.start


def _received(request: web.Request, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        target=origin_form(request.raw_path),
        headers=[(_text(name), _text(value)) for name, value in request.raw_headers],
        body=body,
        peer=request.remote or "127.0.0.1",
    )


def _text(raw: bytes) -> str:
    """Decode a header as UTF-8, or as Latin-1 if it is not valid UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _sent(response: HttpResponse, method: str, request_id: str) -> Reply:
    """A response with its request id (L13); the answer to HEAD has Content-Length 0."""
    sent = Reply(status=response.status, body=b"" if method == "HEAD" else response.body)
    if method == "HEAD":
        sent.headers["Content-Length"] = "0"
    for name, value in response.headers:
        sent.headers.add(name, value)
    sent.headers["x-amzn-RequestId"] = request_id
    return sent
