"""Commands of poner as a user runs them: in this process, which is quick, or in one of their own.

Processes are forked from a server that has imported everything, so that one takes a moment; they
can be killed and interrupted as any process can.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

PONER = "import sys; from poner.cli import main; sys.exit(main())"
"""What the command `poner` does, for `python -c`."""


@dataclass(frozen=True)
class Done:
    """The exit code and output of a finished command."""

    code: int
    """The exit code; for a killed command, minus the signal's number."""
    out: str
    """Standard output."""
    err: str
    """Standard error."""

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err

    @property
    def error(self) -> list[str]:
        """The lines from `Error:` on."""
        lines = self.err.splitlines()
        first = next(n for n, line in enumerate(lines) if line.startswith("Error:"))
        return lines[first:]


class Terminal(io.StringIO):
    """A terminal as standard input, with typed text."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def run(*arguments: str, typed: str | None = None, encoding: str = "utf-8") -> Done:
    """Run a command in this process.

    Args:
        arguments: without `poner`.
        typed: what is typed on the terminal; without it, there is no terminal.
        encoding: of standard output.
    """
    from poner.cli.app import run as run_poner

    out = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    err = io.StringIO()
    stdin = io.StringIO() if typed is None else Terminal(typed)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        before, sys.stdin = sys.stdin, stdin
        try:
            code = run_poner(arguments)
        finally:
            sys.stdin = before
    out.seek(0)
    return Done(code, out.read(), err.getvalue())


@dataclass(frozen=True)
class Command:
    """A command in a process of its own."""

    process: ForkServerProcess
    """The process."""
    folder: Path
    """Where it writes what it prints."""

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process.pid is not None
        return self.process.pid

    def out(self) -> str:
        """What it has printed so far."""
        path = self.folder / "out"
        return path.read_text() if path.exists() else ""

    def wait(self) -> Done:
        """Wait for its end; returns its exit code and output."""
        self.process.join(60)
        assert self.process.exitcode is not None, "a command that does not end"
        return Done(self.process.exitcode, self.out(), (self.folder / "err").read_text())


@contextlib.contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Command]:
    """Start a command in this process's folder and environment; it is ended with the block.

    Args:
        folder: where it writes what it prints.
        arguments: without `poner`.
    """
    folder.mkdir(exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["poner.cli.app", "boto3", __name__])
    process = context.Process(
        target=_run_here, args=(arguments, Path.cwd(), dict(os.environ), folder)
    )
    process.start()
    try:
        yield Command(process, folder)
    finally:
        process.kill()
        process.join()


def _run_here(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], folder: Path
) -> None:
    from poner.cli.app import run as run_poner

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for name, number in (("out", 1), ("err", 2)):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
    sys.exit(run_poner(arguments))
