"""The same resources as a deploy, as a template for those who deploy with another tool.

What should be there comes in, a file's text goes out. Values of environment variables, which may be
secrets, are never in it: the template asks for them. Nor is the account's number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, assert_never

from poner.bundle import Bundle
from poner.deployer.desired import make_desired
from poner.deployer.export.sam import write_sam
from poner.deployer.export.terraform import write_terraform
from poner.deployer.resources import Identity
from poner.deployer.settings import DeploySettings
from poner.extras import check_extra

__all__ = ["Form", "export_template"]

Form = Literal["sam", "terraform"]
"""Tools that deploy by template."""

_NOBODY = Identity("000000000000", "aws")
"""Stands for the account where none is asked: templates do not hold it."""


def export_template(
    form: Form, bundle: Bundle, settings: DeploySettings, region: str, folder: Path
) -> str:
    """What a deploy of a Bundle would make, as a tool's template for `folder`.

    Raises:
        DeployError: a zip is too large to be sent in a call, and there is no bucket.
    """
    desired = make_desired(bundle, settings, _NOBODY, region)
    match form:
        case "sam":
            check_extra("deploy", "A template for SAM")
            return write_sam(desired, folder)
        case "terraform":
            return write_terraform(desired, folder)
        case _:
            assert_never(form)
