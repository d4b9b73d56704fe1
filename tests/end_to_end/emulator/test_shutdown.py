"""The emulator leaves no process and no folder, for every kind of ending."""

import concurrent.futures
import gc
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from poner.emulator import LocalFunction, running, write_to_stderr
from tests.end_to_end.emulator.conftest import RUNTIME, START_DAEMON
from tests.support.processes import processes_of

STATE = b'{"do":"state"}'
MARK = secrets.token_hex(8)


def act(url: str, event: bytes) -> bytes:
    """Send an event to ALL_ROUND and return what it answers."""
    request = urllib.request.Request(f"{url}act", event, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder that poner's own are made in; nothing else is there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def make_function(code: Path) -> LocalFunction:
    """ALL_ROUND, with a mark."""
    return LocalFunction(code, "app.handler", RUNTIME, environment={"MARK": MARK})


def test_the_end_of_the_block_ends_everything(code, scratch, isolated):
    """Processes end and the task folder goes when the block ends."""
    with running(make_function(code), log=lambda _: None) as urls:
        act(urls.url, STATE)
        act(urls.url, b'{"do":"spawn"}')
        assert len(processes_of(MARK)) == 2
        assert list(scratch.iterdir()) != []
    assert processes_of(MARK) == list(scratch.iterdir()) == []


def test_an_exception_in_the_block_ends_everything(code, scratch, isolated):
    """The same holds when the block raises, and the exception reaches the caller unchanged."""

    def block() -> None:
        with running(make_function(code), log=lambda _: None) as urls:
            act(urls.url, STATE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    assert processes_of(MARK) == list(scratch.iterdir()) == []


SERVE = """
import json, sys
from pathlib import Path
from poner.emulator import LocalFunction, local_lambda, serve
if sys.argv[4] == "beside":
    local_lambda.why_not_isolated = lambda launch: "not tried"
mark = {"MARK": sys.argv[3]}
serve(
    LocalFunction(Path(sys.argv[1]), "app.handler", sys.argv[2], timeout_s=60, environment=mark),
    port=0,
    api_port=0,
    announce=lambda urls: print(json.dumps(vars(urls)), flush=True),
)
"""
RUN = """
import json, signal, sys, time
from pathlib import Path
from poner.emulator import LocalFunction, running
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start jobs with SIGINT ignored
mark = {"MARK": sys.argv[3]}
with running(
    LocalFunction(Path(sys.argv[1]), "app.handler", sys.argv[2], timeout_s=60, environment=mark)
) as urls:
    print(json.dumps(vars(urls)), flush=True)
    time.sleep(60)
"""


class Emulator:
    """poner in a process of its own."""

    def __init__(
        self,
        program: str,
        code: Path,
        *,
        isolated: bool = True,
        stderr: int = subprocess.DEVNULL,
    ) -> None:
        arguments = [str(code), RUNTIME, MARK, "isolated" if isolated else "beside"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        assert self.process.stdout is not None
        self.urls = json.loads(self.process.stdout.readline())

    def end(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.mark.parametrize(
    ("program", "number", "code_of_exit"),
    [
        (SERVE, signal.SIGINT, 0),
        (SERVE, signal.SIGTERM, 0),
        (SERVE, signal.SIGHUP, 0),
        (RUN, signal.SIGINT, -signal.SIGINT),
        (RUN, signal.SIGTERM, 143),
        (RUN, signal.SIGHUP, 129),
    ],
    ids=["serve-INT", "serve-TERM", "serve-HUP", "running-INT", "running-TERM", "running-HUP"],
)
def test_signals_end_everything(code, scratch, program, number, code_of_exit):
    """SIGINT, SIGTERM and a terminal that is closed, with an invocation under way too."""
    emulator = Emulator(program, code)
    act(emulator.urls["url"], STATE)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        busy = thread.submit(act, emulator.urls["url"], b'{"do":"sleep","seconds":50}')
        time.sleep(0.5)
        assert emulator.end(number) == code_of_exit
        with pytest.raises(urllib.error.HTTPError, match="502"):  # cut short, yet answered
            busy.result()
    assert processes_of(MARK) == list(scratch.iterdir()) == []


def test_nobody_has_to_read_the_log(code, scratch):
    """A function answers on when the reader of standard error has left, as `head -1` does."""
    reading, writing = os.pipe()
    emulator = Emulator(SERVE, code, stderr=writing)
    os.close(writing)
    os.close(reading)
    assert json.loads(act(emulator.urls["url"], STATE))["count"] == 1
    assert json.loads(act(emulator.urls["url"], STATE))["count"] == 2
    assert emulator.end(signal.SIGTERM) == 0
    assert processes_of(MARK) == list(scratch.iterdir()) == []


def test_standard_error_may_be_closed(monkeypatch):
    """The function runs even if standard error is closed (`sys.stderr` is None)."""
    monkeypatch.setattr(sys, "stderr", None)
    write_to_stderr("nobody reads this")


DAEMON = f"""
{START_DAEMON}
def handler(event, context):
    if event["rawPath"] == "/loop":
        while True: pass
    start_daemon()
"""


def test_killing_poner_kills_the_function_too(code, scratch, isolated, ended):
    """Not even SIGKILL leaves a process: neither a busy loop, nor a daemon that it started.

    The function's files are removed by the next local Lambda.
    """
    (code / "app.py").write_text(DAEMON)
    emulator = Emulator(SERVE, code, isolated=isolated)
    url = emulator.urls["url"]
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"null"
    assert len(processes_of(MARK)) == 2
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        busy = thread.submit(urllib.request.urlopen, f"{url}loop")
        time.sleep(0.5)
        assert emulator.end(signal.SIGKILL) == -signal.SIGKILL
        with pytest.raises(OSError, match=r"reset|closed"):
            busy.result()
    assert ended(MARK)
    assert len(list(scratch.iterdir())) == 1
    with running(make_function(code), log=lambda _: None):
        assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []


def test_no_descriptor_stays_open(code):
    """Starting, crashing and stopping functions does not use up descriptors."""
    counts = []
    for _ in range(4):
        with running(LocalFunction(code, "app.handler", RUNTIME), log=lambda _: None) as urls:
            act(urls.url, STATE)
            with pytest.raises(urllib.error.HTTPError):
                act(urls.url, b'{"do":"kill","signal":9}')
            act(urls.url, STATE)
        gc.collect()  # of this test's own connections
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert counts[3] <= counts[1]
