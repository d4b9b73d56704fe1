"""`poner build`: from a model to a proved Bundle."""

from __future__ import annotations

import dataclasses
import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from poner import pipeline, proof
from poner.bundle import Bundle, FunctionSettings
from poner.cli.console import ConfinementOption, print_data, print_json, reporting, say
from poner.cli.sizes import show_sizes, show_slimming
from poner.config import Config, choose_runtimes, read_config
from poner.errors import UsageError
from poner.signature import SIGNATURE_NAME


class Engine(StrEnum):
    """Engines by the names of the command line."""

    auto = "auto"
    native = "native"
    onnx = "onnx"
    sklearn = "sklearn"


class Slim(StrEnum):
    """How much is left out of the layers."""

    auto = "auto"
    always = "always"
    never = "never"


class Architecture(StrEnum):
    """Architectures by AWS's names."""

    x86_64 = "x86_64"
    arm64 = "arm64"


def build(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="Model file, or folder of poner.save; default: as poner.toml says.",
        ),
    ] = None,
    engine: Annotated[Engine | None, typer.Option(help="How predictions are computed.")] = None,
    runtime: Annotated[
        str | None, typer.Option(help="Such as python3.13; default: this Python's.")
    ] = None,
    architecture: Annotated[Architecture | None, typer.Option(help="Instruction set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the bundle.")] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME==VERSION", help="Package for the layers; may be repeated."),
    ] = None,
    slim: Annotated[
        Slim | None, typer.Option(help="What to leave out of layers: what is needed, all, nothing.")
    ] = None,
    features: Annotated[
        str | None, typer.Option(help=f"a,b,c: for a model without {SIGNATURE_NAME}.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help=f"0=benign,1=malignant: for a model without {SIGNATURE_NAME}."),
    ] = None,
    require_confinement: ConfinementOption = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Make a function of a model, prove that it answers the same, and pack it for Lambda."""
    settings = read_config(Path.cwd())
    with reporting() as reporter:
        bundle = pipeline.build(
            model or Path(settings.model.path),
            out or Path(settings.build.out),
            make_target(settings, runtime, architecture.value if architecture else None),
            engine=engine.value if engine else settings.build.engine,
            packages=pipeline.Packages(
                require=tuple(require or settings.build.require),
                include=tuple(Path(name) for name in settings.build.include),
                slim=slim.value if slim else settings.build.slim,
            ),
            feature_names=split_names(features),
            labels=split_labels(labels),
            require_confinement=require_confinement,
            reporter=reporter,
        )
    if json_:
        print_json(dataclasses.asdict(bundle.manifest))
    else:
        show_bundle(bundle)
        print_data(str(bundle.folder))


def make_target(
    settings: Config, runtime: str | None = None, architecture: str | None = None
) -> pipeline.Target:
    """What to build for: flags first, then poner.toml, then defaults."""
    chosen, *newer = choose_runtimes(runtime or settings.build.runtime, datetime.date.today())
    return pipeline.Target(
        runtime=chosen,
        newer=tuple(newer),
        architecture=architecture or settings.build.architecture,
        settings=FunctionSettings(name=settings.project.name, **settings.function.model_dump()),
    )


def split_names(text: str | None) -> list[str] | None:
    """`a,b,c` as a list.

    Raises:
        UsageError: a name is empty.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise UsageError("--features has an empty name.", "Write it as a,b,c.")
    return names


def split_labels(text: str | None) -> dict[str, str] | None:
    """`0=benign,1=malignant` as a dict.

    Raises:
        UsageError: a part is not CLASS=LABEL.
    """
    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name.strip() and equals and label.strip() for name, equals, label in pairs):
        raise UsageError(
            "--labels is not a list of CLASS=LABEL.", "Write it as 0=benign,1=malignant."
        )
    return {name.strip(): label.strip() for name, _, label in pairs}


def show_bundle(bundle: Bundle) -> None:
    """What was built and what it takes of AWS's limits, for people."""
    manifest = bundle.manifest
    tried = manifest.verification
    say(
        f"{manifest.settings.name}: {manifest.engine} engine, {manifest.runtime}, "
        f"{manifest.architecture}"
    )
    show_sizes([manifest.function, *(layer.zip for layer in manifest.layers)])
    show_slimming(manifest.slimming)
    for sentence in proof.describe(manifest.parity):
        say(sentence)
    zips = "zips" if manifest.layers else "zip"
    say(
        f"Tried from the finished {zips} on Python {tried.python_version} ({tried.architecture}): "
        f"{tried.rows:,} rows and {tried.requests:,} requests"
        + (
            f", {tried.requests_tied:,} of them with ties among classes."
            if tried.requests_tied
            else "."
        )
    )
    if tried.architecture != manifest.architecture:
        what = "function tried is its twin" if manifest.layers else "kernel tried is its twin"
        how = "of the same versions" if manifest.layers else "built from the same sources"
        say(
            f"This machine cannot run {manifest.architecture}: the {what} for "
            f"{tried.architecture}, {how}."
        )
