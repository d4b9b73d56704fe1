"""What the cache holds, and what pruning removes and keeps."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from poner.storage import hold, list_entries, locks, prune

ENVIRONMENT = "python3.11-0123456789abcdef"
OLD_DAYS = 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with an old environment, an old proof and a new layer."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PONER_CACHE_DIR", str(folder))
    put(folder / "environments" / ENVIRONMENT / "bin" / "python", OLD_DAYS)
    put(folder / "proofs" / f"{'a' * 32}.json", OLD_DAYS)
    put(folder / "layers" / ("b" * 32) / "numpy.zip", 1)
    age(folder / "environments" / ENVIRONMENT, OLD_DAYS)
    return folder


def put(path: Path, days: float) -> None:
    """Write ten bytes, some days ago."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b"0123456789")
    age(path, days)


def age(path: Path, days: float) -> None:
    """Say that it was written some days ago."""
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_entries_have_kind_size_and_age(cache: Path) -> None:
    """Of folders and of files."""
    found = {entry.kind: entry for entry in list_entries()}
    assert set(found) == {"environments", "proofs", "layers"}
    assert {entry.size_bytes for entry in found.values()} == {10}
    assert found["environments"].unused_days == pytest.approx(OLD_DAYS, abs=0.1)
    assert found["layers"].unused_days < 1


def test_what_was_not_used_for_long_is_removed(cache: Path) -> None:
    """And nothing else: a second time there is nothing to remove."""
    removed, used = prune(30)
    assert {entry.kind for entry in removed} == {"environments", "proofs"}
    assert used == ()
    assert [entry.kind for entry in list_entries()] == ["layers"]
    assert prune(30) == ((), ())
    assert not list((cache / "environments").iterdir())


def test_use_makes_an_entry_young(cache: Path) -> None:
    """An environment that a build took from the cache stays for another month."""
    assert hold(cache / "environments" / ENVIRONMENT)
    assert [entry.kind for entry in prune(30)[0]] == ["proofs"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_what_another_process_uses_stays(cache: Path) -> None:
    """Whatever its age, until that process closes the lock, or ends."""
    environment = cache / "environments" / ENVIRONMENT
    descriptor = os.open(environment, os.O_RDONLY)
    assert locks.share(descriptor, environment)
    removed, used = prune(0)
    assert [entry.path for entry in used] == [environment]
    assert environment.exists()
    assert {entry.kind for entry in removed} == {"proofs", "layers"}
    os.close(descriptor)
    assert [entry.path for entry in prune(0)[0]] == [environment]


def test_what_poner_did_not_make_stays(cache: Path, tmp_path: Path) -> None:
    """Other names, and links that lead out of the cache."""
    put(cache / "environments" / "mine" / "file", OLD_DAYS)
    put(tmp_path / "elsewhere" / "file", OLD_DAYS)
    link = cache / "environments" / "python3.12-0123456789abcdef"
    link.symlink_to(tmp_path / "elsewhere")
    prune(0)
    assert (cache / "environments" / "mine" / "file").exists()
    assert (tmp_path / "elsewhere" / "file").exists()
    assert link.is_symlink()


def test_a_file_of_two_names_counts_once(cache: Path) -> None:
    """As in environments, where uv gives one file several names."""
    layer = cache / "layers" / ("b" * 32)
    os.link(layer / "numpy.zip", layer / "again.zip")
    assert sum(entry.size_bytes for entry in list_entries()) == 30


def test_an_entry_that_is_gone_is_not_held(cache: Path) -> None:
    """Whoever wanted it makes it again."""
    prune(30)
    assert not hold(cache / "environments" / ENVIRONMENT)
