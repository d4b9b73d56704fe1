"""Templates that create the same resources as a deploy, for users of another tool.

In: a Bundle with settings. Out: the text of a template. It must not hold the account's number or
values of environment variables, which may be secrets: the template has parameters for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, assert_never

from poner.bundle import Bundle
from poner.deployer.desired import make_desired
from poner.deployer.export.sam import write_sam
from poner.deployer.export.terraform import write_terraform
from poner.deployer.resources import Identity
from poner.deployer.settings import DeploySettings, check_settings
from poner.extras import check_extra

__all__ = ["Form", "export_template"]

Form = Literal["sam", "terraform"]
"""Tools that deploy from a template."""

_NOBODY = Identity("000000000000", "aws")
"""Placeholder for the account, which templates do not hold."""


def export_template(
    form: Form, bundle: Bundle, settings: DeploySettings, region: str, folder: Path
) -> str:
    """A template of the resources that a deploy would create, to be written into `folder`.

    Raises:
        SettingsError: Lambda would refuse a setting.
        DeployError: a zip is too large to be sent in a call, and the settings name no bucket.
    """
    check_settings(settings)
    desired = make_desired(bundle, settings, _NOBODY, region)
    match form:
        case "sam":
            check_extra("deploy", "A template for SAM")
            return write_sam(desired, folder)
        case "terraform":
            return write_terraform(desired, folder)
        case _:
            assert_never(form)
