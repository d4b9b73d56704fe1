"""`poner layer`: packs packages as layers, ready to upload."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from poner.aws_lambda import quotas
from poner.aws_lambda.runtimes import choose_runtimes
from poner.bundle import Slim
from poner.bundler.layers import LayerRequest, LayerSet, make_layers, write_layers
from poner.cli.build import SLIM_HELP, ArchitectureOption, RuntimeOption
from poner.cli.console import print_data, print_json, reporting, say
from poner.cli.sizes import show_sizes, show_slimming
from poner.config import read_config
from poner.errors import QuotaError
from poner.extras import check_extra


def layer(
    packages: Annotated[
        list[str],
        typer.Argument(
            metavar="PACKAGE==VERSION...", help="Packages; their dependencies are added."
        ),
    ],
    runtime: RuntimeOption = None,
    architecture: ArchitectureOption = None,
    out: Annotated[Path, typer.Option(help="Folder to write the zips to.")] = Path("layers"),
    slim: Annotated[Slim, typer.Option(help=SLIM_HELP)] = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print the layers as JSON.")] = False,
) -> None:
    """Pack Python packages into zips that Lambda loads as layers."""
    check_extra("local", "`poner layer`")
    settings = read_config(Path.cwd()).build
    request = LayerRequest(
        requirements=tuple(packages),
        runtime=choose_runtimes(runtime or settings.runtime, datetime.date.today())[0],
        architecture=architecture or settings.architecture,
        slim=slim,
    )
    with reporting() as reporter:
        made = make_layers(request, progress=reporter.progress, notify=reporter.notify)
        check_unzipped(made, slim)
        paths = write_layers(made, out)
    if json_:
        print_json(_describe(made, paths))
        return
    show_layers(made, request)
    for path in paths.values():
        print_data(str(path))


def check_unzipped(made: LayerSet, slim: Slim) -> None:
    """Refuse layers that are too large for Lambda.

    Raises:
        QuotaError: the unzipped layers together exceed the limit; names their sizes.
    """
    total = sum(layer.zip.unzipped_bytes for layer in made.layers)
    if total > quotas.UNZIPPED_BYTES:
        sizes = ", ".join(f"{layer.name} {layer.zip.unzipped_bytes:,}" for layer in made.layers)
        more = ", or leave out more with --slim always" if slim == "never" else ""
        raise QuotaError(
            f"The layers take {total:,} of Lambda's {quotas.UNZIPPED_BYTES:,} unzipped bytes: "
            f"{sizes}.",
            f"Choose fewer packages{more}; a container image holds up to 10 GB.",
        )


def show_layers(made: LayerSet, request: LayerRequest) -> None:
    """Print the layers, with their sizes beside Lambda's limits."""
    say(f"Layers for {request.target}, {'with' if made.bytecode else 'without'} bytecode:")
    show_sizes([layer.zip for layer in made.layers])
    show_slimming(made.slimming)
    for layer in made.layers:
        if layer.zip.size_bytes > quotas.DIRECT_UPLOAD_BYTES:
            say(f"{layer.name}.zip is too large for a direct upload: put it into S3 first.")


def _describe(made: LayerSet, paths: dict[str, Path]) -> dict[str, Any]:
    return {
        "layers": [
            {
                "name": layer.name,
                "path": str(paths[layer.zip.path]),
                "size_bytes": layer.zip.size_bytes,
                "unzipped_bytes": layer.zip.unzipped_bytes,
                "sha256": layer.zip.sha256,
                "libraries": [dataclasses.asdict(library) for library in layer.libraries],
            }
            for layer in made.layers
        ],
        "slimming": [dataclasses.asdict(step) for step in made.slimming],
        "bytecode": made.bytecode,
    }
