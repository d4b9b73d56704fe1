"""Pipelines of many transformers, fitted and saved under other versions of scikit-learn."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner import loader, pipeline
from tests.support.compiling import fit_elsewhere
from tests.support.versions import OTHER_VERSIONS

SCRIPT = Path(__file__).parents[2] / "data" / "preprocessing" / "fit_models.py"


@pytest.fixture(scope="module", params=[*OTHER_VERSIONS, "1.9.1"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of one version, each in a file."""
    made = tmp_path_factory.mktemp("models")
    fit_elsewhere(request.param, SCRIPT.read_text(encoding="utf-8"), made)
    return made


@pytest.mark.parametrize("name", ["exact", "rounded", "texts", "discriminants", "pls"])
def test_models_of_other_versions(folder: Path, name: str) -> None:
    """Every transformer reads the attributes of its version and computes by its rules."""
    with loader.open_model(folder / f"{name}.sav") as trained:
        compiled = pipeline.compile_trained(trained)
    assert compiled.parity is not None
    assert compiled.parity.rows_tried > 100
    if name in ("exact", "texts"):
        assert all(output.tolerance == 0.0 for output in compiled.parity.outputs)
