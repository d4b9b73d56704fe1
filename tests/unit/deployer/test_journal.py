"""The journal: written whole or not at all, read back, and never in the way."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from poner.deployer.journal import Journal, JournalFile, journal_file, note_done
from poner.errors import DeployError

JOURNAL = Journal("ab" * 32, "2026-11-22T12:00:00+00:00", ("one", "two"), layers=("layer",))


@pytest.fixture
def file(tmp_path: Path) -> JournalFile:
    """A journal in a folder that is not there yet."""
    return journal_file(tmp_path / "state", "123456789012", "eu-west-1", "cancer")


def test_place(file: JournalFile, tmp_path: Path) -> None:
    """Each function of each account and region has its own."""
    assert file.path == tmp_path / "state/deploys/123456789012-eu-west-1-cancer.json"


def test_round_trip(file: JournalFile) -> None:
    """What is written is read back, and nothing lies beside it."""
    file.write(note_done(JOURNAL, "one"))
    assert file.read() == replace(JOURNAL, done=("one",))
    assert list(file.path.parent.iterdir()) == [file.path]


def test_private(file: JournalFile) -> None:
    """A journal is its owner's, even in a folder that an earlier poner left open to all."""
    file.path.parent.mkdir(parents=True, mode=0o755)
    file.write(JOURNAL)
    modes = [path.stat().st_mode & 0o777 for path in (file.path.parent, file.path)]
    assert modes == [0o700, 0o600]


def test_none(file: JournalFile) -> None:
    """Where no deploy is under way there is none, and none to remove."""
    assert file.read() is None
    file.remove()


def test_removed(file: JournalFile) -> None:
    """A deploy that is done is forgotten."""
    file.write(JOURNAL)
    file.remove()
    assert file.read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bundle": 1}', "\xff\x00", "null"], ids=range(6))
def test_damaged(file: JournalFile, text: str) -> None:
    """A journal that cannot be read is none: AWS is asked anyway."""
    file.write(JOURNAL)
    file.path.write_text(text, encoding="latin-1")
    assert file.read() is None


def test_of_a_later_poner(file: JournalFile) -> None:
    """A journal of another layout is none."""
    file.write(replace(JOURNAL, format=2))
    assert file.read() is None


def test_cannot_be_replaced(file: JournalFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full the old journal stays, and the error says where it lies."""
    file.write(JOURNAL)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DeployError, match="No space left on device") as caught:
        file.write(note_done(JOURNAL, "one"))
    assert "PONER_STATE_DIR" in caught.value.hint
    assert file.read() == JOURNAL
    assert list(file.path.parent.iterdir()) == [file.path]


def test_folder_cannot_be_made(file: JournalFile, tmp_path: Path) -> None:
    """A state folder that is a file is an error with its path."""
    (tmp_path / "state").write_text("")
    with pytest.raises(DeployError, match="cannot be written"):
        file.write(JOURNAL)
