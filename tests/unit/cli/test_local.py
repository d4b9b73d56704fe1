"""`poner local`: how it reads a path and its flags."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from poner.bundle import Bundle, Layer, zip_record
from poner.cli.local import make_function


def test_layers_of_flags_come_after_those_of_the_bundle(
    article_bundle: Bundle, tmp_path: Path
) -> None:
    """Layers of --layer come after the Bundle's own, whose files they may overwrite."""
    folder = tmp_path / "build"
    shutil.copytree(article_bundle.folder, folder)
    record = zip_record("layers/own.zip", b"content", {})
    manifest = replace(article_bundle.manifest, layers=(Layer("own", record, ()),))
    (folder / "layers").mkdir()
    (folder / "layers/own.zip").write_bytes(b"content")
    (folder / "manifest.json").write_text(manifest.to_json())
    function = make_function(folder, {"layers": (Path("added.zip"),)})
    assert function.layers == (folder / "layers/own.zip", Path("added.zip"))


def test_layers_of_a_folder_are_those_of_the_flags(tmp_path: Path) -> None:
    """A folder gets the layers of --layer."""
    given = {"handler": "app.handler", "runtime": "python3.13", "layers": (Path("added.zip"),)}
    assert make_function(tmp_path, given).layers == (Path("added.zip"),)
