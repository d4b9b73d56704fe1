"""Prepares a function on disk, and serves its Function URL and Invoke API until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from poner.emulator.event_queue import RETRY_DELAYS_S, THROTTLED_DELAYS_S, EventQueue
from poner.emulator.function import Callers, LocalFunction, LocalUrls, check_settings
from poner.emulator.function_url import FunctionUrl
from poner.emulator.http_server import HOST, listen
from poner.emulator.invoke_api import InvokeApi
from poner.emulator.pool import Pool
from poner.emulator.sandbox.launch import Launch, layer_folders
from poner.emulator.sandbox.sandbox import why_not_isolated
from poner.emulator.sandbox.supervision import Supervisor
from poner.emulator.sandbox.unpacking import unpack
from poner.emulator.watching import Watcher
from poner.errors import ConfinementError, EmulatorError
from poner.storage import scratch_folder, temporary_faults

NOT_ISOLATED = "Warning: the function runs beside this machine's files, not isolated from them: {}."
"""Warning on a machine where user namespaces are not available."""

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end poner with clean-up: a request to end, and a closed terminal."""


@dataclass(frozen=True)
class Service:
    """How a function is served."""

    port: int
    """Port of the Function URL; 0 picks a free one."""
    api_port: int
    """Port of the Invoke API; 0 picks a free one."""
    log: Callable[[str], None]
    """Called with every log event of the function."""
    notify: Callable[[str], None]
    """Called with a line for each request and each event that a developer should know about."""
    callers: Callers
    """Host names and web pages that may call the function besides this machine's programs."""
    watcher: Watcher | None = None
    """Replaces the function when its files change."""


@contextlib.contextmanager
def prepared(
    function: LocalFunction,
    *,
    isolate: bool = True,
    require_confinement: bool = False,
    log: Callable[[str], None] = lambda line: None,
) -> Iterator[Launch]:
    """Unpack a function and start its supervisor; both are removed when the block ends.

    Args:
        function: the function to run.
        isolate: show the function Lambda's folders, and none of the user's files.
        require_confinement: fail if this machine cannot isolate the function.
        log: called with a warning if this machine cannot isolate the function.

    Raises:
        EmulatorError: the settings, the code, a layer or this system cannot be used.
        ConfinementError: isolation is required, but this machine cannot provide it.
        InterpreterNotFoundError: there is no Python of the function's version.
        InstallError: awslambdaric could not be installed.
        StorageError: there is no room for temporary files.
    """
    if not sys.platform.startswith("linux"):
        raise EmulatorError(
            "AWS's runtime interface client runs on Linux only.",
            "Run this on Linux, in WSL 2 or in a Linux container.",
        )
    check_settings(function)
    with contextlib.ExitStack() as stack:
        with temporary_faults():
            launch = _launch(function, stack.enter_context(scratch_folder()).resolve(), stack)
            obstacle = why_not_isolated(launch) if isolate else None
        if obstacle is not None and require_confinement:
            raise ConfinementError(
                f"The function cannot be isolated from this machine's files: {obstacle}.",
                "Run it on Linux with user namespaces, or leave out --require-confinement for "
                "a function that you trust.",
            )
        if obstacle is not None:
            log(NOT_ISOLATED.format(obstacle))
        yield replace(launch, isolated=isolate and obstacle is None)


def _launch(function: LocalFunction, scratch: Path, stack: contextlib.ExitStack) -> Launch:
    """The function unpacked in a scratch folder, with a supervisor that ends with the stack."""
    task_folder, opt_folder = scratch / "task", scratch / "opt"
    unpack(function.code, function.layers, task_folder, opt_folder)
    function.host.check_handler(
        function.handler, (task_folder, *layer_folders(function, opt_folder))
    )
    interpreter = function.host.make_client()
    supervisor = stack.enter_context(contextlib.closing(_supervisor()))
    return Launch(function, interpreter, scratch, task_folder, opt_folder, supervisor)


def _supervisor() -> Supervisor:
    try:
        return Supervisor()
    except OSError as error:
        raise EmulatorError(
            f"No process could be started: {error}.",
            "End other processes, or give poner more memory.",
        ) from error


@contextlib.asynccontextmanager
async def served(launch: Launch, service: Service) -> AsyncIterator[LocalUrls]:
    """The function behind both front ends; no process is left at the end.

    Raises:
        EmulatorError: a port cannot be had.
    """
    pool = Pool(launch, service.log)
    queue = EventQueue(
        pool,
        service.notify,
        retry_delays_s=RETRY_DELAYS_S,
        throttled_delays_s=THROTTLED_DELAYS_S,
    )
    url = FunctionUrl(pool, service.callers.origins, service.notify)
    api = InvokeApi(pool, queue, service.notify)
    hosts = (launch.function.url_domain, *service.callers.hosts)
    async with contextlib.AsyncExitStack() as stack:
        front, port = await listen(url.answer, service.port, "--port", service.notify, hosts)
        stack.push_async_callback(front.cleanup)
        back, api_port = await listen(
            api.answer, service.api_port, "--api-port", service.notify, hosts
        )
        stack.push_async_callback(back.cleanup)
        if service.watcher is not None:
            stack.push_async_callback(service.watcher.close)
        stack.push_async_callback(queue.ended)
        stack.push_async_callback(pool.close)  # before cleanup, to answer requests under way
        stack.callback(queue.stop)
        if service.watcher is not None:
            await stack.enter_async_context(_watching(service.watcher, pool))
        yield LocalUrls(f"http://{HOST}:{port}/", f"http://{HOST}:{api_port}")


@contextlib.asynccontextmanager
async def _watching(watcher: Watcher, pool: Pool) -> AsyncIterator[None]:
    """Watch while the block runs; a reload that has begun is completed."""
    stop = asyncio.Event()
    task = asyncio.create_task(watcher.watch(pool, stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def serve_until_signalled(
    launch: Launch, service: Service, announce: Callable[[LocalUrls], None]
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; call from the main thread.

    Raises:
        EmulatorError: a port is in use or not available.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, *ENDING):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            loop.add_signal_handler(number, stop.set)
    async with served(launch, service) as urls:
        announce(urls)
        await stop.wait()


@contextlib.contextmanager
def served_in_thread(launch: Launch, service: Service) -> Iterator[LocalUrls]:
    """Serve from a thread with its own event loop, while the block runs.

    Raises:
        EmulatorError: a port is in use or not available.
    """
    started: Future[tuple[LocalUrls, Callable[[], object]]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with served(launch, service) as urls:
            started.set_result((urls, lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()

    with ThreadPoolExecutor(1, thread_name_prefix="poner-emulator") as thread:
        ended = thread.submit(asyncio.run, run())
        try:
            either: set[Future[Any]] = {started, ended}
            wait(either, return_when=FIRST_COMPLETED)
            if not started.done():
                ended.result()  # raises the thread's error
            yield started.result()[0]
        finally:
            if not ended.done():  # after an interrupt the server may not have started yet
                started.add_done_callback(_stop)
            ended.result()


def _stop(started: Future[tuple[LocalUrls, Callable[[], object]]]) -> None:
    _, stop = started.result()
    stop()


@contextlib.contextmanager
def termination_unwinds() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block like an exception, unless they have another handler."""
    main = threading.current_thread() is threading.main_thread()
    ours = [number for number in ENDING if main and signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
