"""A folder is replaced as one, and what poner did not put into it is never lost."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from poner.errors import UsageError
from poner.storage import hash_file, others_in, replace_folder, restore, sweep
from poner.storage.folders import exchange_folders
from tests.support.killing import kill_before_each_step, run_forked, take_exchange_away

OLD = {"manifest": b"old", "layers/a": b"1"}
NEW = {"manifest": b"new", "layers/b": b"2"}

Exchange = Callable[[Path, Path], bool]


def never(one: Path, other: Path) -> bool:
    """A system that cannot exchange folders."""
    return False


EXCHANGES = pytest.mark.parametrize("exchange", [exchange_folders, never], ids=["can", "cannot"])


def listing_of(folder: Path) -> Mapping[str, str]:
    """List a folder that holds OLD or NEW; refuse any other."""
    for files in (OLD, NEW):
        listed = {name: hash_file(folder / name) or "" for name in files}
        if read(folder) == files:
            return listed
    raise UsageError("There is something else.", "")


def read(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    paths = [path for path in folder.rglob("*") if not path.is_dir()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Have a folder with just these files."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@EXCHANGES
@pytest.mark.parametrize("old", [None, {}, OLD], ids=["none", "empty", "old"])
def test_a_folder_is_replaced(place: Path, exchange: Exchange, old: Mapping[str, bytes] | None):
    """Where there is none, an empty one or an old one; nothing is left beside it."""
    folder = place / "build"
    if old is not None:
        folder.mkdir()
        put(folder, old)
    listing = listing_of if old else (lambda folder: {})
    replace_folder(folder, NEW, listing, exchange=exchange)
    assert read(folder) == NEW
    assert list(place.iterdir()) == [folder]


@EXCHANGES
def test_a_kill_at_any_step_leaves_a_whole_folder(place: Path, exchange: Exchange):
    """The old one or the new one; without an exchange, once the next command has looked."""
    folder = place / "build"

    def check(finished: bool) -> None:
        if exchange is never:
            restore(folder)
        assert read(folder) == NEW if finished else read(folder) in (OLD, NEW)
        sweep(place)
        assert read(folder) in (OLD, NEW)
        assert list(place.iterdir()) == [folder]

    def work() -> None:
        replace_folder(folder, NEW, listing_of, exchange=exchange)

    assert kill_before_each_step(lambda: put(folder, OLD), work, check) > 30


@EXCHANGES
def test_a_kill_at_any_step_loses_nothing_of_the_users(place: Path, exchange: Exchange):
    """Not even what was put into the old folder in the moment before it was replaced."""
    folder = place / "build"

    def listing_then_writing(place_of: Path) -> Mapping[str, str]:
        listed = listing_of(place_of)
        (place_of / "thesis").write_text("years of work")
        return listed

    def check(finished: bool) -> None:
        sweep(place)
        theses = list(place.rglob("thesis"))
        assert all(path.read_text() == "years of work" for path in theses)
        assert len(theses) == 1 or read(folder) == OLD
        sweep(place)
        assert list(place.rglob("thesis")) == theses

    def work() -> None:
        with pytest.raises(UsageError):
            replace_folder(folder, NEW, listing_then_writing, exchange=exchange)

    def prepare() -> None:
        for path in place.iterdir():
            shutil.rmtree(path)
        put(folder, OLD)

    kill_before_each_step(prepare, work, check)
    assert read(folder) == {**OLD, "thesis": b"years of work"}


def test_a_filesystem_without_exchange_is_found_out(place: Path):
    """The system's own refusal leads to two renames."""
    folder = place / "build"
    put(folder, OLD)

    def work() -> None:
        take_exchange_away()
        (place / "other").mkdir()
        assert not exchange_folders(folder, place / "other")
        (place / "other").rmdir()
        replace_folder(folder, NEW, listing_of)

    assert not run_forked(work)
    assert read(folder) == NEW
    assert list(place.iterdir()) == [folder]


@EXCHANGES
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_folder(
    place: Path, exchange: Exchange, error: BaseException, monkeypatch: pytest.MonkeyPatch
):
    """Whether the disk is full or the user has had enough, while files are written or later."""
    folder = place / "build"
    put(folder, OLD)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(type(error)):
            replace_folder(folder, NEW, listing_of, exchange=exchange)
    rename = Path.rename

    def fail_at_last(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise error
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail_at_last)
        with pytest.raises(type(error)):
            replace_folder(folder, NEW, listing_of, exchange=never)
    assert read(folder) == OLD
    assert list(place.iterdir()) == [folder]


@EXCHANGES
def test_a_link_stays_a_link(place: Path, exchange: Exchange):
    """The folder that it leads to is replaced, be it there or not."""
    (place / "disk").mkdir()
    (place / "build").symlink_to("disk/build")
    for _ in range(2):
        replace_folder(place / "build", NEW, listing_of, exchange=exchange)
        assert (place / "build").readlink() == Path("disk/build")
        assert read(place / "disk" / "build") == NEW
    assert sorted(path.name for path in place.rglob("*build*")) == ["build", "build"]


def test_links_in_a_circle_are_refused(place: Path):
    """With the system's own words."""
    (place / "a").symlink_to("b")
    (place / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        replace_folder(place / "a", NEW, listing_of)


def test_the_current_folder_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch):
    """The user's shell would be left in a folder that is no more."""
    monkeypatch.chdir(place)
    with pytest.raises(OSError, match="current folder"):
        replace_folder(Path(), NEW, lambda folder: {})


def test_a_folder_keeps_its_mode(place: Path):
    """What the user made private stays private."""
    folder = place / "build"
    put(folder, OLD)
    folder.chmod(0o700)
    replace_folder(folder, NEW, listing_of)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_a_read_only_folder_is_an_error_that_leaves_nothing(place: Path):
    """An ordinary user may not move it; the old one stays, and nothing beside it."""
    folder = place / "build"
    put(folder, OLD)
    for path in (place, folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    folder.chmod(0o500)

    def work() -> None:
        os.setgid(65534)
        os.setuid(65534)
        with pytest.raises(OSError, match="Permission denied"):
            replace_folder(folder, NEW, listing_of)

    assert not run_forked(work)
    assert read(folder) == OLD
    assert list(place.iterdir()) == [folder]


def test_others_are_all_that_is_not_listed(place: Path):
    """Files of other bytes, links, pipes, hidden files, and folders, which are not looked into."""
    put(place, {"a": b"1", "layers/b": b"2", "layers/c": b"3", ".hidden": b"", "notes/x": b""})
    (place / "layers" / "link").symlink_to("b")
    (place / "empty").mkdir()
    os.mkfifo(place / "pipe")
    listing = {"a": hash_file(place / "a") or "", "layers/b": "0" * 64, "pipe": "", "gone": ""}
    others = [".hidden", "empty/", "layers/b", "layers/c", "layers/link", "notes/", "pipe"]
    assert others_in(place, listing) == others
