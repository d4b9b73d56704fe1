"""The Runtime API, called by correct, faulty and dying runtimes: L36 to L42."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import aiohttp
import pytest

from poner.emulator.protocol.outcomes import Invocation
from poner.emulator.sandbox.runtime_api import (
    Answered,
    Call,
    Delivery,
    Failed,
    InitFailed,
    Ready,
    RuntimeApi,
    TooLarge,
)

INVOCATION = Invocation("id-1", b'{"a":1}', "arn:aws:lambda:x", "Root=1-2-3")
DELIVERY = Delivery(INVOCATION, 1_783_711_149_789)


class Runtime:
    """A client of the Runtime API, and the calls that the API reported."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.api = RuntimeApi(self.calls.append)
        self.address = ""

    def url(self, path: str) -> str:
        """Address of a call."""
        return f"http://{self.address}/2018-06-01/runtime/{path}"

    async def send(self, *data: bytes) -> asyncio.StreamWriter:
        """Write raw bytes on a connection of its own; HOST stands for its address."""
        host, port = self.address.split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        for part in data:
            writer.write(part.replace(b"HOST", self.address.encode()))
            await writer.drain()
        return writer


Talk = Callable[[Runtime, aiohttp.ClientSession], Awaitable[None]]


def converse(talk: Talk) -> Runtime:
    """Run a conversation with a fresh Runtime API."""

    async def run() -> Runtime:
        runtime = Runtime()
        runtime.address = await runtime.api.listen()
        try:
            async with aiohttp.ClientSession() as session, asyncio.timeout(10):
                await talk(runtime, session)
        finally:
            await runtime.api.close()
        return runtime

    return asyncio.run(run())


def test_next_waits_and_hands_over_the_event():
    """L36: next blocks, then answers with the event and its headers, content type exact."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        waiting = asyncio.create_task(session.get(runtime.url("invocation/next")))
        await runtime.api.polled()
        assert not waiting.done()
        context = '{"custom": {}}'
        runtime.api.deliver(
            replace(DELIVERY, invocation=replace(INVOCATION, client_context=context))
        )
        answer = await waiting
        assert await answer.read() == b'{"a":1}'
        assert answer.headers["Content-Type"] == "application/json"
        assert {
            name: value for name, value in answer.headers.items() if name.startswith("Lambda-")
        } == {
            "Lambda-Runtime-Aws-Request-Id": "id-1",
            "Lambda-Runtime-Deadline-Ms": "1783711149789",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:x",
            "Lambda-Runtime-Trace-Id": "Root=1-2-3",
            "Lambda-Runtime-Client-Context": context,
        }

    assert isinstance(converse(talk).calls[0], Ready)


@pytest.mark.parametrize(("ending", "expected"), [("response", Answered), ("error", Failed)])
def test_results_and_errors_are_accepted(ending, expected):
    """L37: both are answered with 202 and the recorded body."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        answer = await session.post(runtime.url(f"invocation/id-1/{ending}"), data=b'"x"')
        assert (answer.status, await answer.read()) == (202, b'{"status":"OK"}\n')

    told = converse(talk).calls[-1]
    assert isinstance(told, expected)
    assert told.payload == b'"x"'


@pytest.mark.parametrize("length", [1024 * 1024, 1024 * 1024 + 200_000])
def test_the_xray_cause_may_be_one_very_long_line(length):
    """L38: lambda-runtime-function-xray-error-cause, about 1 MiB of raw UTF-8 in one line."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        cause = "ñ".encode() * (length // 2)
        await runtime.send(
            b"POST /2018-06-01/runtime/invocation/id-1/error HTTP/1.1\r\nHost: HOST\r\n"
            b"lambda-runtime-function-xray-error-cause: "
            + cause
            + b"\r\nContent-Length: 2\r\n\r\n{}"
        )
        while len(runtime.calls) < 2:
            await asyncio.sleep(0.01)

    assert isinstance(converse(talk).calls[1], Failed)


def test_oversize_results_are_read_and_accepted():
    """L40: a 413 would make the runtime exit, so it gets a 202, and the caller gets the error."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        body = b"x" * 20_000_000
        answer = await session.post(runtime.url("invocation/id-1/response"), data=body)
        assert answer.status == 202

    assert isinstance(converse(talk).calls[-1], TooLarge)


