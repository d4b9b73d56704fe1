"""Environments: started on demand, reused, replaced: L56 to L61."""

import base64
import concurrent.futures
import os
import signal
import socket
import time

import pytest

from poner.emulator import LocalFunction, running
from poner.emulator.protocol.outcomes import LOG_TAIL_BYTES
from poner.errors import EmulatorError
from tests.end_to_end.emulator.conftest import run

STATE = {"do": "state"}


def test_an_exception_keeps_the_environment(start):
    """L59: globals survive an exception."""
    function = start()
    first = function.invoke(STATE).json()
    function.invoke({"do": "raise", "message": ""})
    assert function.invoke(STATE).json() == {**first, "count": 3}


@pytest.mark.parametrize(
    "end",
    [{"do": "sleep", "seconds": 30}, {"do": "exit", "code": 1}, {"do": "kill", "signal": 9}],
    ids=["timeout", "exit", "kill"],
)
def test_a_new_process_finds_the_old_tmp(start, isolated, end):
    """L59: after a timeout or an exit globals are reset, and /tmp content is kept."""
    function = start(timeout_s=1, concurrency=1)
    before = function.invoke(STATE).json()
    function.invoke({"do": "write"})
    function.invoke(end)
    after = function.invoke(STATE).json()
    assert (before["count"], before["kept"]) == (1, False)
    assert (after["count"], after["kept"]) == (1, True)
    assert before["process"] != after["process"]
    assert len(function.processes()) == 1


def test_a_timeout_is_punctual(start):
    """L59: the caller has the answer when the time is up, and END and REPORT say so."""
    function = start(timeout_s=1)
    function.invoke(STATE)
    begin_s = time.monotonic()
    function.invoke({"do": "sleep", "seconds": 30})
    assert 1 <= time.monotonic() - begin_s < 15
    assert function.log[-3].endswith(" Task timed out after 1.00 seconds")
    assert function.log[-1].endswith("\tStatus: timeout\t")


def test_a_crash_is_answered_at_once(start):
    """L30: the end of the process is seen, not waited out."""
    function = start(timeout_s=30)
    function.invoke(STATE)
    begin_s = time.monotonic()
    function.invoke({"do": "_exit", "code": 1})
    assert time.monotonic() - begin_s < 15


def test_what_the_function_started_ends_with_it(start, isolated):
    """L59: an environment is replaced as a whole, its other processes too."""
    function = start()
    function.invoke({"do": "spawn"})
    assert len(function.processes()) == 2
    function.invoke({"do": "_exit", "code": 1})
    assert function.processes() == []


def test_a_process_that_dies_between_invocations_is_replaced(start, ended):
    """After the process's end the next invocation starts another in the same sandbox."""
    function = start()
    function.invoke(STATE)
    os.kill(*function.processes(), signal.SIGKILL)
    assert ended(function.mark)
    time.sleep(0.05)
    assert function.invoke(STATE).json()["count"] == 1


