"""Reload: new requests get the new code, requests under way the code they began with."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poner.emulator import LocalFunction, Watching, running
from tests.end_to_end.emulator.conftest import RUNTIME, Running

SOURCE = """
import time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return "{mark}"
"""


@contextlib.contextmanager
def watched(code: Path, **settings: object) -> Iterator[Running]:
    """Run app.handler of a folder or zip, and watch it."""
    values = {"handler": "app.handler", "runtime": RUNTIME, "timeout_s": 20, **settings}
    function = LocalFunction(code, **values)  # type: ignore[arg-type]
    log: list[str] = []
    lines: list[str] = []
    with running(
        function,
        log=log.append,
        notify=lines.append,
        watching=Watching((code, *function.layers), lambda: function),
    ) as urls:
        yield Running(urls, "function", "", log, lines)


def write(folder: Path, mark: str) -> None:
    """Write a handler that answers with a mark."""
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(SOURCE.format(mark=mark))


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait half a minute at most."""
    deadline_s = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def said(function: Running, beginning: str) -> int:
    """How many lines begin like this."""
    return sum(line.startswith(beginning) for line in function.lines)


@pytest.fixture
def unpacked(tmp_path, monkeypatch):
    """Counts the folders that code is unpacked into."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    return lambda: len(list(scratch.iterdir()))


def test_new_code_answers_new_requests(tmp_path, unpacked):
    """A reload removes the former code's files, and the end removes all."""
    code = tmp_path / "code"
    write(code, "one")
    with watched(code) as function:
        assert function.invoke({}).json() == "one"
        for number, mark in enumerate(("two", "three"), start=1):
            write(code, mark)
            wait_until(lambda number=number: said(function, "Reloaded") == number)
            assert function.invoke({}).json() == mark
            wait_until(lambda: unpacked() == 1)
        assert [line.split()[-1] for line in function.lines if "POST" in line] == ["cold"] * 3
    assert unpacked() == 0


def test_a_request_under_way_is_not_dropped(tmp_path, unpacked):
    """A request under way ends in the old code, while new requests get the new code."""
    code = tmp_path / "code"
    write(code, "old")
    with watched(code) as function, concurrent.futures.ThreadPoolExecutor() as threads:
        slow = threads.submit(function.invoke, {"seconds": 7})
        wait_until(lambda: any(line.startswith("START") for line in function.log))
        write(code, "new")
        wait_until(lambda: said(function, "Reloaded") == 1)
        assert function.invoke({}).json() == "new"
        assert not slow.done()
        assert unpacked() == 2
        assert slow.result().json() == "old"
        wait_until(lambda: unpacked() == 1)


def test_the_end_cuts_former_code_short_too(tmp_path, unpacked):
    """A request that the former code still works on ends with the emulator, answered."""
    code = tmp_path / "code"
    write(code, "old")
    with concurrent.futures.ThreadPoolExecutor() as threads:
        with watched(code) as function:
            slow = threads.submit(function.invoke, {"seconds": 15})
            wait_until(lambda: any(line.startswith("START") for line in function.log))
            write(code, "new")
            wait_until(lambda: said(function, "Reloaded") == 1)
            begin_s = time.monotonic()
        assert time.monotonic() - begin_s < 10
        assert slow.result().json()["errorType"] == "Runtime.ExitError"
    assert unpacked() == 0


def test_a_broken_zip_keeps_the_former_code(tmp_path):
    """A faulty version is reported once, and the next good version is loaded."""
    code = tmp_path / "function.zip"

    def pack(mark: str) -> bytes:
        with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
            archive.writestr("app.py", SOURCE.format(mark=mark))
        return (tmp_path / "packed.zip").read_bytes()

    code.write_bytes(pack("one"))
    with watched(code) as function:
        code.write_bytes(pack("two")[:-10])
        wait_until(lambda: said(function, "Not reloaded; the former code goes on answering.") == 1)
        time.sleep(1.2)
        assert said(function, "Not reloaded") == 1
        assert function.invoke({}).json() == "one"
        code.write_bytes(pack("two"))
        wait_until(lambda: said(function, "Reloaded") == 1)
        assert function.invoke({}).json() == "two"


def test_a_folder_that_is_being_written_is_waited_for(tmp_path):
    """While files still change between two looks, there is no reload."""
    code = tmp_path / "code"
    write(code, "one")
    with watched(code) as function:
        end_s = time.monotonic() + 2
        while time.monotonic() < end_s:
            (code / "growing").open("a").write("x")
            time.sleep(0.1)
        assert said(function, "Reloaded") == 0
        wait_until(lambda: said(function, "Reloaded") == 1)


def test_a_layer_counts_too(tmp_path):
    """A change to a layer reloads as one to the code does."""
    layer = tmp_path / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "python/dependency.py").write_text("MARK = 'one'\n")
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text("import dependency\nhandler = lambda *_: dependency.MARK\n")
    with watched(code, layers=(layer,)) as function:
        assert function.invoke({}).json() == "one"
        (layer / "python/dependency.py").write_text("MARK = 'other'\n")
        wait_until(lambda: said(function, "Reloaded") == 1)
        assert function.invoke({}).json() == "other"


@pytest.fixture
def command(tmp_path, unpacked):
    """Starts `poner local` on a folder, in a process of its own."""
    processes = []

    def start(*flags: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from poner.cli import main; main()", "local"),
                *(str(tmp_path / "code"), "--handler", "app.handler", "--runtime", RUNTIME),
                *("--port", "0", "--api-port", "0", *flags),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": tempfile.gettempdir()},
        )
        processes.append(process)
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def get(url: str) -> bytes:
    """The answer's body."""
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().read()


def test_the_command_watches(tmp_path, command, unpacked):
    """`poner local --watch` reloads, and Ctrl-C ends it with code 0 and nothing left."""
    write(tmp_path / "code", "one")
    process, urls = command("--watch")
    assert get(urls["url"]) == b"one"
    write(tmp_path / "code", "two")
    wait_until(lambda: get(urls["url"]) == b"two")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Reloaded: new requests are answered by the new code.\n" in said
    assert unpacked() == 0


@pytest.mark.parametrize("quiet", [False, True])
def test_quiet_shows_neither_log_nor_requests(tmp_path, command, quiet):
    """Standard output has the one line of JSON; stderr the log and requests, or nothing."""
    write(tmp_path / "code", "one")
    process, urls = command(*(["--quiet"] if quiet else []))
    get(urls["url"])
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert (said == "") is quiet
    assert quiet or ("START RequestId" in said and " GET / 200 " in said)
