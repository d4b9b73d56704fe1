"""`poner local`: a local Lambda for a Bundle, or for any Python function."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from poner import emulator, pipeline
from poner.bundle import is_bundle, read_bundle
from poner.cli.console import ConfinementOption, print_json
from poner.cli.url_settings import make_access_key, parse_cors
from poner.config import read_config
from poner.errors import UsageError


class Auth(StrEnum):
    """Who may call the Function URL, in AWS's terms."""

    NONE = "none"
    IAM = "iam"


class LogFormat(StrEnum):
    """Lambda's log formats."""

    TEXT = "text"
    JSON = "json"


def local(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="Bundle, or a folder or zip with a handler."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the function.")] = None,
    handler: Annotated[
        str | None, typer.Option(help="module.function; for a Bundle, as its manifest says.")
    ] = None,
    runtime: Annotated[str | None, typer.Option(help="Such as python3.13.")] = None,
    layer: Annotated[
        list[Path] | None,
        typer.Option(
            "--layer", metavar="ZIP", help="Layer, unpacked in this order after a Bundle's own."
        ),
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="K=V", help="Environment variable.")
    ] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Memory in MB.")] = None,
    timeout_s: Annotated[int | None, typer.Option(help="Timeout in seconds.")] = None,
    concurrency: Annotated[int, typer.Option(help="Most environments at once.")] = 10,
    port: Annotated[int, typer.Option(help="Port of the Function URL; 0 picks one.")] = 9000,
    api_port: Annotated[int, typer.Option(help="Port of the Invoke API; 0 picks one.")] = 9001,
    cors: Annotated[
        str | None,
        typer.Option(metavar="JSON|FILE", help="CORS, as create-function-url-config takes it."),
    ] = None,
    auth: Annotated[
        Auth, typer.Option(help="iam: requests to the URL must be signed for lambda.")
    ] = Auth.NONE,
    access_key: Annotated[
        str | None,
        typer.Option(
            metavar="ID:SECRET",
            help="Key of --auth iam; otherwise that of AWS_ACCESS_KEY_ID, or local:local.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME[:PORT]",
            help="Answer under this name too, such as a tunnel's; repeatable.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="URL|*",
            help="Let pages of this site call the URL of a function without --cors; repeatable.",
        ),
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option(help="Format of the function's log.")
    ] = LogFormat.TEXT,
    watch: Annotated[
        bool, typer.Option("--watch", help="Reload when the code or a layer changes.")
    ] = False,
    require_confinement: ConfinementOption = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", help="Show neither the function's log nor a line per request."),
    ] = False,
) -> None:
    """Run a function here as AWS Lambda would, until Ctrl-C."""
    changes: dict[str, Any] = {
        "name": name,
        "handler": handler,
        "runtime": runtime,
        "memory_mb": memory_mb,
        "timeout_s": timeout_s,
    }
    given = {key: value for key, value in changes.items() if value is not None}
    given |= {"environment": split_variables(env or []), "concurrency": concurrency}
    given |= {"layers": tuple(layer or ()), "log_format": log_format.value}
    given |= {"cors": parse_cors(cors) if cors is not None else None}
    given |= {"access_key": make_access_key(access_key) if auth is Auth.IAM else None}
    code = path or Path(read_config(Path.cwd()).build.out)
    emulator.serve(
        make_function(code, given),
        port=port,
        api_port=api_port,
        callers=emulator.Callers(tuple(allow_host or ()), tuple(allow_origin or ())),
        announce=lambda urls: print_json(dataclasses.asdict(urls)),
        log=_be_silent if quiet else emulator.write_log,
        notify=_be_silent if quiet else emulator.write_to_stderr,
        require_isolation=require_confinement,
        watching=emulator.Watching((code, *given["layers"]), lambda: make_function(code, given))
        if watch
        else None,
    )


def _be_silent(line: str) -> None:
    """Show nothing."""


def make_function(path: Path, given: dict[str, Any]) -> emulator.LocalFunction:
    """The function at a path, with what the flags say.

    Raises:
        UsageError: it is no Bundle and a flag that it needs is missing.
    """
    if is_bundle(path):
        bundle = read_bundle(path)
        layers = bundle.layer_zips + given["layers"]
        return pipeline.local_function(bundle, **{**given, "layers": layers})
    if not path.exists():
        raise UsageError(
            f"There is nothing at {path}.",
            "Make a bundle with `poner build`, or give a folder or zip with a handler.",
        )
    missing = [flag for flag in ("handler", "runtime") if flag not in given]
    if missing:
        raise UsageError(
            f"{path} is not a bundle, so it does not say its {' and '.join(missing)}.",
            f"Add {' and '.join('--' + flag for flag in missing)}.",
        )
    return emulator.LocalFunction(path, **given)


def split_variables(pairs: list[str]) -> dict[str, str]:
    """`K=V` as a dict.

    Raises:
        UsageError: one is not K=V.
    """
    split = [pair.partition("=") for pair in pairs]
    for key, equals, _ in split:
        if not (key and equals):
            raise UsageError("--env takes K=V.", "Write it as --env NAME=value.")
    return {key: value for key, _, value in split}
