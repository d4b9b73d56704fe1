"""`poner local`: what it makes of a path and of its flags."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from poner.bundle import Bundle, Layer, zip_record
from poner.cli.local import make_function


def test_layers_of_flags_come_after_those_of_the_bundle(
    article_bundle: Bundle, tmp_path: Path
) -> None:
    """A Bundle needs its own layers; what --layer adds can overwrite them."""
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
    """Any function can have layers."""
    given = {"handler": "app.handler", "runtime": "python3.13", "layers": (Path("added.zip"),)}
    assert make_function(tmp_path, given).layers == (Path("added.zip"),)
