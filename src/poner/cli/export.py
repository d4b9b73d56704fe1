"""`poner export`: the resources of a deploy as a template for SAM or Terraform."""

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
    form: Annotated[Form, typer.Argument(help="Tool that reads the template.")],
    path: BundleArgument = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region. Default: poner.toml's, then AWS_REGION.")
    ] = None,
) -> None:
    """Print the resources of a deploy as a template for SAM or Terraform. Needs no AWS account.

    Save the template in this folder, where its paths start: for sam as template.yaml, for
    terraform as main.tf.json. It leaves out the values of environment variables; the tool asks.
    """
    config = read_config(Path.cwd())
    named = region or config.deploy.region or os.environ.get("AWS_REGION")
    if named is None:
        raise UsageError(
            "No AWS region is set, and the template needs one.",
            "Set `region` under [deploy] in poner.toml, --region or AWS_REGION, such as eu-west-1.",
        )
    bundle = read_bundle(path or Path(config.build.out))
    print_data(export_template(form, bundle, config.deploy, named, Path.cwd()))
