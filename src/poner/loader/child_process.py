"""The exchange with the confined child process that reads the model file.

The child is treated as untrusted: it may have read a hostile file. It answers in frames, within a
time, or it is ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from poner.confinement.process import (
    ConfinedProcess,
    Limits,
    Program,
    make_folder,
)
from poner.errors import ModelRefusedError, ModelUnreadableError
from poner.loader.child import MODULES_FOLDER, frames
from poner.loader.deadlines import Deadline
from poner.storage import scratch_folder, temporary_faults

START = Path(__file__).with_name("child") / "start.py"
"""What the child runs."""

READABLE = (START.parent, START.parents[1] / "safe_pickle", START.parents[3] / "poner_runtime")
"""What it imports of poner."""

ALL_THERE_IS = 1 << 60
"""Memory of the child where nothing is said: most of what is free."""

READ_BYTES = 1 << 20

NO_MODULES: Mapping[str, bytes] = MappingProxyType({})

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""What the child sees beside every confined process's: one thread, so that sums come out the same
on every machine, and nothing is reported to the makers of a library."""


class ChildProcess:
    """One child, from start to end; use as a context manager."""

    def __init__(
        self,
        interpreter: Path | str,
        *,
        cpu_s: int,
        memory_bytes: int = ALL_THERE_IS,
        with_packages: bool = True,
        modules: Mapping[str, bytes] = NO_MODULES,
    ) -> None:
        """Start it.

        Args:
            interpreter: of the environment the model needs.
            cpu_s: processor seconds after which the kernel ends it.
            memory_bytes: most memory, where so much is free.
            with_packages: whether it may import what is installed beside the interpreter.
            modules: files of the user's own modules by path, which it may import; it gets copies
                and never sees the folders they lie in.

        Raises:
            ModelUnreadableError: it cannot be started.
        """
        with contextlib.ExitStack() as kept, _start_faults(), temporary_faults():
            self.scratch = make_folder("model-", kept.enter_context(scratch_folder()))
            self._write_modules(modules)
            program = Program(
                interpreter,
                START,
                packages=with_packages,
                arguments=(str(self.scratch / "files"),),
                readable=READABLE,
                environment=ENVIRONMENT,
            )
            self._confined = ConfinedProcess(program, Limits(cpu_s, memory_bytes), self.scratch)
            self._kept = kept.pop_all()
        process = self._confined.process
        assert process.stdin is not None
        assert process.stdout is not None
        self._sink = process.stdin.fileno()
        self._source = process.stdout.fileno()
        os.set_blocking(self._sink, False)
        self.over: ModelUnreadableError | None = None
        """Why it answers no more: it ended, took too long, or needs too much memory. A late reply
        is never taken for the reply to the next request."""
        self.confined: tuple[str, ...] | None = None
        """What the child gave up, in its words; known after the first exchange."""

    def _write_modules(self, modules: Mapping[str, bytes]) -> None:
        for path, content in modules.items():
            place = Path(self.scratch, "files", MODULES_FOLDER, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, and remove what it left."""
        self._confined.close()
        self._kept.close()

    def ask(
        self,
        request: Mapping[str, Any],
        body: bytes = b"",
        *,
        timeout_s: float,
        doing: str = "Reading the model",
        notify: Callable[[str], None] = lambda line: None,
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for what it gives.

        Args:
            request: what the child is to do.
            body: bytes behind it.
            timeout_s: after this long the child is not waited for.
            doing: what that is, as the beginning of a sentence.
            notify: told once, when it takes long.

        Raises:
            ModelRefusedError: the file names or does what no fitted model needs.
            ModelUnreadableError: the child said so, took too long, or broke.
        """
        if self.over is not None:
            raise self.over
        try:
            reply, block = self._exchange(request, body, Deadline(timeout_s, doing, notify))
        except ModelUnreadableError as error:
            self.over = error
            raise
        if "done" in reply:
            return reply["done"], block
        raise fault_of(reply)

    def _exchange(
        self, request: Mapping[str, Any], body: bytes, deadline: Deadline
    ) -> tuple[dict[str, Any], bytes]:
        """One request and its reply, whose form is right.

        Raises:
            ModelUnreadableError: it ended, took too long, or needs too much memory.
        """
        try:
            if self.confined is None:
                self.confined = self._confined.in_force(deadline.at)
            self._send(frames.pack(request, len(body)), deadline)
            self._send(body, deadline)
            reply, block = self._receive(deadline)
        except (BrokenPipeError, EOFError, frames.FrameError, KeyError, TypeError) as error:
            raise self._broken() from error
        if "done" in reply and not isinstance(reply["done"], dict):
            raise self._broken()
        if "done" not in reply and reply.get("fault") == "memory":
            raise self._out_of_memory()
        return reply, block

    def _send(self, data: bytes, deadline: Deadline) -> None:
        rest = memoryview(data)
        while rest:
            _, ready, _ = select.select([], [self._sink], [], deadline.left_s())
            if ready:
                rest = rest[os.write(self._sink, rest[: 1 << 16]) :]

    def _receive(self, deadline: Deadline) -> tuple[dict[str, Any], bytes]:
        message_bytes, body_bytes = frames.lengths(self._read(frames.PREFIX.size, deadline))
        message = frames.parse(self._read(message_bytes, deadline))
        return message, self._read(body_bytes, deadline)

    def _read(self, size: int, deadline: Deadline) -> bytes:
        content = bytearray()  # a list of pieces of one byte each would take 40 times as much
        while len(content) < size:
            ready, _, _ = select.select([self._source], [], [], deadline.left_s())
            if ready:
                piece = os.read(self._source, min(size - len(content), READ_BYTES))
                if not piece:
                    raise EOFError
                content += piece
        return bytes(content)

    def _broken(self) -> ModelUnreadableError:
        """The error for a child that ended or sent nonsense; with the last thing it said."""
        ending = self._confined.ending(timeout_s=1.0)
        if ending.out_of_memory:
            return self._out_of_memory()
        how = f"exit code {ending.returncode}"
        if ending.returncode < 0:
            how = _signal_name(-ending.returncode)
        words = self._confined.last_words()
        said = f": {words}" if words else ""
        return ModelUnreadableError(
            f"The process that read the model ended with {how}{said}.",
            "Check where the file comes from; save the fitted estimator again if it is yours.",
        )

    def _out_of_memory(self) -> ModelUnreadableError:
        allowed_gb = self._confined.memory_bytes / 1e9
        return ModelUnreadableError(
            f"Reading the model needs more memory than the {allowed_gb:.1f} GB that it may take "
            "on this machine now.",
            "Close other programs, or use a machine with more memory; if the file is small, check "
            "where it comes from.",
        )


def _signal_name(number: int) -> str:
    """A signal's name; signals from 35 on have numbers alone."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@contextmanager
def _start_faults() -> Iterator[None]:
    """Say what keeps the process from being started.

    Raises:
        ModelUnreadableError: there is no room for temporary files, or for another process.
    """
    try:
        yield
    except OSError as error:
        raise ModelUnreadableError(
            f"The process that reads the model cannot be started: {error.strerror or error}.",
            "Free some space for temporary files, or end other programs.",
        ) from error


def wrong_answer() -> ModelUnreadableError:
    """The error for an answer of the child that does not have the form it should."""
    return ModelUnreadableError(
        "The process that read the model gave an invalid answer.",
        "Check where the model file comes from; a hostile file can take over that process.",
    )


def fault_of(reply: Mapping[str, Any]) -> ModelRefusedError | ModelUnreadableError:
    """What the child found wrong, as an error."""
    message = str(reply.get("message"))[:2000]
    if reply.get("fault") == "refused":
        listed = reply.get("names")
        names = tuple(map(str, listed)) if isinstance(listed, list) else ()
        return ModelRefusedError(message, REFUSED_HINT, names)
    if reply.get("fault") == "unreadable":
        return ModelUnreadableError(message, str(reply.get("hint"))[:2000])
    return ModelUnreadableError(
        f"The model file cannot be loaded: {message}.",
        "Save the fitted estimator again with pickle, joblib or skops.",
    )


REFUSED_HINT = "Nothing of it was run; use a model file that holds a scikit-learn estimator only."
