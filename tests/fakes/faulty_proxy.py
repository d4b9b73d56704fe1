"""A proxy between boto3 and a server of the AWS API: makes chosen calls fail, counts all calls.

It recognises operations by the field of each protocol: a header (logs), a field of the form (iam,
sts), method and path (lambda, s3). Faults have the form of the service's own errors.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections import Counter
from collections.abc import Callable
from email.message import Message
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit


class Fault(Enum):
    """How a call fails."""

    THROTTLED = auto()
    """Too many calls; not done."""
    SERVER_ERROR = auto()
    """500; not done, but the caller cannot know that."""
    LOST = auto()
    """Done, but the connection closes without an answer."""
    CONFLICT = auto()
    """409, a change is under way; not done."""
    DENIED = auto()
    """403 with the action that is missing; not done."""
    EXPIRED = auto()
    """The credentials have expired; not done."""


_LAMBDA_OPERATIONS = (
    ("GET", r"/account-settings", "GetAccountSettings"),
    ("POST", r"/functions", "CreateFunction"),
    ("GET", r"/functions/[^/]+", "GetFunction"),
    ("DELETE", r"/functions/[^/]+", "DeleteFunction"),
    ("GET", r"/functions/[^/]+/configuration", "GetFunctionConfiguration"),
    ("PUT", r"/functions/[^/]+/configuration", "UpdateFunctionConfiguration"),
    ("PUT", r"/functions/[^/]+/code", "UpdateFunctionCode"),
    ("PUT", r"/functions/[^/]+/concurrency", "PutFunctionConcurrency"),
    ("GET", r"/functions/[^/]+/versions", "ListVersionsByFunction"),
    ("POST", r"/functions/[^/]+/versions", "PublishVersion"),
    ("GET", r"/functions/[^/]+/aliases", "ListAliases"),
    ("POST", r"/functions/[^/]+/aliases", "CreateAlias"),
    ("PUT", r"/functions/[^/]+/aliases/[^/]+", "UpdateAlias"),
    ("GET", r"/functions/[^/]+/url", "GetFunctionUrlConfig"),
    ("POST", r"/functions/[^/]+/url", "CreateFunctionUrlConfig"),
    ("PUT", r"/functions/[^/]+/url", "UpdateFunctionUrlConfig"),
    ("GET", r"/functions/[^/]+/policy", "GetPolicy"),
    ("POST", r"/functions/[^/]+/policy", "AddPermission"),
    ("DELETE", r"/functions/[^/]+/policy/[^/]+", "RemovePermission"),
    ("GET", r"/resource-policy/.+", "GetResourcePolicy"),
    ("POST", r"/functions/[^/]+/invocations", "Invoke"),
    ("POST", r"/tags/.+", "TagResource"),
    ("GET", r"/layers", "ListLayers"),
    ("GET", r"/layers/[^/]+/versions", "ListLayerVersions"),
    ("POST", r"/layers/[^/]+/versions", "PublishLayerVersion"),
    ("DELETE", r"/layers/[^/]+/versions/[^/]+", "DeleteLayerVersion"),
)
_S3_OPERATIONS = (
    ("GET", r"/[^/]+", "ListObjectsV2"),
    ("PUT", r"/[^/]+", "CreateBucket"),
    ("GET", r"/[^/]+/.+", "GetObject"),
    ("PUT", r"/[^/]+/.+", "PutObject"),
    ("HEAD", r"/[^/]+/.+", "HeadObject"),
    ("DELETE", r"/[^/]+/.+", "DeleteObject"),
)
_READS = re.compile(r"(Get|List|Describe|Filter|Head|Simulate|Invoke)")
_DENIED_ACTIONS = {
    "Invoke": "InvokeFunction",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
}
_ERRORS = {
    "lambda": {
        Fault.THROTTLED: (429, "TooManyRequestsException", "Rate Exceeded."),
        Fault.SERVER_ERROR: (500, "ServiceException", "An error occurred."),
        Fault.CONFLICT: (
            409,
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for "
            "resource: arn:aws:lambda:eu-west-1:123456789012:function:f",
        ),
        Fault.EXPIRED: (403, "ExpiredTokenException", "The security token is expired"),
    },
    "iam": {
        Fault.THROTTLED: (400, "Throttling", "Rate exceeded"),
        Fault.SERVER_ERROR: (500, "ServiceFailure", "Internal error"),
        Fault.CONFLICT: (409, "ConcurrentModification", "The role is being modified"),
        Fault.EXPIRED: (403, "ExpiredToken", "The security token is expired"),
    },
    "logs": {
        Fault.THROTTLED: (400, "ThrottlingException", "Rate exceeded"),
        Fault.SERVER_ERROR: (500, "ServiceUnavailableException", "Not available"),
        Fault.CONFLICT: (400, "OperationAbortedException", "Another operation is under way"),
        Fault.EXPIRED: (400, "ExpiredTokenException", "The security token is expired"),
    },
    "s3": {
        Fault.THROTTLED: (503, "SlowDown", "Reduce your request rate."),
        Fault.SERVER_ERROR: (500, "InternalError", "We encountered an internal error."),
        Fault.CONFLICT: (409, "OperationAborted", "A conflicting operation is in progress."),
        Fault.EXPIRED: (400, "ExpiredToken", "The provided token has expired."),
    },
}
_ERRORS["sts"] = _ERRORS["iam"]


class FaultyProxy:
    """Forwards calls to a server, except calls that should fail.

    Args:
        upstream: the server's address.
    """

    def __init__(self, upstream: str) -> None:
        self.reads: Counter[str] = Counter()
        """Calls that only ask, by operation; every attempt counts."""
        self.writes: Counter[str] = Counter()
        """Calls that change something, by operation; every attempt counts."""
        self.rewrite: Callable[[bytes], bytes] = bytes
        """Changes the body of an answer on its way back."""
        self.upstream = urlsplit(upstream).netloc
        self._faults: dict[tuple[str, int], Fault] = {}
        self._lasting: dict[str, Fault] = {}
        self._interruption: tuple[int, Callable[[], None]] | None = None
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, operation: str, fault: Fault, *, nth: int = 1) -> None:
        """Let the nth call of an operation, counted from now, fail."""
        with self._lock:
            done = self.reads[operation] + self.writes[operation]
            self._faults[operation, done + nth] = fault

    def fail_always(self, operation: str, fault: Fault) -> None:
        """Let every call of an operation fail."""
        with self._lock:
            self._lasting[operation] = fault

    def allow(self, operation: str) -> None:
        """Stop failing calls of an operation."""
        with self._lock:
            self._lasting.pop(operation, None)

    def interrupt(self, callback: Callable[[], None], *, after_writes: int) -> None:
        """Call a function after a number of further writes; the last of them gets no answer."""
        with self._lock:
            self._interruption = (self.writes.total() + after_writes, callback)

    def mend(self) -> None:
        """Stop failing calls."""
        with self._lock:
            self._faults.clear()
            self._lasting.clear()
            self._interruption = None
            self.rewrite = bytes

    def reset(self) -> None:
        """Stop failing calls, and count from 0."""
        self.mend()
        with self._lock:
            self.reads.clear()
            self.writes.clear()

    def count(self, operation: str) -> Fault | None:
        """Count a call; returns its fault."""
        with self._lock:
            counted = self.reads if _READS.match(operation) else self.writes
            counted[operation] += 1
            nth = self._faults.pop((operation, counted[operation]), None)
            return nth or self._lasting.get(operation)

    def interrupted(self) -> bool:
        """Whether to interrupt after the write that has just taken place."""
        with self._lock:
            if self._interruption is None or self.writes.total() < self._interruption[0]:
                return False
            callback = self._interruption[1]
            self._interruption = None
        callback()
        return True

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def find_operation(method: str, path: str, headers: Message, body: bytes) -> tuple[str, str]:
    """Service and operation of a request, in the API's words."""
    if target := headers.get("X-Amz-Target"):
        return "logs", target.rpartition(".")[2]
    service = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    assert service is not None, "a request that is not signed"
    name = service[1]
    if name in ("iam", "sts"):
        return name, parse_qs(body.decode())["Action"][0]
    plain = urlsplit(path).path
    if name == "lambda":
        plain = re.sub(r"^/\d{4}-\d{2}-\d{2}", "", plain)
    if name == "s3" and urlsplit(path).query == "location":
        return name, "GetBucketLocation"
    for verb, pattern, operation in _LAMBDA_OPERATIONS if name == "lambda" else _S3_OPERATIONS:
        if verb == method and re.fullmatch(f"{pattern}/?", plain):
            return name, operation
    raise AssertionError(f"an operation that the proxy does not know: {name} {method} {plain}")


