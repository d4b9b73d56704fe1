"""Messages, progress and errors on standard error; data on standard output.

Whatever others wrote is made printable here, where it is shown: names in a model file, answers of
an endpoint, errors of AWS and of child processes. Lines for people are escaped always, data only
on a terminal: in a pipe or a file it stays as it is.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from poner.errors import OutputError
from poner.pipeline import Reporter
from poner.printable import printable, printable_json

ConfinementOption = Annotated[
    bool,
    typer.Option(
        "--require-confinement",
        help="Refuse where this machine cannot keep a model from your files and the network.",
    ),
]
"""Of commands that read or run a model."""

MESSAGES = Console(stderr=True, highlight=False, markup=False, emoji=False)
"""Where people read; rich's markup and its names of emoji are text like any other."""


def say(line: str, *, end: str = "\n") -> None:
    """One line for people, whatever is in it."""
    MESSAGES.print(Text(printable(line)), soft_wrap=True, end=end)


def print_lines(lines: Iterable[str]) -> None:
    """Lines for people on standard output, each of them one line whatever is in it."""
    print_data("\n".join(map(printable, lines)))


def print_data(text: str) -> None:
    """Text for programs, as it is; for nobody where standard output is closed.

    A terminal gets it escaped, but for tabs and newlines. Characters that standard output has no
    bytes for are escaped everywhere.

    Raises:
        OutputError: standard output takes no more, as on a full disk.
        BrokenPipeError: who read it has gone.
    """
    if sys.stdout is None:
        return
    line = text if text.endswith("\n") else text + "\n"
    if sys.stdout.isatty():
        line = printable(line, keep="\n\t")
    with output_faults():
        try:
            sys.stdout.write(line)
        except UnicodeEncodeError as error:
            sys.stdout.write(line.encode(error.encoding, "backslashreplace").decode(error.encoding))
        sys.stdout.flush()


@contextmanager
def output_faults() -> Iterator[None]:
    """Turn what standard output refuses into an error of poner's.

    Raises:
        OutputError: it takes no more, as on a full disk.
        BrokenPipeError: who read it has gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"Standard output cannot be written: {error.strerror or error}.",
            "Free some space, or send it elsewhere.",
        ) from error


def print_json(value: Any, *, indent: int | None = None) -> None:
    """A value for programs as JSON: one line of it, unless it is to be indented.

    JSON's own escapes stand for what a terminal obeys and for what standard output has no bytes
    for, so that it is valid and means the same everywhere.
    """
    text = printable_json(value, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (AttributeError, UnicodeEncodeError):  # closed, or of few characters
        text = printable_json(value, indent=indent, ascii_only=True)
    print_data(text)


def guard_standard_error() -> None:
    """Let what Python and libraries print by themselves pass through `say`, a line each.

    These are warnings, log records that nobody handles, and faults of threads and finalizers.
    """
    warnings.showwarning = _show_warning
    logging.lastResort = _LastResort(logging.WARNING)
    threading.excepthook = lambda fault: _say_fault(fault.exc_type, fault.exc_value)
    sys.unraisablehook = lambda fault: _say_fault(fault.exc_type, fault.exc_value)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    say(f"{category.__name__}: {message}")


def _say_fault(kind: type[BaseException], value: BaseException | None) -> None:
    if kind is not SystemExit:
        say(f"A fault in the background ({kind.__name__}): {value}")


class _LastResort(logging.Handler):
    """Takes log records that nobody else handles."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record's message, without its traceback."""
        say(f"{record.name}: {record.getMessage()}")


@contextmanager
def reporting() -> Iterator[Reporter]:
    """A Reporter that prints lines and, on a terminal, shows bars for what takes a while."""
    with _progress() as progress:
        tasks: dict[str, TaskID] = {}

        def show(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(printable(what), total=1.0)
            progress.update(tasks[what], completed=share, visible=share < 1.0)

        yield Reporter(notify=say, progress=show)


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over a number of things, on a terminal."""
    with _progress() as progress:
        task = progress.add_task(printable(what), total=total)
        yield lambda done: progress.update(task, completed=done)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=MESSAGES,
        transient=True,
        disable=not MESSAGES.is_terminal,
    )
