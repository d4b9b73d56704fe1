"""Prints messages and progress on standard error, and data on standard output.

Foreign text is escaped here: names in a model file, answers of an endpoint, errors of AWS and of
child processes. Messages are always escaped; data is escaped on a terminal, and unchanged in a
pipe or a file.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

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
        help="Fail if this machine cannot keep the model away from your files and the network.",
    ),
]
"""The option of commands that read or run a model."""

MESSAGES = Console(stderr=True, highlight=False, markup=False, emoji=False)
"""Standard error, for people; rich's markup and emoji names have no effect."""


def say(line: str, *, end: str = "\n") -> None:
    """Print a message as one line, with all control characters escaped."""
    MESSAGES.print(Text(printable(line)), soft_wrap=True, end=end)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines for people on standard output, with all control characters escaped."""
    print_data("\n".join(map(printable, lines)))


def print_data(text: str) -> None:
    """Print text for programs, unchanged; do nothing if standard output is closed.

    On a terminal, control characters but tabs and newlines are escaped. Characters that the
    encoding of standard output lacks are always escaped.

    Raises:
        OutputError: standard output cannot be written, as on a full disk.
        BrokenPipeError: the reader of the pipe has gone.
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
    """Turn faults of standard output into an OutputError.

    Raises:
        OutputError: standard output cannot be written, as on a full disk.
        BrokenPipeError: the reader of the pipe has gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"Standard output cannot be written: {error.strerror or error}.",
            "Free some space, or send the output elsewhere.",
        ) from error


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON, on one line unless `indent` is given.

    JSON's own escapes replace control characters, and characters that the encoding of standard
    output lacks: the text stays valid JSON with the same meaning.
    """
    text = printable_json(value, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (AttributeError, UnicodeEncodeError):  # closed, or its encoding lacks a character
        text = printable_json(value, indent=indent, ascii_only=True)
    print_data(text)


def guard_standard_error() -> None:
    """Print through `say` what Python and libraries write to standard error by themselves.

    This is about warnings, log records without a handler, and errors of threads and finalizers.
    """
    warnings.showwarning = _show_warning
    logging.lastResort = _LastResort(logging.WARNING)
    threading.excepthook = lambda fault: _say_fault(fault.exc_type, fault.exc_value)
    sys.unraisablehook = lambda fault: _say_fault(fault.exc_type, fault.exc_value)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    say(f"{category.__name__}: {message}")


def _say_fault(kind: type[BaseException], value: BaseException | None) -> None:
    if kind is not SystemExit:
        say(f"Error in the background ({kind.__name__}): {value}")


class _LastResort(logging.Handler):
    """Handler for log records that have no other handler."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record's message, without its traceback."""
        say(f"{record.name}: {record.getMessage()}")


@contextmanager
def reporting() -> Iterator[Reporter]:
    """A Reporter that prints messages and, on a terminal, progress bars."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    off = not MESSAGES.is_terminal
    with Progress(*columns, console=MESSAGES, transient=True, disable=off) as progress:
        tasks: dict[str, TaskID] = {}

        def show(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(printable(what), total=1.0)
            progress.update(tasks[what], completed=share, visible=share < 1.0)

        yield Reporter(notify=say, progress=show)
