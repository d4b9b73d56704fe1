"""However the emulator ends, no process and no folder stays behind."""

import concurrent.futures
import gc
import json
import shutil
import signal
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from poner.emulator import LocalFunction, running
from tests.end_to_end.emulator.conftest import eventually

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
STATE = b'{"do":"state"}'


def act(url: str, event: bytes) -> bytes:
    """Send an event to ALL_ROUND and return what it answers."""
    request = urllib.request.Request(f"{url}act", event, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def test_the_end_of_the_block_ends_everything(code, ended):
    """Processes end and the task folder goes when the block ends."""
    with running(LocalFunction(code, "app.handler", RUNTIME), log=lambda _: None) as urls:
        state = json.loads(act(urls.url, STATE))
        child = int(act(urls.url, b'{"do":"spawn"}'))
        assert Path(state["task"]).is_dir()
    assert ended(state["pid"])
    assert ended(child)
    assert not Path(state["task"]).parent.exists()


def test_an_exception_in_the_block_ends_everything(code, ended):
    """So they do when the block raises, and the exception is the caller's own."""
    states = []

    def block() -> None:
        with running(LocalFunction(code, "app.handler", RUNTIME), log=lambda _: None) as urls:
            states.append(json.loads(act(urls.url, STATE)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    state = states[0]
    assert ended(state["pid"])
    assert not Path(state["task"]).parent.exists()


SERVE = """
import json, sys
from pathlib import Path
from poner.emulator import LocalFunction, serve
serve(
    LocalFunction(Path(sys.argv[1]), "app.handler", sys.argv[2], timeout_s=60),
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
with running(LocalFunction(Path(sys.argv[1]), "app.handler", sys.argv[2], timeout_s=60)) as urls:
    print(json.dumps(vars(urls)), flush=True)
    time.sleep(60)
"""


class Emulator:
    """poner in a process of its own."""

    def __init__(self, program: str, code: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(code), RUNTIME],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
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
        (RUN, signal.SIGINT, -signal.SIGINT),
        (RUN, signal.SIGTERM, 143),
    ],
    ids=["serve-INT", "serve-TERM", "running-INT", "running-TERM"],
)
def test_signals_end_everything(code, ended, tmp_path, program, number, code_of_exit):
    """SIGINT and SIGTERM, with an invocation under way too."""
    emulator = Emulator(program, code)
    wait = json.dumps({"do": "wait", "for": str(tmp_path / "nothing")}).encode()
    state = json.loads(act(emulator.urls["url"], STATE))
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        busy = thread.submit(act, emulator.urls["url"], wait)
        assert eventually((tmp_path / "nothing.awaited").exists)
        assert emulator.end(number) == code_of_exit
        with pytest.raises(urllib.error.HTTPError, match="502"):  # cut short, yet answered
            busy.result()
    assert ended(state["pid"])
    assert not Path(state["task"]).parent.exists()


def test_killing_poner_kills_the_function_too(code, ended, tmp_path):
    """Not even SIGKILL leaves a process: the kernel ends a busy loop, and what it started."""
    (code / "app.py").write_text(
        "import os, subprocess\n"
        "def handler(event, context):\n"
        "    if event['rawPath'] == '/loop':\n"
        f"        open({str(tmp_path / 'looping')!r}, 'w').close()\n"
        "        while True: pass\n"
        "    pids = [os.getpid(), subprocess.Popen(['sleep', '300']).pid]\n"
        "    return {'pids': pids, 'task': os.environ['LAMBDA_TASK_ROOT']}\n"
    )
    emulator = Emulator(SERVE, code)
    url = emulator.urls["url"]
    with urllib.request.urlopen(url, timeout=10) as answer:
        state = json.load(answer)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        busy = thread.submit(urllib.request.urlopen, f"{url}loop")
        assert eventually((tmp_path / "looping").exists)
        assert emulator.end(signal.SIGKILL) == -signal.SIGKILL
        with pytest.raises(OSError, match=r"reset|closed"):
            busy.result()
    assert all(ended(pid) for pid in state["pids"])
    shutil.rmtree(Path(state["task"]).parent)  # the one thing that nobody is left to do


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
