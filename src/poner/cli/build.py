"""`poner build`: from a model to a proved Bundle."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from poner import pipeline, proof
from poner.aws_lambda.functions import Architecture, FunctionSettings
from poner.bundle import Bundle, EngineChoice, Slim
from poner.cli.console import ConfinementOption, print_data, print_json, reporting, say
from poner.cli.sizes import show_sizes, show_slimming
from poner.config import Config, ModelSection, read_config
from poner.errors import UsageError
from poner.loader import Parts, is_part
from poner.signature import SIGNATURE_NAME

RuntimeOption = Annotated[
    str | None,
    typer.Option(help="Python version on Lambda, such as python3.13. Default: this Python's."),
]
ArchitectureOption = Annotated[
    Architecture | None, typer.Option(help="Processor of the function on Lambda.")
]
SLIM_HELP = "Leave tests and the like out of packages. auto: only if the packages are too large."


def build(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="Model file, or folder that poner.save wrote. Default: this project's.",
        ),
    ] = None,
    before: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="File of a step that rows pass before the model, such as scaler.pkl; FILE:KEY for "
            "a part of it, COLUMNS=FILE for a step of some columns. Repeatable, in order.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Key of the model, if its file holds a dict, list or tuple."),
    ] = None,
    before_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY", help="Key of a step in the model's own file. Repeatable, in order."
        ),
    ] = None,
    target_labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File of the LabelEncoder of the target, or of the labels of the classes.",
        ),
    ] = None,
    engine: Annotated[
        EngineChoice | None, typer.Option(help="What computes predictions. auto: native if it can.")
    ] = None,
    runtime: RuntimeOption = None,
    architecture: ArchitectureOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write the bundle to.")] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME==VERSION", help="Version of a package on Lambda. Repeatable."),
    ] = None,
    slim: Annotated[Slim | None, typer.Option(help=SLIM_HELP)] = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help=f"Feature names, without {SIGNATURE_NAME}; or the file that lists them.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="0=NO,1=YES", help=f"Class labels, without {SIGNATURE_NAME}."),
    ] = None,
    require_confinement: ConfinementOption = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Turn a model into a Lambda function, and prove that both give the same answers."""
    settings = read_config(Path.cwd())
    names, names_file = split_names(features)
    options = ModelSection(
        key=key,
        before=tuple(before or ()),
        before_key=tuple(before_key or ()),
        target_labels=target_labels,
    )
    with reporting() as reporter:
        bundle = pipeline.build(
            model or Path(settings.model.path),
            out or Path(settings.build.out),
            make_target(settings, runtime, architecture),
            parts=make_parts(options, settings.model if model is None else None, names_file),
            engine=engine or settings.build.engine,
            packages=pipeline.Packages(
                require=tuple(require or settings.build.require),
                include=tuple(Path(name) for name in settings.build.include),
                slim=slim or settings.build.slim,
            ),
            feature_names=names,
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
    settings: Config, runtime: str | None = None, architecture: Architecture | None = None
) -> pipeline.Target:
    """What to build for: options first, then poner.toml."""
    return pipeline.make_target(
        runtime or settings.build.runtime,
        architecture or settings.build.architecture,
        FunctionSettings(name=settings.project.name, **settings.function.model_dump()),
    )


def make_parts(
    options: ModelSection, project: ModelSection | None = None, names_file: str | None = None
) -> Parts:
    """The parts of the model: options first, then poner.toml.

    Args:
        options: what the command line says; its path is not used.
        project: what poner.toml says of the project's model; None if another model is built.
        names_file: the file that lists the features.
    """
    project = project or ModelSection()
    return Parts.parse(
        key=options.key if options.key is not None else project.key,
        before=options.before or project.before,
        before_keys=options.before_key or project.before_key,
        target_labels=options.target_labels or project.target_labels,
        features=names_file,
    )


def split_names(text: str | None) -> tuple[list[str] | None, str | None]:
    """`a,b,c` as a list; or the file that lists the names, as it is.

    Raises:
        UsageError: a name is empty.
    """
    if text is None:
        return None, None
    if is_part(text):
        return None, text
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise UsageError("--features holds an empty name.", "Write it as a,b,c.")
    return names, None


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
            "--labels is not a list of CLASS=LABEL pairs.", "Write it as 0=benign,1=malignant."
        )
    return {name.strip(): label.strip() for name, _, label in pairs}


def show_bundle(bundle: Bundle) -> None:
    """Print what was built, its sizes beside Lambda's limits, and the proof."""
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
    ties = f", {tied:,} of them with ties among classes" if (tied := tried.requests_tied) else ""
    say(
        f"Tried from the finished {zips} on Python {tried.python_version} ({tried.architecture}): "
        f"{tried.rows:,} rows and {tried.requests:,} requests{ties}."
    )
    if tried.architecture != manifest.architecture:
        same = "package versions" if manifest.layers else "C sources"
        say(
            f"This machine cannot run {manifest.architecture} code, so the function was tried with "
            f"{tried.architecture} code of the same {same}."
        )