@pytest.mark.parametrize(("size", "kind"), [(6_291_556, Answered), (6_291_557, TooLarge)])
def test_the_limit_of_results(size, kind):
    """L32: 6,291,556 bytes are not too large, one more is."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        await session.post(runtime.url("invocation/id-1/response"), data=b"x" * size)

    assert isinstance(converse(talk).calls[-1], kind)


def test_a_wrong_request_id_is_refused():
    """L41: 400 InvalidRequestID, and the invocation goes on."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        answer = await session.post(runtime.url("invocation/id-2/response"), data=b"1")
        assert answer.status == 400
        assert await answer.json() == {
            "errorMessage": "Invalid request ID",
            "errorType": "InvalidRequestID",
        }
        assert (
            await session.post(runtime.url("invocation/id-1/response"), data=b"1")
        ).status == 202

    assert len(converse(talk).calls) == 2


def test_an_answer_after_the_timeout_is_refused():
    """L41: once the event has been taken back, its id is not valid any more."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        runtime.api.withdraw()
        assert (
            await session.post(runtime.url("invocation/id-1/response"), data=b"1")
        ).status == 400

    assert len(converse(talk).calls) == 1


def test_an_answer_that_is_still_on_its_way_at_the_timeout_is_refused():
    """L41: the id is checked again once the whole body is there."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        writer = await runtime.send(
            b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: HOST\r\n"
            b"Content-Length: 4\r\n\r\n12"
        )
        await asyncio.sleep(0.05)
        runtime.api.withdraw()
        writer.write(b"34")
        await asyncio.sleep(0.05)
        writer.close()

    assert len(converse(talk).calls) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "invocation/next"), ("POST", "init/error")])
def test_calls_in_the_wrong_state_are_refused(method, path):
    """L41: 403 InvalidStateTransition for next while an event is being worked on."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        answer = await session.request(method, runtime.url(path))
        assert answer.status == 403
        assert (await answer.json())["errorType"] == "InvalidStateTransition"

    assert len(converse(talk).calls) == 1


def test_init_errors_are_accepted():
    """L39: must be 202; the payload is what the caller will see."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        answer = await session.post(runtime.url("init/error"), data=b'{"requestId":""}')
        assert answer.status == 202

    assert [type(call) for call in converse(talk).calls] == [InitFailed]


def test_a_process_that_dies_while_posting_tells_nothing():
    """An incomplete body is not an answer; the process's end is reported instead."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        runtime.api.deliver(DELIVERY)
        await session.get(runtime.url("invocation/next"))
        writer = await runtime.send(
            b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: HOST\r\n"
            b"Content-Length: 1000\r\n\r\nhalf"
        )
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.sleep(0.05)

    assert len(converse(talk).calls) == 1


def test_a_lost_poll_does_not_swallow_the_event():
    """An event goes to the newest call of next, not to one whose connection is gone."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        request = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: HOST\r\n\r\n"
        (await runtime.send(request)).close()
        await runtime.api.polled()
        waiting = asyncio.create_task(session.get(runtime.url("invocation/next")))
        await asyncio.sleep(0.05)
        runtime.api.deliver(DELIVERY)
        assert await (await waiting).read() == b'{"a":1}'

    converse(talk)


def test_unknown_calls_are_404():
    """Operations that are not served, such as SnapStart's restore calls, get a 404."""

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        assert (await session.get(runtime.url("restore/next"))).status == 404

    assert converse(talk).calls == []


def test_closing_does_not_wait_for_a_poll(monkeypatch):
    """A process that was killed while it waited for an event does not delay closing."""
    monkeypatch.setattr("poner.emulator.sandbox.runtime_api.CLOSE_S", 30)

    async def talk(runtime: Runtime, session: aiohttp.ClientSession) -> None:
        waiting = asyncio.create_task(session.get(runtime.url("invocation/next")))
        await runtime.api.polled()
        begin_s = time.monotonic()
        await runtime.api.close()
        assert time.monotonic() - begin_s < 15
        with pytest.raises(aiohttp.ClientError):
            await waiting

    converse(talk)
