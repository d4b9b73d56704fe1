"""`poner layer`: layer zips of any libraries, ready to be uploaded."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from poner import limits
from poner.bundler.layers import LayerRequest, LayerSet, make_layers, write_layers
from poner.cli.build import Architecture, Slim
from poner.cli.console import print_data, print_json, reporting, say
from poner.cli.sizes import show_sizes, show_slimming
from poner.config import choose_runtime, read_config
from poner.errors import QuotaError
from poner.extras import check_extra


def layer(
    packages: Annotated[
        list[str],
        typer.Argument(
            metavar="PACKAGE==VERSION...", help="What goes in; what it needs comes along."
        ),
    ],
    runtime: Annotated[
        str | None, typer.Option(help="Such as python3.13; default: this Python's.")
    ] = None,
    architecture: Annotated[Architecture | None, typer.Option(help="Instruction set.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the zips.")] = Path("layers"),
    slim: Annotated[
        Slim, typer.Option(help="Leave out tests, stubs and the like: as needed, all, or nothing.")
    ] = Slim.auto,
    json_: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Make layers of any libraries: wheels for Lambda, slimmed, with bytecode."""
    check_extra("local", "`poner layer`")
    settings = read_config(Path.cwd()).build
    request = LayerRequest(
        requirements=tuple(packages),
        runtime=choose_runtime(runtime or settings.runtime, datetime.date.today()),
        architecture=architecture.value if architecture else settings.architecture,
        slim=slim.value,
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
    """Refuse what Lambda would not unpack.

    Raises:
        QuotaError: the layers together are over the unzipped limit; it names their sizes.
    """
    total = sum(layer.zip.unzipped_bytes for layer in made.layers)
    if total > limits.UNZIPPED_BYTES:
        sizes = ", ".join(f"{layer.name} {layer.zip.unzipped_bytes:,}" for layer in made.layers)
        more = ", or leave out more with --slim always" if slim is Slim.never else ""
        raise QuotaError(
            f"The layers take {total:,} of Lambda's {limits.UNZIPPED_BYTES:,} unzipped bytes: "
            f"{sizes}.",
            f"Ask for fewer packages{more}; a container image may hold 10 GB.",
        )


def show_layers(made: LayerSet, request: LayerRequest) -> None:
    """What was made and what it takes of AWS's limits, for people."""
    say(f"Layers for {request.target}, {'with' if made.bytecode else 'without'} bytecode:")
    show_sizes([layer.zip for layer in made.layers])
    show_slimming(made.slimming)
    for layer in made.layers:
        if layer.zip.size_bytes > limits.DIRECT_UPLOAD_BYTES:
            say(f"{layer.name}.zip is too large to be uploaded directly: it goes through S3.")


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
