"""Events that nobody waits for, with a real awslambdaric behind them: L28."""

import contextlib
import time

import pytest

from tests.end_to_end.emulator.conftest import ALL_ROUND, run

EVENT = (("X-Amz-Invocation-Type", "Event"),)
FAILS_TWICE = """
import os, tempfile
path = os.path.join(tempfile.gettempdir(), "attempts")
def handler(event, context):
    with open(path, "a") as file:
        file.write(".")
    if os.path.getsize(path) < 3:
        raise ValueError("not yet")
    print("third")
"""


def wait_for(function, text):
    """The log, once a line of it has a text in it."""
    deadline_s = time.monotonic() + 30
    while not any(text in line for line in function.log):
        assert time.monotonic() < deadline_s, function.log
        time.sleep(0.02)
    return function.log


def test_events_are_accepted_and_run(start):
    """L28: 202, empty, with a request id; the function runs once, in the background."""
    function = start()
    answer = function.invoke({"do": "print", "text": "ran"}, headers=EVENT)
    assert (answer.status, answer.body) == (202, b"")
    request_id = answer.header("x-amzn-RequestId")
    assert "ran" in wait_for(function, f"REPORT RequestId: {request_id}")
    assert " 202 " in function.lines[0]


def test_errors_are_retried_with_the_same_request_id(start, monkeypatch):
    """L28: twice more by default, with the same request id."""
    monkeypatch.setattr("poner.emulator.local_lambda.RETRY_DELAYS_S", (0.05, 0.05))
    function = start(FAILS_TWICE)
    request_id = function.invoke({}, headers=EVENT).header("x-amzn-RequestId")
    wait_for(function, "third")
    starts = [line for line in function.log if line.startswith("START")]
    assert starts == [f"START RequestId: {request_id} Version: $LATEST"] * 3


def test_events_wait_for_an_environment(start):
    """Asynchronous invocations are queued where synchronous ones are throttled."""
    function = start(concurrency=1)
    function.invoke({"do": "sleep", "seconds": 0.3}, headers=EVENT)
    time.sleep(0.1)
    assert function.invoke({"do": "print", "text": "second"}, headers=EVENT).status == 202
    wait_for(function, "second")


@pytest.mark.parametrize("size", [1_048_576, 1_048_577])
def test_the_limit_of_asynchronous_events(lively, size):
    """L67: 1 MB, and not one byte more."""
    answer = lively.invoke(body=b'"%s"' % (b"x" * (size - 2)), headers=EVENT)
    assert answer.status == (202 if size == 1_048_576 else 413)
    if answer.status == 413:
        assert answer.header("X-Amzn-Errortype") == "RequestEntityTooLargeException"


def test_what_is_lost_at_the_end_is_said(tmp_path):
    """Events that have not ended when the emulator does are named by their request ids."""
    with contextlib.ExitStack() as stack:
        function = stack.enter_context(run(tmp_path / "code", ALL_ROUND, timeout_s=30))
        slow = {"do": "sleep", "seconds": 20}
        answer = function.invoke(slow, headers=EVENT)
        wait_for(function, "START")
    request_id = answer.header("x-amzn-RequestId")
    lost = f"Asynchronous events that had not ended are lost: {request_id}."
    assert function.lines[-1] == lost
