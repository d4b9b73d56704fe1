"""The templates of `poner export`, held as whole texts."""

from __future__ import annotations

from pathlib import Path

from poner.deployer.export import export_sam, export_terraform
from tests.golden.test_golden import check
from tests.support.exporting import make_example


def test_sam(tmp_path: Path) -> None:
    """template.yaml of a public function with layers, secrets and CORS."""
    check("export-sam.yaml", export_sam(make_example(tmp_path), tmp_path))


def test_terraform(tmp_path: Path) -> None:
    """main.tf.json of the same."""
    check("export-terraform.json", export_terraform(make_example(tmp_path), tmp_path))