def make_error(service: str, operation: str, fault: Fault) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an error in its service's own form."""
    if fault is Fault.DENIED:
        action = f"{service}:{_DENIED_ACTIONS.get(operation, operation)}"
        status = 400 if service == "logs" else 403
        code = "AccessDeniedException" if service in ("lambda", "logs") else "AccessDenied"
        text = (
            f"User: arn:aws:iam::123456789012:user/u is not authorized to perform: {action} on "
            "resource: x because no identity-based policy allows it"
        )
    else:
        status, code, text = _ERRORS[service][fault]
    match service:
        case "lambda":
            body = json.dumps({"Type": "User", "Message": text}).encode()
            return status, {"x-amzn-ErrorType": code, "Content-Type": "application/json"}, body
        case "logs":
            body = json.dumps({"__type": code, "message": text}).encode()
            return status, {"Content-Type": "application/x-amz-json-1.1"}, body
        case "s3":
            xml = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
        case _:
            error = f"<Type>Sender</Type><Code>{code}</Code><Message>{text}</Message>"
            xml = f"<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, f'<?xml version="1.0"?>{xml}'.encode()


def _handler_of(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart; each would wait 40 ms

        def answer(self) -> None:
            body = self._read_body()
            service, operation = find_operation(self.command, self.path, self.headers, body)
            fault = proxy.count(operation)
            if fault is None or fault is Fault.LOST:
                status, headers, answer = self._pass_on(body)
            else:
                status, headers, answer = make_error(service, operation, fault)
            if fault is Fault.LOST or proxy.interrupted():
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if self.command != "HEAD" and status != 204:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def _read_body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            upstream = http.client.HTTPConnection(proxy.upstream, timeout=60)
            dropped = {"connection", "expect", "transfer-encoding", "content-length"}
            kept = {
                name: value for name, value in self.headers.items() if name.lower() not in dropped
            }
            upstream.request(self.command, self.path, body, kept)
            with upstream.getresponse() as answer:
                content = proxy.rewrite(answer.read())
                headers = {
                    name: value
                    for name, value in answer.getheaders()
                    if name.lower() not in dropped
                }
                status = answer.status
            upstream.close()
            return status, headers, content

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815  (http.server's names)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler
