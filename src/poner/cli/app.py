"""Registers the commands, and turns every error into two sentences and an exit code."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from poner.cli import (
    build,
    cache,
    demo,
    deploy,
    deployed,
    doctor,
    export,
    init,
    layer,
    local,
    predict,
    train,
)
from poner.cli.console import print_data, say
from poner.errors import PonerError, UsageError
from poner.printable import printable
from poner.storage import FULL_DISK, cache_folder, explain, private_folder, write_file

app = typer.Typer(
    name="poner",
    help="From a fitted scikit-learn model to an HTTPS endpoint on AWS Lambda.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init)
app.command("train")(train.train)
app.command("build")(build.build)
app.command("layer")(layer.layer)
app.command("local")(local.local)
app.command("predict")(predict.predict)
app.command("plan")(deploy.plan)
app.command("deploy")(deploy.deploy)
app.command("status")(deployed.status)
app.command("url")(deployed.url)
app.command("logs")(deployed.logs)
app.command("rollback")(deployed.rollback)
app.command("promote")(deployed.promote)
app.command("destroy")(deployed.destroy)
app.command("export")(export.export)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.add_typer(cache.app, name="cache")


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print poner's version."),
) -> None:
    """From a fitted scikit-learn model to an HTTPS endpoint on AWS Lambda."""
    if version:
        print_data(importlib.metadata.version("poner"))
        raise typer.Exit
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"The current folder cannot be used: {explain(error)}.", "Change to another folder."
        ) from error
    if context.invoked_subcommand is None:
        print_data(context.get_help())
        raise typer.Exit(2)


INTERRUPTED = 130
"""Exit code after an interruption, as in shells: 128 and the number of SIGINT."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 wrong usage."""
    try:
        code = app(list(arguments), prog_name="poner", standalone_mode=False)
    except PonerError as error:
        say(f"Error: {error.message}")
        say(f"  {error.hint}")
        return 2 if isinstance(error, UsageError) else 1
    except typer.TyperException as error:  # a wrong option or argument
        say(f"Error: {' '.join(error.format_message().split())}")
        say("  Run `poner --help` for the commands, or add --help to a command for its options.")
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001  # the boundary: no traceback reaches a user
        _show_fault(error)
        return 1
    if code == INTERRUPTED:  # typer turned the interruption into this code
        say("Interrupted.")
    return code if isinstance(code, int) else 0


def _show_fault(error: Exception) -> None:
    """Report an error that poner does not know: a full disk, or a bug."""
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        what = error.filename or "Standard output or a temporary file"
        say(f"Error: {what} cannot be written: {explain(error)}.")
        say("  Free some space, or set TMPDIR to another folder for temporary files.")
        return
    path = _keep("".join(traceback.format_exception(error)))
    if path is None:
        say(
            f"Error: This is a bug in poner ({type(error).__name__}), and its details could not be "
            "written to a file."
        )
        say("  Free some space, run the command again, and report the file that it names.")
        return
    say(f"Error: This is a bug in poner; its details are in {path}.")
    say("  Please report it, with that file.")


def _keep(details: str) -> Path | None:
    """Write the details of a bug to a new file; returns None if no folder can be written."""
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    content = printable(details, keep="\n").encode()
    folders: tuple[Callable[[], Path], ...] = (
        lambda: private_folder(cache_folder() / "faults"),
        lambda: Path(tempfile.mkdtemp(prefix="poner-faults-")),
    )
    for make_folder in folders:
        with contextlib.suppress(OSError):
            path = make_folder() / f"{stamp}.txt"
            write_file(path, content, private=True)
            return path
    return None
