"""A confined process on poner's side: start, pipes, status and ending."""

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
"""Environment variables of every confined process, besides HOME and TMPDIR."""

LARGEST_STATUS_BYTES = 4096

READ_BYTES = 1 << 20

ENDING_S = 5.0
"""Time limit for ending a worker, for an overloaded machine; it usually takes milliseconds."""


@dataclass(frozen=True)
class Program:
    """A program to run confined."""

    interpreter: Path | str
    """The Python that runs the program."""
    file: Path
    """The program's file."""
    packages: bool = False
    """Whether the program may import the packages of that Python."""
    arguments: tuple[str, ...] = ()
    """The program's `sys.argv[1:]`."""
    readable: tuple[Path, ...] = ()
    """Readable files and folders, besides the process's own folder and the interpreter's."""
    environment: Mapping[str, str] | None = None
    """Environment variables, besides those of every confined process."""


@dataclass(frozen=True)
class Limits:
    """Limits of a confined process."""

    cpu_s: int
    """Processor seconds."""
    memory_bytes: int
    """Most memory; less if this machine has less free."""
    threads: bool = False
    """Whether the process may start threads."""


@dataclass(frozen=True)
class Ending:
    """How a confined process ended."""

    returncode: int
    """Exit code, negative for a signal."""
    out_of_memory: bool
    """Whether the process was ended for exceeding its memory limit."""


class ConfinedProcess:
    """One confined process, from start to end; use as a context manager.

    The process can read the folder `files`, which may be filled before the start.
    """

    def __init__(self, program: Program, limits: Limits, folder: Path) -> None:
        """Start the process.

        Args:
            program: the program to run.
            limits: limits of time, memory and threads.
            folder: a folder made by `make_folder`.
        """
        self.memory_bytes = memory_limit(limits.memory_bytes, available_bytes())
        """Most memory: the given limit, or most of the free memory if that is less."""
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
        """The steps of confinement in force, as named by `confine.confine`.

        Args:
            deadline: end of the wait, on the monotonic clock, in seconds.

        Raises:
            EOFError: the process ended before it was confined, or the time is over.
        """
        if self._in_force is None:
            self._in_force = tuple(self._read_status(deadline))
        return self._in_force

    def ending(self, timeout_s: float) -> Ending:
        """Wait for the process's end, and return how it ended; kill it after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        told: list[str] = []
        with contextlib.suppress(EOFError):
            self.in_force(deadline)
            told = self._read_status(deadline)
        self._kill()
        with contextlib.suppress(EOFError):
            told = told or self._read_status(time.monotonic() + ENDING_S)
        if len(told) != 2:  # the keeper was killed, or the worker never started
            return Ending(self.process.returncode, out_of_memory=False)
        return Ending(int(told[0]), out_of_memory=told[1] == "out-of-memory")

    def last_words(self) -> str:
        """The last line of standard error; empty if there is none."""
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - 2000))
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def close(self) -> None:
        """End the process and its keeper, and close all pipes."""
        self._kill()
        self._close_pipes()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _kill(self) -> None:
        """Let the keeper kill the worker; kill a keeper that hangs, so that the kernel does it."""
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
        """The words of the next status line, from the worker before its program or the keeper.

        Raises:
            EOFError: there is no further line, or the time is over.
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
    """The command line of start.py."""
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
    """Standard output, as untrusted as the program."""
    ending: Ending
    """How the process ended."""
    last_words: str
    """Last line of standard error."""
    in_force: tuple[str, ...]
    """Steps of confinement in force; empty if the process ended before them."""
    memory_bytes: int
    """The process's memory limit."""
    in_time: bool
    """Whether the process ended, or closed its output, within the time limit."""
    too_long: bool
    """Whether the output exceeded its limit."""


def run(
    program: Program, limits: Limits, folder: Path, *, timeout_s: float, most_bytes: int
) -> Run:
    """Run a program to its end and read its output.

    Args:
        program: the program to run; its input is in its folder, not on standard input.
        limits: limits of time, memory and threads.
        folder: a folder made by `make_folder`.
        timeout_s: time after which the program is ended.
        most_bytes: most bytes of output; a program that writes more is ended.
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
