"""What is kept: whole or not there, and damage is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from poner.bundler.layers.store import (
    copy_file,
    read_record,
    scratch_folder,
    write_record,
    writing,
)
from poner.errors import BundleError


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    """Until the last byte the old file stays, and an interruption leaves nothing beside it."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        _interrupt(path)
    assert [(entry, entry.read_bytes()) for entry in tmp_path.iterdir()] == [(path, b"old")]
    with writing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("damage", [b"", b"x", b"0" * 64 + b"\n[1]", b"\xff\n"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    """A record that is not what was written is as good as missing."""
    path = tmp_path / "a" / "record.json"
    assert read_record(path) is None
    write_record(path, {"values": [1, 2]})
    assert read_record(path) == {"values": [1, 2]}
    path.write_bytes(damage)
    assert read_record(path) is None


def test_a_disk_that_refuses_is_two_sentences(tmp_path: Path) -> None:
    """A full disk, or a file in place of a folder, names the folder and says what to do."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BundleError, match="cannot be written"):
        copy_file(tmp_path / "file", tmp_path / "file" / "copy")
    full = pytest.raises(BundleError, match="No space left on device")
    with full as caught, scratch_folder(tmp_path / "cache"):
        raise OSError(28, "No space left on device")
    assert str(tmp_path / "cache") in caught.value.message
    assert "PONER_CACHE_DIR" in caught.value.hint
    assert not list((tmp_path / "cache").iterdir())


def _interrupt(path: Path) -> None:
    with writing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
        raise KeyboardInterrupt
