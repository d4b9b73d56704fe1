"""Scratch folders: found when their process has ended, and never touched before."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from poner.errors import StorageError
from poner.storage import scratch_folder, sweep
from tests.support.killing import kill_before_each_step, run_forked

MARK = b"A scratch folder of poner's, which removes it once no process uses it.\n"


def leave(place: Path, content: str = "half done") -> Path:
    """What a process leaves that is killed while it works."""

    def work() -> None:
        with scratch_folder(place) as scratch:
            (scratch / "file").write_text(content)
            os.kill(os.getpid(), signal.SIGKILL)

    assert run_forked(work, kill_before=10**9)
    (left,) = place.iterdir()
    return left


def test_a_scratch_folder_goes_with_its_block(place: Path):
    """It is there inside the block, readable by its owner alone, and gone after it."""
    with scratch_folder(place) as scratch:
        assert scratch.is_dir()
        (outer,) = place.iterdir()
        assert outer.stat().st_mode & 0o777 == 0o700
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(place: Path):
    """Without being asked to."""
    leave(place)
    with scratch_folder(place):
        assert len(list(place.iterdir())) == 1
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_among_temporary_files_is_removed(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    """The same in the folder that TMPDIR names."""
    monkeypatch.setattr("tempfile.tempdir", str(place))

    def work() -> None:
        with scratch_folder():
            os.kill(os.getpid(), signal.SIGKILL)

    run_forked(work, kill_before=10**9)
    assert len(list(place.iterdir())) == 1
    with scratch_folder():
        assert len(list(place.iterdir())) == 1


def test_a_process_killed_at_any_step_leaves_nothing_for_good(place: Path):
    """From the first step to the last, what is left is gone after the next sweep."""

    def work() -> None:
        with scratch_folder(place) as scratch:
            (scratch / "folder").mkdir()
            (scratch / "folder" / "file").write_text("x")

    def check(finished: bool) -> None:
        assert not finished or list(place.iterdir()) == []
        sweep(place)
        assert list(place.iterdir()) == []

    assert kill_before_each_step(lambda: None, work, check) > 10


def test_what_a_live_process_uses_stays(place: Path):
    """Its lock is held until it ends, and no longer."""
    theirs, ours = socket.socketpair()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        with scratch_folder(place):
            theirs.send(b"x")
            signal.pause()
    ours.recv(1)
    (folder,) = place.iterdir()
    sweep(place)
    with scratch_folder(place):
        sweep(place)
    assert (folder / "work").is_dir()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    sweep(place)
    assert not folder.exists()
    for end in (theirs, ours):
        end.close()


def test_a_forked_child_does_not_remove_its_parents_folder(place: Path):
    """A notebook's worker that ends inside the block leaves the block's folder alone."""
    block = scratch_folder(place)
    scratch = block.__enter__()
    run_forked(lambda: block.__exit__(None, None, None) and None)
    assert scratch.is_dir()
    sweep(place)
    assert scratch.is_dir()
    block.__exit__(None, None, None)
    assert list(place.iterdir()) == []


def test_read_only_folders_are_removed(place: Path):
    """As an unpacked zip may have them; what a link leads to keeps its mode."""
    outside = place / "outside"
    outside.mkdir(mode=0o500)
    with scratch_folder(place / "in") as scratch:
        (scratch / "deep" / "deeper").mkdir(parents=True)
        (scratch / "deep" / "deeper" / "file").touch()
        (scratch / "deep" / "link").symlink_to(outside)
        (scratch / "deep" / "deeper").chmod(0)
        (scratch / "deep").chmod(0o500)
    assert list((place / "in").iterdir()) == []
    assert outside.stat().st_mode & 0o777 == 0o500


def with_lock(folder: Path, content: bytes) -> None:
    """Make a folder that looks like poner's from outside."""
    folder.mkdir(mode=0o700)
    (folder / ".lock").write_bytes(content)
    (folder / "thesis.txt").write_text("years of work")


def with_link_as_lock(folder: Path) -> None:
    """One whose lock is a link to a file that says what a lock says."""
    with_lock(folder, b"")
    (folder / ".lock").unlink()
    (folder.parent / "elsewhere").write_bytes(MARK)
    (folder / ".lock").symlink_to(folder.parent / "elsewhere")


def with_pipe_as_lock(folder: Path) -> None:
    """One whose lock is a pipe that nobody writes into."""
    with_lock(folder, b"")
    (folder / ".lock").unlink()
    os.mkfifo(folder / ".lock")


def without_lock(folder: Path) -> None:
    """One of a user who likes such names."""
    with_lock(folder, b"")
    (folder / ".lock").unlink()


@pytest.mark.parametrize(
    "make",
    [
        without_lock,
        with_link_as_lock,
        with_pipe_as_lock,
        lambda folder: with_lock(folder, b"mine"),
        lambda folder: with_lock(folder, b""),
        lambda folder: with_lock(folder, MARK + b"and more"),
        lambda folder: folder.symlink_to("/"),
        lambda folder: folder.write_text("mine"),
        lambda folder: folder.mkdir(mode=0o755),
    ],
    ids=[
        "no lock", "link", "pipe", "other text", "empty lock", "longer text", "link to a folder",
        "file", "an empty folder that mkdir made",
    ],
)  # fmt: skip
def test_what_poner_did_not_make_stays(place: Path, make):
    """Whatever its name, and whatever lies in it."""
    folder = place / ".poner-scratch-abcdefgh"
    make(folder)
    before = sorted(place.rglob("*"))
    sweep(place)
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize("name", ["poner-tutorial", ".poner-scratch", "poner-scratch-abc", "x"])
def test_other_names_are_not_looked_at(place: Path, name: str):
    """Only a name as poner makes them counts, even with a lock of poner's in it."""
    left = leave(place)
    left.rename(place / name)
    sweep(place)
    assert (place / name / "work" / "file").read_text() == "half done"


def test_no_folder_for_temporary_files_is_two_sentences(monkeypatch: pytest.MonkeyPatch):
    """With the folder, the reason and TMPDIR."""
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.tempdir", "/nowhere/at/all")
        with pytest.raises(StorageError, match="/nowhere/at/all: No such file") as caught:
            scratch_folder().__enter__()
    assert "TMPDIR" in caught.value.hint
