"""`poner export`: what a deploy would make, as a template for other tools."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from poner.bundle import read_bundle
from poner.cli.console import print_data
from poner.cli.deploying import BundleArgument
from poner.config import read_config
from poner.deployer.export import Form, export_template
from poner.errors import UsageError


def export(
    form: Annotated[Form, typer.Argument(help="Which tool's template to write.")],
    path: BundleArgument = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region; default: poner.toml's, then AWS_REGION.")
    ] = None,
) -> None:
    """Print what a deploy would make as a template for another tool; needs no AWS account.

    Save it in this folder, where its paths begin: as template.yaml for sam, as main.tf.json for
    terraform. Values of environment variables are not in it; the tool asks for them.
    """
    config = read_config(Path.cwd())
    named = region or config.deploy.region or os.environ.get("AWS_REGION")
    if named is None:
        raise UsageError(
            "The template needs a region, and none is named.",
            "Put `region` under [deploy] in poner.toml, or use --region or AWS_REGION.",
        )
    bundle = read_bundle(path or Path(config.build.out))
    print_data(export_template(form, bundle, config.deploy, named, Path.cwd()))