def test_one_invocation_at_a_time_then_429(start):
    """L57: no queue; beyond the concurrency both front ends say 429."""
    function = start(concurrency=1)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        slow = threads.submit(function.invoke, {"do": "sleep", "seconds": 2})
        assert function.logs("START")
        throttled = {
            "Reason": "ConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }
        answers = function.invoke(STATE), function.request()
        assert slow.result().status == 200
    for answer in answers:
        assert (answer.status, answer.json()) == (429, throttled)
        assert answer.header("X-Amzn-Errortype") == "TooManyRequestsException"
    assert function.invoke(STATE).status == 200


def test_the_newest_idle_environment_is_used_first(start):
    """L57: more requests start more environments; afterwards the last one freed is reused."""
    function = start(concurrency=3)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        naps = [threads.submit(function.invoke, {"do": "sleep", "seconds": 1.5}) for _ in range(3)]
        assert function.logs("START", 3)
        concurrent.futures.wait(naps)
    used = {function.invoke(STATE).json()["process"] for _ in range(5)}
    assert len(used) == 1
    assert sum("Init Duration" in line for line in function.log) == 3


def test_environments_have_a_tmp_each(start):
    """L59: /tmp is private to an environment."""
    function = start(concurrency=2)
    function.invoke({"do": "write"})
    with concurrent.futures.ThreadPoolExecutor() as threads:
        slow = threads.submit(function.invoke, {"do": "sleep", "seconds": 2})
        assert function.logs("START", 2)
        assert function.invoke(STATE).json()["kept"] is False
        slow.result()


FAILS_ONCE = """
import os, sys, tempfile, time
marker = os.path.join(tempfile.gettempdir(), "tried")
if not os.path.exists(marker):
    open(marker, "w").close()
    {trouble}
def handler(event, context):
    return "ready"
"""


@pytest.mark.parametrize(
    ("trouble", "limit_s", "status"),
    [
        ("time.sleep(30)", 1.0, "Status: timeout"),
        ("raise ValueError('no')", 10.0, "Status: error\tError Type: ValueError"),
        ("sys.exit(1)", 10.0, "Status: error\tError Type: Runtime.ExitError"),
    ],
    ids=["timeout", "error", "exit"],
)
def test_a_failed_init_runs_again_in_the_first_invoke(start, monkeypatch, trouble, limit_s, status):
    """L56: after a failed or too slow init it is run again, inside the invocation."""
    monkeypatch.setattr("poner.emulator.environment.INIT_TIMEOUT_S", limit_s)
    function = start(FAILS_ONCE.format(trouble=trouble))
    assert function.invoke({}).json() == "ready"
    reports = [line for line in function.log if line.startswith("INIT_REPORT")]
    assert len(reports) == 1
    assert reports[0].endswith(f" ms\tPhase: init\t{status}")
    assert "Init Duration" not in function.log[-1]


def test_the_second_init_is_bounded_by_the_function_s_timeout(start, monkeypatch):
    """L56: the second failure is what the caller sees, here the timeout of 1 second."""
    monkeypatch.setattr("poner.emulator.environment.INIT_TIMEOUT_S", 0.2)
    function = start("import time\ntime.sleep(30)\n", timeout_s=1)
    begin_s = time.monotonic()
    assert function.invoke({}).json()["errorType"] == "Sandbox.Timedout"
    assert 1.2 <= time.monotonic() - begin_s < 15
    phases = [line.split("\t")[1] for line in function.log if line.startswith("INIT_REPORT")]
    assert phases == ["Phase: init", "Phase: invoke"]


def test_a_client_that_goes_away_harms_nobody(start):
    """The invocation runs to its end, and its environment is free again."""
    function = start(concurrency=1)
    host, port = function.urls.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100\r\n\r\n"
        client.sendall(f"{head}half".encode())
    with socket.create_connection((host, int(port))) as client:
        client.sendall(SLOW_REQUEST.format(host, port).encode())
        assert function.logs("START")
    assert function.logs("REPORT")
    assert function.invoke(STATE).json()["count"] == 2


SLOW_REQUEST = (
    "POST /act HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json\r\n"
    'Content-Length: 28\r\n\r\n{{"do":"sleep","seconds":0.3}}'
)


def test_a_handler_that_forks(start):
    """L30: only the handler's own process answers; its child ends with nothing said."""
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os._exit(3)\n"
        "    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
    )
    function = start(source)
    assert [function.invoke({}).json() for _ in range(2)] == [3, 3]


def test_a_handler_that_closes_its_output(start):
    """L71: what it prints is lost, or an error of its own; the platform's lines go on."""
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    os.close(1); os.close(2)\n"
        "    try:\n"
        "        print('nobody hears')\n"
        "    except OSError:\n"
        "        return 'closed'\n"
    )
    function = start(source)
    assert function.invoke({}).json() == "closed"
    assert function.log[-1].startswith("REPORT RequestId: ")


def test_a_handler_that_ignores_sigterm(start):
    """L59: a timeout kills without asking."""
    source = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "def handler(event, context):\n"
        "    time.sleep(event.get('seconds', 0))\n"
        "    return 'here'\n"
    )
    function = start(source, timeout_s=1)
    assert function.invoke({"seconds": 30}).json()["errorType"] == "Sandbox.Timedout"
    assert function.invoke({}).json() == "here"


