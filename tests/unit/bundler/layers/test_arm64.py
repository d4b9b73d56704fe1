"""Layers for arm64, built on any machine: every ELF file is checked."""

from __future__ import annotations

import io
import zipfile

import pytest
from elftools.elf.elffile import ELFFile

from poner.aws_lambda import quotas
from tests.unit.bundler.layers.conftest import Make


@pytest.mark.arm64
@pytest.mark.slow
def test_every_shared_object_of_scikit_learn_is_for_arm64(make: Make) -> None:
    """scikit-learn 1.9.1 for python3.13 on arm64: five layers, each fit for a direct upload."""
    made = make("scikit-learn==1.9.1", architecture="arm64")
    machines = []
    for path in made.files.values():
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            contents = map(archive.read, archive.namelist())
            machines += [
                ELFFile(io.BytesIO(content))["e_machine"]
                for content in contents
                if content.startswith(b"\x7fELF")
            ]
    assert len(machines) > 150
    assert set(machines) == {"EM_AARCH64"}
    assert len(made.layers) == quotas.LAYERS
    assert all(layer.zip.size_bytes <= quotas.DIRECT_UPLOAD_BYTES for layer in made.layers)
    total = sum(layer.zip.unzipped_bytes for layer in made.layers)
    assert total <= quotas.UNZIPPED_BYTES
    assert made.bytecode
