"""Messages, progress and errors on standard error; data on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from poner.errors import OutputError
from poner.pipeline import Reporter

ConfinementOption = Annotated[
    bool,
    typer.Option(
        "--require-confinement",
        help="Refuse where this machine cannot keep a model from your files and the network.",
    ),
]
"""Of commands that read or run a model."""

MESSAGES = Console(stderr=True, highlight=False)
"""Where people read."""


def say(line: str) -> None:
    """One line for people."""
    MESSAGES.print(line, markup=False, soft_wrap=True)


def print_data(text: str) -> None:
    """Text for programs, as it is; for nobody where standard output is closed.

    Characters that standard output has no bytes for are escaped.

    Raises:
        OutputError: standard output takes no more, as on a full disk.
        BrokenPipeError: who read it has gone.
    """
    if sys.stdout is None:
        return
    line = text if text.endswith("\n") else text + "\n"
    try:
        try:
            sys.stdout.write(line)
        except UnicodeEncodeError as error:
            sys.stdout.write(line.encode(error.encoding, "backslashreplace").decode(error.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"Standard output cannot be written: {error.strerror or error}.",
            "Free some space, or send it elsewhere.",
        ) from error


def print_json(value: Any) -> None:
    """A value for programs, as one line of JSON."""
    print_data(json.dumps(value, ensure_ascii=False))


@contextmanager
def reporting() -> Iterator[Reporter]:
    """A Reporter that prints lines and, on a terminal, shows bars for what takes a while."""
    with _progress() as progress:
        tasks: dict[str, TaskID] = {}

        def show(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=1.0)
            progress.update(tasks[what], completed=share, visible=share < 1.0)

        yield Reporter(notify=say, progress=show)


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over a number of things, on a terminal."""
    with _progress() as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=MESSAGES,
        transient=True,
        disable=not MESSAGES.is_terminal,
    )
