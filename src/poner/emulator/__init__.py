"""emulator: AWS Lambda on this machine, without Docker.

In: a `LocalFunction`: a folder or zip with a Python handler, layers, settings. Out: a Function URL
and an Invoke API that answer as AWS's do, backed by AWS's own runtime interface client in the
function's own Python, or a `Measurement` of how fast it is.

It must not change the code it is given, let anything of this machine's environment into the
function's process, listen beyond the loopback address, or leave a process or a folder behind.

The verbs import what they need when they are called: the web server takes a while to load, and
most of poner's commands run nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from poner.emulator.function import (
    NOBODY_ELSE,
    AccessKey,
    Callers,
    LocalFunction,
    LocalUrls,
    Measurement,
    Watching,
)
from poner.printable import printable

if TYPE_CHECKING:
    from poner.emulator.local_lambda import Service
    from poner.emulator.sandbox.launch import Launch

__all__ = [
    "LocalFunction",
    "AccessKey",
    "Callers",
    "LocalUrls",
    "Watching",
    "Measurement",
    "running",
    "serve",
    "measure",
    "write_log",
    "write_to_stderr",
]


def write_to_stderr(line: str) -> None:
    """Write one line about requests to standard error, if anybody reads that still.

    What the caller of the function chose, such as a path, is made printable.
    """
    _write(printable(line))


def write_log(event: str) -> None:
    """Write one log event of the function to standard error; its tabs and newlines stay."""
    _write(printable(event, keep="\t\n"))


def _write(text: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{text}\n")


@contextlib.contextmanager
def running(
    function: LocalFunction,
    *,
    port: int = 0,
    api_port: int = 0,
    log: Callable[[str], None] = write_log,
    notify: Callable[[str], None] = write_to_stderr,
    warn: Callable[[str], None] = write_to_stderr,
    require_isolation: bool = False,
    watching: Watching | None = None,
    callers: Callers = NOBODY_ELSE,
) -> Iterator[LocalUrls]:
    """Run a function in the background for as long as the block runs.

    Args:
        function: what to run.
        port: of the Function URL; 0 picks a free one.
        api_port: of the Invoke API; 0 picks a free one.
        log: called with every log event of the function, from another thread; must not raise.
        notify: called with a line for each request, and about what else a developer should
            know, from another thread; must not raise.
        warn: called with one line where the function is not isolated from this machine's files.
        require_isolation: refuse to run it there.
        watching: files that make the function anew when they change.
        callers: names and pages that may call it besides this machine's programs.

    Raises:
        EmulatorError: the settings or the code will not do, or a port cannot be had.
        InterpreterNotFoundError: there is no such Python.
        InstallError: awslambdaric could not be installed.
    """
    from poner.emulator.local_lambda import prepared, served_in_thread, termination_unwinds

    with termination_unwinds(), contextlib.ExitStack() as unpacked:
        service = _service(port, api_port, log, notify, callers)
        prepare = partial(prepared, require_isolation=require_isolation)
        service = _watched(service, watching, unpacked, prepare)
        launch = unpacked.enter_context(prepare(function, log=warn))
        with served_in_thread(launch, service) as urls:
            yield urls


def serve(
    function: LocalFunction,
    *,
    port: int,
    api_port: int,
    announce: Callable[[LocalUrls], None],
    log: Callable[[str], None] = write_log,
    notify: Callable[[str], None] = write_to_stderr,
    warn: Callable[[str], None] = write_to_stderr,
    require_isolation: bool = False,
    watching: Watching | None = None,
    callers: Callers = NOBODY_ELSE,
) -> None:
    """Run a function until SIGINT, SIGTERM or SIGHUP; call it from the main thread.

    Args:
        function: what to run.
        port: of the Function URL; 0 picks a free one.
        api_port: of the Invoke API; 0 picks a free one.
        announce: called once both listen.
        log: called with every log event of the function; must not raise.
        notify: called with a line for each request, and about what else a developer should
            know; must not raise.
        warn: called with one line where the function is not isolated from this machine's files.
        require_isolation: refuse to run it there.
        watching: files that make the function anew when they change.
        callers: names and pages that may call it besides this machine's programs.

    Raises:
        EmulatorError: the settings or the code will not do, or a port cannot be had.
        InterpreterNotFoundError: there is no such Python.
        InstallError: awslambdaric could not be installed.
    """
    from poner.emulator.local_lambda import prepared, serve_until_signalled, termination_unwinds

    with termination_unwinds(), contextlib.ExitStack() as unpacked:
        service = _service(port, api_port, log, notify, callers)
        prepare = partial(prepared, require_isolation=require_isolation)
        service = _watched(service, watching, unpacked, prepare)
        launch = unpacked.enter_context(prepare(function, log=warn))
        asyncio.run(serve_until_signalled(launch, service, announce))


def _service(
    port: int,
    api_port: int,
    log: Callable[[str], None],
    notify: Callable[[str], None],
    callers: Callers,
) -> Service:
    """What is said of serving.

    Raises:
        EmulatorError: a name or an origin of the callers is none.
    """
    from poner.emulator.local_lambda import Service
    from poner.emulator.protocol.callers import check_callers

    check_callers(callers)
    return Service(port, api_port, log, notify, callers)


def _watched(
    service: Service,
    watching: Watching | None,
    unpacked: contextlib.ExitStack,
    prepare: Callable[[LocalFunction], contextlib.AbstractContextManager[Launch]],
) -> Service:
    """With its watcher; changes count from now on, before the files are unpacked."""
    from poner.emulator.watching import Watcher

    if watching is None:
        return service
    return replace(service, watcher=Watcher(watching, unpacked, prepare, service.notify))


def measure(function: LocalFunction, event: bytes, *, cold_starts: int, warm: int) -> Measurement:
    """Time a function at the Runtime API; call it where no event loop runs.

    Args:
        function: what to run.
        event: JSON it is invoked with, every time.
        cold_starts: how often to start it anew, at least once.
        warm: how many invocations of the last start to time after its first.

    Raises:
        EmulatorError: the settings or the code will not do, or the function did not answer.
        InterpreterNotFoundError: there is no such Python.
        InstallError: awslambdaric could not be installed.
    """
    from poner.emulator.local_lambda import prepared, termination_unwinds
    from poner.emulator.measurement import measured

    with termination_unwinds(), prepared(function, isolate=False) as launch:
        return asyncio.run(measured(launch, event, cold_starts, warm))
