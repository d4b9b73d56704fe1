"""emulator: AWS Lambda on this machine, without Docker.

In: a `LocalFunction`: a folder or zip with a Python handler, layers and settings. Out: a Function
URL and an Invoke API that answer as AWS's do, or a `Measurement` of the function's speed. AWS's own
runtime interface client calls the handler, in a Python of the function's version.

The emulator never changes the code it is given, hands none of this machine's environment variables
to the function, listens on the loopback address only, and removes its processes and folders.

`running`, `serve` and `measure` import the web server when they are called: it loads slowly, and
most of poner's commands need no server.
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
    """Write one line about a request to standard error; a closed standard error is ignored.

    Unprintable characters, such as those in a path that a client chose, are escaped.
    """
    _write(printable(line))


def write_log(event: str) -> None:
    """Write one log event of the function to standard error; tabs and newlines are kept."""
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
    require_confinement: bool = False,
    watching: Watching | None = None,
    callers: Callers = NOBODY_ELSE,
) -> Iterator[LocalUrls]:
    """Run a function in the background while the block runs.

    Args:
        function: the function to run.
        port: port of the Function URL; 0 picks a free one.
        api_port: port of the Invoke API; 0 picks a free one.
        log: called with every log event of the function, from another thread; must not raise.
        notify: called with a line for each request and each event that a developer should know
            about, from another thread; must not raise.
        warn: called with one line if this machine cannot isolate the function from its files.
        require_confinement: fail if this machine cannot isolate the function from its files.
        watching: files to watch; the function is remade when they change.
        callers: host names and pages that may call the function besides this machine's programs.

    Raises:
        EmulatorError: the settings or the code cannot be used, or a port is not available.
        ConfinementError: isolation is required, but this machine cannot provide it.
        InterpreterNotFoundError: there is no Python of the function's version.
        InstallError: awslambdaric could not be installed.
    """
    from poner.emulator.local_lambda import prepared, served_in_thread, termination_unwinds

    with termination_unwinds(), contextlib.ExitStack() as unpacked:
        service = _service(port, api_port, log, notify, callers)
        prepare = partial(prepared, require_confinement=require_confinement)
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
    require_confinement: bool = False,
    watching: Watching | None = None,
    callers: Callers = NOBODY_ELSE,
) -> None:
    """Run a function until SIGINT, SIGTERM or SIGHUP; call it from the main thread.

    Args:
        function: the function to run.
        port: port of the Function URL; 0 picks a free one.
        api_port: port of the Invoke API; 0 picks a free one.
        announce: called with the URLs once both servers listen.
        log: called with every log event of the function; must not raise.
        notify: called with a line for each request and each event that a developer should know
            about; must not raise.
        warn: called with one line if this machine cannot isolate the function from its files.
        require_confinement: fail if this machine cannot isolate the function from its files.
        watching: files to watch; the function is remade when they change.
        callers: host names and pages that may call the function besides this machine's programs.

    Raises:
        EmulatorError: the settings or the code cannot be used, or a port is not available.
        ConfinementError: isolation is required, but this machine cannot provide it.
        InterpreterNotFoundError: there is no Python of the function's version.
        InstallError: awslambdaric could not be installed.
    """
    from poner.emulator.local_lambda import prepared, serve_until_signalled, termination_unwinds

    with termination_unwinds(), contextlib.ExitStack() as unpacked:
        service = _service(port, api_port, log, notify, callers)
        prepare = partial(prepared, require_confinement=require_confinement)
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
    """The settings of the servers.

    Raises:
        EmulatorError: a host name or an origin of the callers is malformed.
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
    """The service with its watcher, which notices every change from before the unpacking on."""
    from poner.emulator.watching import Watcher

    if watching is None:
        return service
    return replace(service, watcher=Watcher(watching, unpacked, prepare, service.notify))


def measure(function: LocalFunction, event: bytes, *, cold_starts: int, warm: int) -> Measurement:
    """Time a function at the Runtime API; call it outside of a running event loop.

    Args:
        function: the function to run.
        event: JSON of every invocation.
        cold_starts: number of cold starts, at least 1.
        warm: number of further invocations of the last process.

    Raises:
        EmulatorError: the settings or the code cannot be used, or the function did not answer.
        InterpreterNotFoundError: there is no Python of the function's version.
        InstallError: awslambdaric could not be installed.
    """
    from poner.emulator.local_lambda import prepared, termination_unwinds
    from poner.emulator.measurement import measured

    with termination_unwinds(), prepared(function, isolate=False) as launch:
        return asyncio.run(measured(launch, event, cold_starts, warm))
