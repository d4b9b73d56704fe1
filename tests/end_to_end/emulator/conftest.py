"""Functions to run, and clients that speak to them over the wire."""

import contextlib
import http.client
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from poner.emulator import Callers, LocalFunction, LocalUrls, local_lambda, running
from poner.environments import find_python
from poner.errors import PonerError
from tests.support.processes import processes_of

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


def eventually(condition: Callable[[], object]) -> bool:
    """Whether something becomes true within half a minute."""
    deadline_s = time.monotonic() + 30
    while not (done := bool(condition())) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return done


@dataclass
class Answer:
    """An HTTP response as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The value of a header, None if it is not there."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None


@dataclass
class Running:
    """A running function, with its log and the lines about requests."""

    urls: LocalUrls
    name: str
    mark: str
    log: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def logs(self, begin: str, times: int = 1) -> bool:
        """Whether a number of log lines begin with a text, within ten seconds."""
        return eventually(lambda: sum(line.startswith(begin) for line in self.log) >= times)

    def processes(self) -> list[int]:
        """Its processes, and those they started, as this machine numbers them."""
        return processes_of(self.mark)

    def request(
        self,
        path: str = "/",
        *,
        method: str = "POST",
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
        body: bytes | None = None,
        host: str | None = None,
    ) -> Answer:
        """Send a request to the Function URL, exactly as given."""
        connection = http.client.HTTPConnection(host or self.urls.url.split("/")[2], timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())

    def invoke(
        self, event: object = None, *, headers: tuple[tuple[str, str], ...] = (), **changes: Any
    ) -> Answer:
        """Call Invoke with an event; `path` and `body` can be changed."""
        path = changes.pop("path", f"/2015-03-31/functions/{self.name}/invocations")
        body = changes.pop("body", json.dumps(event, ensure_ascii=False).encode())
        host = self.urls.api.split("/")[2]
        return self.request(path, headers=headers, body=body, host=host, **changes)


@contextlib.contextmanager
def run(folder: Path, source: str, **settings: Any) -> Iterator[Running]:
    """Run a handler module `app.py`, with as many settings as the test cares for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(source)
    mark = secrets.token_hex(8)
    callers = settings.pop("callers", Callers())
    settings["environment"] = {"MARK": mark, **settings.get("environment", {})}
    function = LocalFunction(folder, **{"handler": "app.handler", "runtime": RUNTIME, **settings})
    log: list[str] = []
    lines: list[str] = []
    with running(function, log=log.append, notify=lines.append, callers=callers) as urls:
        lines.clear()  # of what is said where functions cannot be isolated
        yield Running(urls, function.name, mark, log, lines)
    assert processes_of(mark) == []


@pytest.fixture(autouse=True)
def no_errors_in_the_servers(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever clients and processes do, no server meets an exception it did not expect."""
    yield
    loggers = ("aiohttp", "asyncio")
    errors = [record for record in caplog.records if record.name.startswith(loggers)]
    assert not [record.getMessage() for record in errors if record.levelname == "ERROR"]


ALL_ROUND = """
import base64, json, os, signal, sys, tempfile, time
count = 0
process = os.urandom(8).hex()
kept = os.path.join(tempfile.gettempdir(), "kept")

class Number:
    pass

def handler(event, context):
    global count
    count += 1
    if isinstance(event, dict) and "rawPath" in event:
        body = event.get("body", "null")
        if event["rawPath"] == "/echo":
            return {"statusCode": 200, "body": event}
        if event["rawPath"] != "/act":
            return event
        event = json.loads(base64.b64decode(body) if event["isBase64Encoded"] else body)
    if not isinstance(event, dict):
        return event
    match event.get("do"):
        case "return": return event["value"]
        case "raise": raise ValueError(event["message"] * event.get("times", 1))
        case "size": return "x" * (event["bytes"] - 2)
        case "set": return {1, 2}
        case "number": return {"prediction": Number()}
        case "nan": return float("nan")
        case "bytes": return b"raw"
        case "exit": sys.exit(event["code"])
        case "_exit": os._exit(event["code"])
        case "kill": os.kill(os.getpid(), event["signal"])
        case "segfault":
            import ctypes
            ctypes.string_at(0)
        case "sleep": time.sleep(event["seconds"])
        case "write":
            with open(kept, "w") as file:
                file.write("here")
        case "spawn":
            import subprocess
            subprocess.Popen(["sleep", "300"])
        case "print": print(event["text"])
        case "context":
            return {key: repr(value) if key == "identity" else value
                    for key, value in vars(context).items() if key != "client_context"} | {
                "memory_limit_in_mb": context.memory_limit_in_mb,
                "custom": context.client_context and context.client_context.custom,
                "trace": os.environ["_X_AMZN_TRACE_ID"],
                "left": context.get_remaining_time_in_millis()}
        case "state":
            return {"process": process, "count": count, "kept": os.path.exists(kept)}
"""
"""A handler that does what its event says."""


START_DAEMON = """
import os, time
def start_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(300)
        os._exit(0)
    os.wait()
"""
"""For handlers: starts a process in another session, which no longer has them for a parent."""


@pytest.fixture(params=["3.9", "3.13"])
def version(request: pytest.FixtureRequest) -> str:
    """A version of Python; skips where it is not on this machine."""
    try:
        find_python(request.param)
    except PonerError as error:
        pytest.skip(str(error))
    return request.param


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start functions, ALL_ROUND or another source; they are stopped after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda source=ALL_ROUND, **settings: stack.enter_context(
            run(tmp_path / f"code-{len(list(tmp_path.iterdir()))}", source, **settings)
        )


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder with ALL_ROUND in app.py."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text(ALL_ROUND)
    return folder


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """ALL_ROUND with room for two invocations at a time, shared by the tests of a module."""
    with run(tmp_path_factory.mktemp("lively"), ALL_ROUND, concurrency=2, timeout_s=1) as function:
        yield function


@pytest.fixture
def ended() -> Callable[[str], bool]:
    """Whether every process with a mark ends within ten seconds."""
    return lambda mark: eventually(lambda: not processes_of(mark))


@pytest.fixture(scope="session")
def obstacle(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """Why this machine cannot isolate functions; None if it can."""
    folder = tmp_path_factory.mktemp("trial")
    (folder / "app.py").touch()
    said: list[str] = []
    function = LocalFunction(folder, "app.handler", RUNTIME)
    with local_lambda.prepared(function, log=said.append) as launch:
        assert launch.isolated is not bool(said)
    return said[0] if said else None


@pytest.fixture(params=["isolated", "beside"])
def isolated(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, obstacle: str | None
) -> bool:
    """Functions are isolated; then they are not, as on a machine that does not allow it."""
    if request.param == "beside":
        monkeypatch.setattr(local_lambda, "why_not_isolated", lambda launch: "not tried")
    elif obstacle is not None:
        pytest.skip(obstacle)
    return request.param == "isolated"
