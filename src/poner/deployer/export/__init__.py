"""The same resources as a deploy, as a template for those who deploy with another tool.

What should be there comes in, a file's text goes out. Values of environment variables, which may be
secrets, are never in it: the template asks for them. Nor is the account's number.
"""

from __future__ import annotations

from pathlib import Path

from poner.deployer.desired import Desired
from poner.deployer.export.sam import write_sam
from poner.deployer.export.terraform import write_terraform
from poner.extras import check_extra

__all__ = ["export_sam", "export_terraform"]


def export_sam(desired: Desired, folder: Path) -> str:
    """template.yaml for `sam deploy`, to be put into a folder from which it finds the zips."""
    check_extra("deploy", "A template for SAM")
    return write_sam(desired, folder)


def export_terraform(desired: Desired, folder: Path) -> str:
    """main.tf.json for Terraform, to be put into a folder from which it finds the zips."""
    return write_terraform(desired, folder)
