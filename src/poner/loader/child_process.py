"""A confined child process that reads the model file, and the exchange with it.

The child is treated as untrusted: it may have read a hostile file. It answers in frames, within a
time, or it is ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from poner.errors import ModelRefusedError, ModelUnreadableError
from poner.loader.reader import MODULES_FOLDER, frames
from poner.storage import scratch_folder, temporary_faults

START = Path(__file__).with_name("reader") / "start.py"

MEMORY_BYTES = 16 << 30
"""Address space of the child: generous, since libraries reserve much more than they use."""

READ_BYTES = 1 << 20

NO_MODULES: Mapping[str, bytes] = MappingProxyType({})

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""All that the child sees: one thread, so that sums come out the same on every machine, and
nothing is reported to the makers of a library."""


class ChildProcess:
    """One child, from start to end; use as a context manager."""

    def __init__(
        self,
        interpreter: Path | str,
        *,
        cpu_s: int,
        memory_bytes: int = MEMORY_BYTES,
        with_packages: bool = True,
        modules: Mapping[str, bytes] = NO_MODULES,
    ) -> None:
        """Start it.

        Args:
            interpreter: of the environment the model needs.
            cpu_s: processor seconds after which the kernel ends it.
            memory_bytes: largest address space.
            with_packages: whether it may import what is installed beside the interpreter.
            modules: files of the user's own modules by path, which it may import; it gets copies
                and never sees the folders they lie in.
        """
        with contextlib.ExitStack() as kept, temporary_faults():
            self.scratch = str(kept.enter_context(scratch_folder()))
            for path, content in modules.items():
                place = Path(self.scratch, MODULES_FOLDER, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            self.errors: IO[bytes] = kept.enter_context(tempfile.TemporaryFile())
            flags = ["-I"] if with_packages else ["-I", "-S"]
            limits = [self.scratch, str(cpu_s), str(memory_bytes)]
            self.process = subprocess.Popen(
                [interpreter, *flags, "-B", START, *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                cwd=self.scratch,
                env={**ENVIRONMENT, "HOME": self.scratch, "TMPDIR": self.scratch},
                start_new_session=True,
            )
            self._kept = kept.pop_all()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._sink = self.process.stdin.fileno()
        self._source = self.process.stdout.fileno()
        os.set_blocking(self._sink, False)
        self.confined: tuple[str, ...] | None = None
        """What the child gave up, in its words; known after the first exchange."""

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, and remove what it left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._kept.close()

    def ask(
        self, request: Mapping[str, Any], body: bytes = b"", *, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for what it gives.

        Raises:
            ModelRefusedError: the file names or does what no fitted model needs.
            ModelUnreadableError: the child said so, took too long, or broke.
        """
        deadline = time.monotonic() + timeout_s
        try:
            if self.confined is None:
                greeting, _ = self._receive(deadline)
                self.confined = tuple(map(str, greeting["confined"]))
            self._send(frames.pack(request, len(body)), deadline)
            self._send(body, deadline)
            reply, block = self._receive(deadline)
        except (BrokenPipeError, EOFError, frames.FrameError, KeyError, TypeError) as error:
            raise self._broken() from error
        if "done" in reply:
            if not isinstance(reply["done"], dict):
                raise self._broken()
            return reply["done"], block
        raise fault_of(reply)

    def _send(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            _, ready, _ = select.select([], [self._sink], [], self._left(deadline))
            if ready:
                rest = rest[os.write(self._sink, rest[: 1 << 16]) :]

    def _receive(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        message_bytes, body_bytes = frames.lengths(self._read(frames.PREFIX.size, deadline))
        message = frames.parse(self._read(message_bytes, deadline))
        return message, self._read(body_bytes, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        pieces, missing = [], size
        while missing:
            ready, _, _ = select.select([self._source], [], [], self._left(deadline))
            if ready:
                piece = os.read(self._source, min(missing, READ_BYTES))
                if not piece:
                    raise EOFError
                pieces.append(piece)
                missing -= len(piece)
        return b"".join(pieces)

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ModelUnreadableError(
                "Reading the model took too long, and was stopped.",
                "A fitted model is read in seconds: check where the file comes from.",
            )
        return left

    def _broken(self) -> ModelUnreadableError:
        """The error for a child that ended or sent nonsense; with the last thing it said."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        how = f"exit code {code}"
        if code < 0:
            how = signal.Signals(-code).name
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - 2000))
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        said = f": {lines[-1][:300]}" if lines else ""
        return ModelUnreadableError(
            f"The process that read the model ended with {how}{said}.",
            "Check where the file comes from; save the fitted estimator again if it is yours.",
        )


def fault_of(reply: Mapping[str, Any]) -> ModelRefusedError | ModelUnreadableError:
    """What the child found wrong, as an error."""
    message = str(reply.get("message"))[:2000]
    if reply.get("fault") == "refused":
        names = tuple(str(name) for name in reply.get("names", ()))
        return ModelRefusedError(message, REFUSED_HINT, names)
    if reply.get("fault") == "unreadable":
        return ModelUnreadableError(message, str(reply.get("hint"))[:2000])
    return ModelUnreadableError(
        f"The model file cannot be loaded: {message}.",
        "Save the fitted estimator again with pickle, joblib or skops.",
    )


REFUSED_HINT = "Nothing of it was run; use a model file that holds a scikit-learn estimator only."
