"""`poner local`: runs a Bundle, or any Python function, as Lambda would."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from poner import emulator, pipeline
from poner.bundle import is_bundle, read_bundle
from poner.cli.console import ConfinementOption, print_json
from poner.cli.url_settings import make_access_key, read_cors
from poner.config import read_config
from poner.engines import SILENT
from poner.errors import UsageError


def local(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="Bundle, or code in a folder or zip. Default: build."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the function.")] = None,
    handler: Annotated[
        str | None,
        typer.Option(metavar="MODULE.FUNCTION", help="Needed for code that is not a bundle."),
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="Such as python3.13. Needed without a bundle.")
    ] = None,
    layer: Annotated[
        list[Path] | None, typer.Option("--layer", metavar="ZIP", help="Layer to add. Repeatable.")
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="K=V", help="Environment variable. Repeatable."),
    ] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Memory in MB.")] = None,
    timeout_s: Annotated[int | None, typer.Option(help="Seconds for one request.")] = None,
    concurrency: Annotated[int, typer.Option(help="Most processes of the function at once.")] = 10,
    port: Annotated[int, typer.Option(help="Port of the Function URL; 0 for a free one.")] = 9000,
    api_port: Annotated[int, typer.Option(help="Port of the Invoke API; 0 for a free one.")] = 9001,
    cors: Annotated[
        str | None,
        typer.Option(metavar="JSON|FILE", help="CORS, as AWS's create-function-url-config."),
    ] = None,
    auth: Annotated[
        Literal["none", "iam"],
        typer.Option(help="iam: requests must be signed with an AWS key."),
    ] = "none",
    access_key: Annotated[
        str | None,
        typer.Option(
            metavar="ID:SECRET",
            help="Key for --auth iam. Default: that of AWS_ACCESS_KEY_ID, or local:local.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME[:PORT]",
            help="Another name of this server, such as a tunnel's. Repeatable.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="URL|*",
            help="Site whose pages may call the URL without --cors. Repeatable.",
        ),
    ] = None,
    log_format: Annotated[
        Literal["text", "json"], typer.Option(help="Format of the function's log.")
    ] = "text",
    watch: Annotated[
        bool, typer.Option("--watch", help="Start anew when the code or a layer changes.")
    ] = False,
    require_confinement: ConfinementOption = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", help="Hide the function's log and the line for each request."),
    ] = False,
) -> None:
    """Run the function on this machine as Lambda would, until Ctrl-C."""
    changes: dict[str, Any] = {
        "name": name,
        "handler": handler,
        "runtime": runtime,
        "memory_mb": memory_mb,
        "timeout_s": timeout_s,
        "environment": split_variables(env or []),
        "concurrency": concurrency,
        "layers": tuple(layer or ()),
        "log_format": log_format,
        "cors": None if cors is None else read_cors(cors),
        "access_key": make_access_key(access_key) if auth == "iam" else None,
    }
    given = {key: value for key, value in changes.items() if value is not None}
    code = path or Path(read_config(Path.cwd()).build.out)
    emulator.serve(
        make_function(code, given),
        port=port,
        api_port=api_port,
        callers=emulator.Callers(tuple(allow_host or ()), tuple(allow_origin or ())),
        announce=lambda urls: print_json(dataclasses.asdict(urls)),
        log=SILENT.notify if quiet else emulator.write_log,
        notify=SILENT.notify if quiet else emulator.write_to_stderr,
        require_confinement=require_confinement,
        watching=emulator.Watching((code, *given["layers"]), lambda: make_function(code, given))
        if watch
        else None,
    )


def make_function(path: Path, given: dict[str, Any]) -> emulator.LocalFunction:
    """The function at a path, changed by the options.

    Raises:
        UsageError: nothing is there, or it is not a Bundle and an option that it needs is missing.
    """
    if is_bundle(path):
        bundle = read_bundle(path)
        layers = bundle.layer_zips + given["layers"]
        return pipeline.local_function(bundle, **{**given, "layers": layers})
    if not path.exists():
        raise UsageError(
            f"There is nothing at {path}.",
            "Make a bundle with `poner build`, or name a folder or zip with Python code.",
        )
    missing = [flag for flag in ("handler", "runtime") if flag not in given]
    if missing:
        raise UsageError(
            f"{path} is not a bundle, so poner cannot know its {' and '.join(missing)}.",
            f"Add {' and '.join('--' + flag for flag in missing)}.",
        )
    return emulator.LocalFunction(path, **given)


def split_variables(pairs: list[str]) -> dict[str, str]:
    """Pairs `K=V` as a dict.

    Raises:
        UsageError: a pair has no =, or nothing before it.
    """
    split = [pair.partition("=") for pair in pairs]
    for key, equals, _ in split:
        if not (key and equals):
            raise UsageError("--env takes K=V.", "Write it as --env NAME=value.")
    return {key: value for key, _, value in split}
