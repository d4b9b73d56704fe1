"""The exchange with the confined child process that reads the model file.

The child is untrusted, since it may have read a hostile file. poner ends a child that exceeds its
time limit or sends anything but well-formed frames.
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
"""The program that the child runs."""

READABLE = (START.parent, START.parents[1] / "safe_pickle", START.parents[3] / "poner_runtime")
"""Folders of poner from which the child imports modules."""

ALL_THERE_IS = 1 << 60
"""Default memory limit of the child: in effect, nine tenths of the free memory."""

READ_BYTES = 1 << 20

READING = "Reading the model"
"""The usual task of the child, as the subject of a sentence in messages."""

NO_MODULES: Mapping[str, bytes] = MappingProxyType({})

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""The child's environment variables, besides those of every confined process. One thread makes sums
equal on every machine; the last variable turns off the usage reports of onnxruntime."""


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
        """Start the process.

        Args:
            interpreter: the interpreter of the environment that the model needs.
            cpu_s: processor seconds after which the kernel ends the process.
            memory_bytes: memory limit; lower where less memory is free.
            with_packages: whether the child may import the packages of the interpreter.
            modules: the files of the user's own modules by path. The child imports copies of them
                and never sees the folders of the originals.

        Raises:
            ModelUnreadableError: the process cannot be started.
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
        """The error that every further request gets once the child has ended, exceeded its time
        limit or run out of memory. A late reply is never mistaken for that of a later request."""
        self.confined: tuple[str, ...] | None = None
        """Mechanisms that confine the child, as it reports them; None before the first exchange."""

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
        """End the process, and remove its scratch folder."""
        self._confined.close()
        self._kept.close()

    def ask(
        self,
        request: Mapping[str, Any],
        body: bytes = b"",
        *,
        timeout_s: float,
        doing: str = READING,
        notify: Callable[[str], None] = lambda line: None,
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its reply.

        Args:
            request: the request, as `child/session.py` lists them.
            body: the bytes that follow the request.
            timeout_s: time limit; poner then waits no longer and accepts no further reply.
            doing: the task, as the subject of a sentence, such as `Reading the model`.
            notify: receives one line if the task takes long.

        Returns:
            The result, and the bytes that follow it.

        Raises:
            ModelRefusedError: the file names or uses something that no fitted model needs.
            ModelUnreadableError: the child reports an error, exceeds the time limit, or has ended.
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
        raise fault_of(reply, doing)

    def _exchange(
        self, request: Mapping[str, Any], body: bytes, deadline: Deadline
    ) -> tuple[dict[str, Any], bytes]:
        """Send one request, and receive a reply of the right form.

        Raises:
            ModelUnreadableError: the child has ended, exceeds the time limit, or runs out of
                memory.
        """
        try:
            if self.confined is None:
                self.confined = self._confined.in_force(deadline.at)
            self._send(frames.pack(request, len(body)), deadline)
            self._send(body, deadline)
            reply, block = self._receive(deadline)
        except (BrokenPipeError, EOFError, frames.FrameError, KeyError, TypeError) as error:
            raise self._broken(deadline.doing) from error
        if "done" in reply and not isinstance(reply["done"], dict):
            raise self._broken(deadline.doing)
        if "done" not in reply and reply.get("fault") == "memory":
            raise self._out_of_memory(deadline.doing)
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
        content = bytearray()  # a list of one-byte pieces would take 40 times as much memory
        while len(content) < size:
            ready, _, _ = select.select([self._source], [], [], deadline.left_s())
            if ready:
                piece = os.read(self._source, min(size - len(content), READ_BYTES))
                if not piece:
                    raise EOFError
                content += piece
        return bytes(content)

    def _broken(self, doing: str) -> ModelUnreadableError:
        """The error for a child that ended or sent invalid data, with its last line on stderr."""
        ending = self._confined.ending(timeout_s=1.0)
        if ending.out_of_memory:
            return self._out_of_memory(doing)
        how = f"exit code {ending.returncode}"
        if ending.returncode < 0:
            how = _signal_name(-ending.returncode)
        words = self._confined.last_words()
        said = f": {words}" if words else ""
        return ModelUnreadableError(
            f"The process that read the model ended with {how}{said}.",
            "Check where the file comes from; save the fitted estimator again if it is yours.",
        )

    def _out_of_memory(self, doing: str) -> ModelUnreadableError:
        allowed_gb = self._confined.memory_bytes / 1e9
        return ModelUnreadableError(
            f"{doing} needs more memory than the {allowed_gb:.1f} GB available to it.",
            "Close other programs, or use a machine with more memory; if the file is small, check "
            "where it comes from.",
        )


def _signal_name(number: int) -> str:
    """The name of a signal; most real-time signals have only a number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@contextmanager
def _start_faults() -> Iterator[None]:
    """Turn the system's error into one that says why the process cannot be started.

    Raises:
        ModelUnreadableError: the system has no room for temporary files or another process.
    """
    try:
        yield
    except OSError as error:
        raise ModelUnreadableError(
            f"The process that reads the model cannot be started: {error.strerror or error}.",
            "Free some space for temporary files, or end other programs.",
        ) from error


def wrong_answer() -> ModelUnreadableError:
    """The error for a reply of the child that has the wrong form."""
    return ModelUnreadableError(
        "The process that read the model gave an invalid answer.",
        "Check where the model file comes from; a hostile file can take over that process.",
    )


def fault_of(
    reply: Mapping[str, Any], doing: str = READING
) -> ModelRefusedError | ModelUnreadableError:
    """The error that a reply of the child reports.

    Args:
        reply: the reply, which holds a `fault`.
        doing: the task that failed, as the subject of a sentence.
    """
    message = str(reply.get("message"))[:2000]
    if reply.get("fault") == "refused":
        listed = reply.get("names")
        names = tuple(map(str, listed)) if isinstance(listed, list) else ()
        return ModelRefusedError(message, REFUSED_HINT, names)
    if reply.get("fault") == "unreadable":
        return ModelUnreadableError(message, str(reply.get("hint"))[:2000])
    return ModelUnreadableError(
        f"{doing} failed: {message}.",
        "Save the fitted estimator again with pickle, joblib or skops.",
    )


REFUSED_HINT = "No code of the file was run; use a file that holds only a scikit-learn estimator."