def test_logs_of_a_cold_start(start):
    """L71, L72, L76: prints and records in order, one event an error, Init Duration once."""
    source = (
        "import logging, sys\n"
        "def handler(event, context):\n"
        "    print('printed'); logging.warning('logged'); print('again', file=sys.stderr)\n"
        "    print('open', end='')\n"
        "    raise ValueError('wrong')\n"
    )
    function = start(source, memory_mb=256)
    request_id = function.invoke({}).header("x-amzn-RequestId")
    function.invoke({})
    assert function.log[0].startswith("INIT_START Runtime Version: python:3.")
    first, second = function.log[1:9], function.log[9:]
    assert first[:2] == [f"START RequestId: {request_id} Version: $LATEST", "printed"]
    assert first[2].startswith("[WARNING]\t")
    assert first[2].endswith(f"Z\t{request_id}\tlogged")
    assert first[3:5] == ["again", "open"]
    assert first[5].startswith(
        "[ERROR] ValueError: wrong\nTraceback (most recent call last):\n\xa0"
    )
    assert first[6] == f"END RequestId: {request_id}"
    assert "\tMemory Size: 256 MB\tMax Memory Used: " in first[7]
    assert "\tInit Duration: " in first[7]
    assert "Init Duration" not in second[-1]


def test_output_between_invocations_is_not_lost(start):
    """L58: background work writes on; its lines come when they come, and are in no tail."""
    source = (
        "import threading, time\n"
        "def handler(event, context):\n"
        "    threading.Timer(0.1, print, ['late']).start()\n"
    )
    function = start(source)
    function.invoke({})
    assert function.logs("late")
    answer = function.invoke({}, headers=(("X-Amz-Log-Type", "Tail"),))
    assert b"late" not in base64.b64decode(answer.header("X-Amz-Log-Result") or "")


def test_endless_output_does_not_grow_the_emulator(start):
    """Only the tail of an invocation's log is kept for X-Amz-Log-Result."""
    function = start()
    answer = function.invoke({"do": "print", "text": "x\n" * 100_000})
    assert answer.status == 200
    assert len(function.log) > 100_000
    tail = function.invoke(STATE, headers=(("X-Amz-Log-Type", "Tail"),))
    assert len(base64.b64decode(tail.header("X-Amz-Log-Result") or "")) < LOG_TAIL_BYTES


def test_a_taken_port_is_named(code):
    """A port in use is an error with a way out, and nothing is left running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        function = LocalFunction(code, "app.handler", "python3.11")
        for changes, option in (({"port": port}, "--port 0"), ({"api_port": port}, "--api-port 0")):
            with (
                pytest.raises(EmulatorError, match=str(port)) as raised,
                running(function, **changes),
            ):
                pass
            assert option in raised.value.hint


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_there_is_not_is_named(code, port):
    """Ports go up to 65,535."""
    function = LocalFunction(code, "app.handler", "python3.11")
    with pytest.raises(EmulatorError, match=f"Port {port} "), running(function, port=port):
        pass


@pytest.mark.parametrize("handler", ["missing.handler", "nodot"])
def test_a_missing_handler_is_found_before_anything_starts(code, handler):
    """A missing module of the handler is an error before the start."""
    with (
        pytest.raises(EmulatorError, match=handler.partition(".")[0]),
        running(LocalFunction(code, handler, "python3.11")),
    ):
        pass


WRAPPER = """#!/bin/sh
WRAPPED=yes exec "$@"
"""
SAYS_WRAPPED = """
import os
def handler(event, context):
    return os.environ.get("WRAPPED")
"""


def test_a_wrapper_starts_the_runtime(tmp_path):
    """L61: AWS_LAMBDA_EXEC_WRAPPER is a script that gets the runtime's command as arguments."""
    script = tmp_path / "code" / "wrap.sh"
    script.parent.mkdir()
    script.write_text(WRAPPER)
    script.chmod(0o755)
    environment = {"AWS_LAMBDA_EXEC_WRAPPER": "./wrap.sh"}
    with run(script.parent, SAYS_WRAPPED, environment=environment) as function:
        assert function.invoke({}).json() == "yes"


def test_a_missing_wrapper_is_exit_status_127(start):
    """L30, L61: a missing wrapper script ends the process with 127."""
    answer = start(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap.sh"}).invoke({})
    assert answer.header("X-Amz-Function-Error") == "Unhandled"
    assert answer.json()["errorMessage"].endswith("exit status 127")
