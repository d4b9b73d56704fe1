"""A confined process as poner sees it: started, spoken to through pipes, and ended."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from poner.confinement.rlimits import available_bytes, memory_limit

START = Path(__file__).with_name("start.py")

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
"""Variables of every confined process, beside its folder for temporary files."""

LARGEST_STATUS_BYTES = 4096

READ_BYTES = 1 << 20

ENDING_S = 5.0
"""The keeper ends the worker in milliseconds; this is for a machine that is stuck."""


@dataclass(frozen=True)
class Program:
    """What runs confined."""

    interpreter: Path | str
    """The Python that runs it."""
    file: Path
    """The program."""
    packages: bool = False
    """Whether it may import what is installed for that Python."""
    arguments: tuple[str, ...] = ()
    """Its `sys.argv[1:]`."""
    readable: tuple[Path, ...] = ()
    """Files and folders that it reads, beside its own folder and the interpreter's."""
    environment: Mapping[str, str] | None = None
    """Its variables, beside those of every confined process."""


@dataclass(frozen=True)
class Limits:
    """Limits of a confined process."""

    cpu_s: int
    """Processor seconds."""
    memory_bytes: int
    """Most memory, if so much is free."""
    threads: bool = False
    """Whether it may start threads."""


@dataclass(frozen=True)
class Ending:
    """How a confined process ended."""

    returncode: int
    """Exit code, negative for a signal."""
    out_of_memory: bool
    """Whether it was ended because it held more memory than it may."""


class ConfinedProcess:
    """One confined process, from start to end; use as a context manager.

    Its folder `files` is there before it starts: what is put there, it reads.
    """

    def __init__(self, program: Program, limits: Limits, folder: Path) -> None:
        """Start it.

        Args:
            program: what runs.
            limits: what it may use.
            folder: as `make_folder` made it.
        """
        self.memory_bytes = memory_limit(limits.memory_bytes, available_bytes())
        """Most memory: what was asked for, or most of what is free."""
        self._folder = folder
        self._in_force: tuple[str, ...] | None = None
        self._said = b""
        self._alive: int | None
        self._status: int | None
        alive, self._alive = os.pipe()
        self._status, status = os.pipe()
        numbers = (limits.cpu_s, self.memory_bytes, int(limits.threads), alive, status)
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        try:
            self.process = subprocess.Popen(
                _command(program, folder, numbers),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                cwd=folder / "tmp",
                env=_environment(program, str(folder / "tmp")),
                pass_fds=(alive, status),
                start_new_session=True,
            )
        except BaseException:
            self._close_pipes()
            self.errors.close()
            raise
        finally:
            os.close(alive)
            os.close(status)

    def __enter__(self) -> ConfinedProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def in_force(self, deadline: float) -> tuple[str, ...]:
        """What the process gave up, in the words of `confine.confine`.

        Args:
            deadline: when to stop waiting for it, by the monotonic clock.

        Raises:
            EOFError: it ended before it was confined, or the time is over.
        """
        if self._in_force is None:
            self._in_force = tuple(self._read_status(deadline))
        return self._in_force

    def ending(self, timeout_s: float) -> Ending:
        """How it ended; it is killed if it has not ended in time."""
        deadline = time.monotonic() + timeout_s
        told: list[str] = []
        with contextlib.suppress(EOFError):
            self.in_force(deadline)
            told = self._read_status(deadline)
        self._kill()
        with contextlib.suppress(EOFError):
            told = told or self._read_status(time.monotonic() + ENDING_S)
        if len(told) != 2:  # its keeper was ended, or it never got so far
            return Ending(self.process.returncode, out_of_memory=False)
        return Ending(int(told[0]), out_of_memory=told[1] == "out-of-memory")

    def last_words(self) -> str:
        """The last line that it wrote to standard error; empty if there is none."""
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - 2000))
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def close(self) -> None:
        """End it and all that belongs to it."""
        self._kill()
        self._close_pipes()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _kill(self) -> None:
        """The keeper kills the worker; where it does not, the kernel does once the keeper ends."""
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None
        try:
            self.process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _close_pipes(self) -> None:
        for descriptor in (self._alive, self._status):
            if descriptor is not None:
                os.close(descriptor)
        self._alive = self._status = None

    def _read_status(self, deadline: float) -> list[str]:
        """The words of the next line of the worker, before it runs its program, or of the keeper.

        Raises:
            EOFError: there is none, or the time is over.
        """
        assert self._status is not None
        while b"\n" not in self._said:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._status], [], [], left)[0]:
                raise EOFError
            piece = os.read(self._status, LARGEST_STATUS_BYTES)
            if not piece or len(self._said) > LARGEST_STATUS_BYTES:
                raise EOFError
            self._said += piece
        line, _, self._said = self._said.partition(b"\n")
        return line.decode().split()


def _command(program: Program, folder: Path, numbers: Sequence[int]) -> list[str]:
    """The command line that start.py takes."""
    readable = [str(path) for path in (program.file, *program.readable)]
    numbers = (*numbers, int(program.packages), len(readable))
    started = [str(program.interpreter), "-I", "-S", "-B", str(START)]
    room = [str(folder), *map(str, numbers), *readable]
    return [*started, *room, str(program.file), *program.arguments]


def _environment(program: Program, temporary: str) -> dict[str, str]:
    own = {"HOME": temporary, "TMPDIR": temporary}
    return {**ENVIRONMENT, **(program.environment or {}), **own}


def make_folder(prefix: str, parent: Path) -> Path:
    """A folder for a confined process: `files` to read, `tmp` to write to, `root` for mounts."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).resolve()
    for name in ("files", "tmp", "root"):
        (folder / name).mkdir(mode=0o700)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove the folder with everything in it."""
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Run:
    """Result of a program that ran to its end."""

    output: bytes
    """What it wrote to standard output; as untrusted as what it ran."""
    ending: Ending
    """How it ended."""
    last_words: str
    """The last line on standard error."""
    in_force: tuple[str, ...]
    """What it gave up; empty where it ended before."""
    memory_bytes: int
    """Most memory that it was given."""
    in_time: bool
    """Whether it ended, or closed its output, within the time given."""
    too_long: bool
    """Whether it wrote more than was to be read."""


def run(
    program: Program, limits: Limits, folder: Path, *, timeout_s: float, most_bytes: int
) -> Run:
    """Run a program to its end and read what it writes.

    Args:
        program: what runs; it reads files of its folder, and nothing from standard input.
        limits: what it may use.
        folder: as `make_folder` made it.
        timeout_s: after which it is ended.
        most_bytes: of its output; if it writes more, it is ended.
    """
    deadline = time.monotonic() + timeout_s
    pieces: list[bytes] = []
    size, in_time = 0, True
    with ConfinedProcess(program, limits, folder) as process:
        assert process.process.stdout is not None
        source = process.process.stdout.fileno()
        while size <= most_bytes:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([source], [], [], left)[0]:
                in_time = False
                break
            piece = os.read(source, READ_BYTES)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        too_long = size > most_bytes
        ending = process.ending(0.0 if too_long or not in_time else ENDING_S)
        in_force: tuple[str, ...] = ()
        with contextlib.suppress(EOFError):
            in_force = process.in_force(0.0)
        words, memory_bytes = process.last_words(), process.memory_bytes
    return Run(b"".join(pieces), ending, words, in_force, memory_bytes, in_time, too_long)
