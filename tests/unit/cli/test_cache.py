"""`poner cache`, on a cache with one entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from poner.cli.app import run


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A layer of five bytes."""
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path))
    path = tmp_path / "layers" / ("a" * 32) / "numpy.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")
    return path


def test_entries_are_printed_as_json(layer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Entries are printed as JSON with size and age."""
    assert run(["cache", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["kind"] == "layers"
    assert entry["size_bytes"] == 5
    assert entry["path"] == str(layer.parent)


def test_a_new_entry_stays_until_everything_goes(
    layer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default, prune keeps entries that were used within 30 days."""
    assert run(["cache", "prune"]) == 0
    assert layer.exists()
    assert run(["cache", "prune", "--older-than", "0"]) == 0
    assert not layer.exists()
    said = capsys.readouterr().err
    assert "Removed 0 entries" in said
    assert "Removed 1 entry," in said
