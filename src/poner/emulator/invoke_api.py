"""The Invoke API: `POST /2015-03-31/functions/NAME/invocations` (L27 to L35)."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from urllib.parse import unquote

from aiohttp import web

from poner.aws_lambda.quotas import ASYNCHRONOUS_REQUEST_BYTES, REQUEST_BYTES
from poner.emulator.event_queue import EventQueue
from poner.emulator.http_server import Reply, head_of, read_body, refused
from poner.emulator.pool import Pool
from poner.emulator.protocol.callers import origin_form, why_cross_site
from poner.emulator.protocol.identities import edge_trace_id, function_trace_id, new_request_id
from poner.emulator.protocol.outcomes import LOG_TAIL_BYTES, Invocation, Outcome
from poner.emulator.protocol.responses import THROTTLED, HttpResponse, too_large
from poner.foreign_json import read_json

PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
"""Path of the only operation that is served."""

PARTIAL_ARN = re.compile(r"\d{12}:function:")
"""How a partial ARN begins: ACCOUNT:function:NAME (Invoke's documentation, 2026-11)."""

LATEST = "$LATEST"
"""The only version a local function has."""


class InvokeApi:
    """Answers Invoke calls."""

    def __init__(self, pool: Pool, queue: EventQueue, notify: Callable[[str], None]) -> None:
        self._pool = pool
        self._queue = queue
        self._notify = notify

    async def answer(self, request: web.Request) -> Reply:
        """Answer one call; refuse calls from web pages, since this API is for programs."""
        refusal = why_cross_site(head_of(request), lambda origin: False)
        if refusal is not None:
            self._notify(refusal.line)
            return refused(refusal)
        body, size_bytes = await read_body(request.content, REQUEST_BYTES)
        request_id = new_request_id()
        response = await self._respond(request, body, size_bytes, request_id)
        response.headers["x-amzn-RequestId"] = request_id
        return response

    async def _respond(
        self, request: web.Request, body: bytes, size_bytes: int, request_id: str
    ) -> Reply:
        path = PATH.fullmatch(origin_form(request.raw_path).partition("?")[0])
        if request.method != "POST" or path is None:
            return _error(404, "UnknownOperationException", "There is no such operation.")
        function = self._pool.function
        arn = _requested_arn(function.arn, unquote(path[1]), request.query.get("Qualifier"))
        if arn not in (function.arn, f"{function.arn}:{LATEST}"):
            missing = arn if arn.removeprefix("arn:").count(":") > 5 else f"{arn}:{LATEST}"
            return _error(
                404, "ResourceNotFoundException", f"Function not found: {missing}", key="Message"
            )
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        limit_bytes = ASYNCHRONOUS_REQUEST_BYTES if kind == "Event" else REQUEST_BYTES
        if size_bytes > limit_bytes:
            return _plain(too_large(limit_bytes))
        return await self._invoke(request, kind, body or b"{}", arn, request_id)

    async def _invoke(
        self, request: web.Request, kind: str, event: bytes, arn: str, request_id: str
    ) -> Reply:
        fault = _not_json(event)
        if fault is not None:
            message = "Could not parse request body into json: Could not parse payload into json: "
            return _error(400, "InvalidRequestContentException", message + fault)
        client_context = request.headers.get("X-Amz-Client-Context")
        if client_context is not None:
            client_context = _decoded_context(client_context)
            if client_context is None:
                message = "Client context must be a valid Base64-encoded JSON object."
                return _error(400, "InvalidRequestContentException", message)
        now_s = time.time()
        edge_trace = edge_trace_id(request.headers.get("x-amzn-trace-id"), now_s)
        trace_id = function_trace_id(edge_trace, now_s)
        invocation = Invocation(request_id, event, arn, trace_id, client_context)
        match kind:
            case "RequestResponse":
                outcome = await self._pool.invoke(invocation)
            case "Event":
                self._queue.put(invocation)
                return Reply(status=202, headers={"X-Amzn-Trace-Id": trace_id})
            case "DryRun":
                return Reply(status=204)
            case other:
                message = f"{other!r} is not RequestResponse, Event or DryRun."
                return _error(400, "InvalidParameterValueException", message)
        if outcome is None:
            return _plain(THROTTLED)
        reply = _answered(outcome, trace_id, tail=request.headers.get("X-Amz-Log-Type") == "Tail")
        reply.start = outcome.start
        return reply


def _requested_arn(function_arn: str, name: str, qualifier: str | None) -> str:
    """The ARN for a name, a name with a qualifier, a partial ARN, or an ARN."""
    arn = name
    if PARTIAL_ARN.match(name):
        arn = ":".join(function_arn.split(":")[:4]) + ":" + name
    elif not name.startswith("arn:"):
        arn = function_arn.rpartition(":")[0] + ":" + name
    return f"{arn}:{qualifier}" if qualifier else arn


def _plain(response: HttpResponse) -> Reply:
    return Reply(status=response.status, headers=dict(response.headers), body=response.body)


def _answered(outcome: Outcome, trace_id: str, *, tail: bool) -> Reply:
    """The response with a function's result or error: HTTP 200 for both."""
    headers = {
        "Content-Type": "application/json",
        "X-Amz-Executed-Version": LATEST,
        "X-Amzn-Trace-Id": trace_id,
        "x-amzn-Remapped-Content-Length": "0",
    }
    if outcome.failed:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if tail:
        log = outcome.log.encode("utf-8")[-LOG_TAIL_BYTES:]
        headers["X-Amz-Log-Result"] = base64.b64encode(log).decode("ascii")
    return Reply(headers=headers, body=outcome.payload)


def _not_json(payload: bytes) -> str | None:
    """What is wrong with the payload; None if it is JSON."""
    try:
        read_json(payload, strict=True)
    except ValueError as error:
        return str(error)
    return None


def _decoded_context(header: str) -> str | None:
    """The client context as one line of ASCII JSON; None if it is not base64 of an object."""
    try:
        context = read_json(base64.b64decode(header, validate=True))
    except ValueError:  # binascii.Error is a ValueError
        return None
    return json.dumps(context) if isinstance(context, dict) else None


def _error(status: int, name: str, message: str, key: str = "message") -> Reply:
    """An error of the Lambda API; botocore reads the error's name from the header."""
    return Reply(
        status=status,
        headers={"Content-Type": "application/json", "X-Amzn-Errortype": name},
        body=json.dumps({"Type": "User", key: message}, separators=(",", ":")).encode(),
    )
