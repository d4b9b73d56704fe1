"""Files are whole or not there, and several that belong together are replaced as one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from poner.errors import StorageError
from poner.storage import (
    ABSENT,
    copy_file,
    disk_faults,
    fingerprint,
    make_key,
    place_new_file,
    read_record,
    replace_files,
    sweep,
    temporary_faults,
    write_file,
    write_record,
    writing,
)
from tests.support.killing import kill_before_each_step


def test_a_file_is_there_when_it_is_whole(place: Path):
    """Until the last byte the old file stays, and an interruption leaves nothing beside it."""
    path = place / "file"
    path.write_bytes(b"old")

    def interrupt() -> None:
        with writing(path) as file:
            file.write(b"new")
            assert path.read_bytes() == b"old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert [(entry, entry.read_bytes()) for entry in place.iterdir()] == [(path, b"old")]
    write_file(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_write_killed_at_any_step_leaves_the_old_file_or_the_new(place: Path, old: bytes | None):
    """And nothing else, once the next one has been there."""
    path = place / "file"

    def prepare() -> None:
        path.unlink(missing_ok=True)
        if old is not None:
            path.write_bytes(old)

    def check(finished: bool) -> None:
        found = path.read_bytes() if path.exists() else None
        assert found == b"new" if finished else found in (old, b"new")
        sweep(place)
        assert set(place.iterdir()) <= {path}

    assert kill_before_each_step(prepare, lambda: write_file(path, b"new"), check) > 5


def test_a_file_keeps_its_mode_and_a_new_one_has_the_users(place: Path):
    """What the user made private stays private."""
    path = place / "file"
    before = os.umask(0o027)
    try:
        write_file(path, b"1")
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o600)
        write_file(path, b"2")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    write_file(place / "private", b"", private=True)
    assert (place / "private").stat().st_mode & 0o777 == 0o600


def test_a_link_to_a_file_stays_a_link(place: Path):
    """The file that it leads to is replaced."""
    (place / "there").mkdir()
    (place / "link").symlink_to("there/file")
    write_file(place / "link", b"new")
    assert (place / "link").is_symlink()
    assert (place / "there" / "file").read_bytes() == b"new"


def test_only_files_are_replaced(place: Path):
    """A pipe, a device or a folder in the file's place stays."""
    os.mkfifo(place / "pipe")
    for path in (place / "pipe", place, Path("/dev/null")):
        with pytest.raises(OSError, match="not a file"):
            write_file(path, b"x")


def test_a_file_that_must_be_new_replaces_nothing(place: Path):
    """Not even a link that leads nowhere."""
    source, target = place / "source", place / "target"
    for make in (target.touch, lambda: target.symlink_to("nowhere")):
        source.write_bytes(b"new")
        make()
        with pytest.raises(FileExistsError):
            place_new_file(source, target)
        target.unlink()
    place_new_file(source, target)
    assert [(path.name, path.read_bytes()) for path in place.iterdir()] == [("target", b"new")]


def test_a_disk_that_refuses_is_two_sentences(place: Path):
    """A file in a folder's place names the place, the reason and the remedy."""
    (place / "file").touch()
    with pytest.raises(StorageError) as caught, disk_faults(place / "x", "Do that."):
        copy_file(place / "file", place / "file" / "copy")
    assert caught.value.message == f"{place / 'x'} cannot be written: Not a directory."
    assert caught.value.hint == "Do that."


def test_only_a_full_disk_is_a_fault_of_temporary_files():
    """Anything else that goes wrong there stays what it is."""
    with pytest.raises(StorageError, match="No space left") as caught, temporary_faults():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "TMPDIR" in caught.value.hint
    with pytest.raises(FileNotFoundError), temporary_faults():
        raise FileNotFoundError


OLD = {"a": b"old a", "b": b"old b", "c": None}
NEW = {"a": b"new a", "b": None, "c": b"new c"}


def put(place: Path, files: dict[str, bytes | None]) -> None:
    """Have these files there."""
    for name, content in files.items():
        if content is None:
            (place / name).unlink(missing_ok=True)
        else:
            (place / name).write_bytes(content)


def found(place: Path) -> dict[str, bytes | None]:
    """What is there."""
    paths = {name: place / name for name in OLD}
    return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}


def replace(place: Path) -> None:
    """Replace the old files by the new ones."""
    replace_files(place, NEW, {name: fingerprint(place, name) for name in OLD})


def test_a_replacement_killed_at_any_step_is_finished_or_never_was(place: Path):
    """The files change in their order, and the next command brings to its end what has begun."""
    states = [OLD, {**OLD, "a": NEW["a"]}, {**NEW, "c": None}, NEW]

    def check(finished: bool) -> None:
        state = found(place)
        assert state == NEW if finished else state in states
        begun = state != OLD
        sweep(place)
        assert found(place) == NEW if begun else found(place) in (OLD, NEW)
        assert {path.name for path in place.iterdir()} <= set(OLD)

    steps = kill_before_each_step(lambda: put(place, OLD), lambda: replace(place), check)
    assert steps > 10


def test_what_was_changed_after_a_kill_is_not_replaced(place: Path):
    """A file that the user has put there meanwhile stays; an unchanged one is finished."""
    seen = set()

    def check(finished: bool) -> None:
        if found(place)["a"] == NEW["a"] and found(place)["c"] is None:
            (place / "c").write_bytes(b"mine")
            sweep(place)
            assert found(place) == {**NEW, "c": b"mine"}
            seen.add("killed in between")
        sweep(place)

    kill_before_each_step(lambda: put(place, OLD), lambda: replace(place), check)
    assert seen


def test_a_file_that_changes_meanwhile_is_not_replaced(place: Path):
    """Whoever decided that it may be replaced saw another one."""
    put(place, OLD)
    before = {name: fingerprint(place, name) for name in OLD}
    (place / "a").write_bytes(b"mine")
    with pytest.raises(StorageError, match="changed by another program"):
        replace_files(place, NEW, before)
    assert found(place) == {**OLD, "a": b"mine"}


def test_a_fingerprint_is_of_files_only(place: Path):
    """A link has none, even to a file, and a pipe is not opened."""
    (place / "file").write_bytes(b"x")
    (place / "link").symlink_to("file")
    os.mkfifo(place / "pipe")
    assert len(fingerprint(place, "file")) == 64
    assert fingerprint(place, "nothing") == ABSENT
    assert fingerprint(place, "link") == fingerprint(place, "pipe") == "no file"


def test_a_record_with_a_path_in_it_writes_nothing_elsewhere(place: Path):
    """A folder that came out of an archive may look like one that poner left."""
    folder = place / "in" / ".poner-scratch-abcdefgh"
    (folder / "work").mkdir(parents=True)
    (folder / ".lock").write_bytes(
        b"A scratch folder of poner's, which removes it once no process uses it.\n"
    )
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    for name in ("../x", "..", "", "a/b", str(place / "x")):
        (folder / "work" / "x").write_bytes(b"x")
        record = {"kind": "files", "before": {name: ABSENT}, "after": {name: digest}}
        write_file(folder / "record.json", repr(record).replace("'", '"').encode())
    sweep(place / "in")
    assert list(place.iterdir()) == [place / "in"]


@pytest.mark.parametrize("damage", [b"", b"x", b"0" * 64 + b"\n[1]", b"\xff\n"])
def test_a_damaged_record_counts_as_none(place: Path, damage: bytes):
    """A record that is not what was written is as good as missing."""
    path = place / "a" / "record.json"
    assert read_record(path) is None
    write_record(path, {"values": [1, 2]})
    assert read_record(path) == {"values": [1, 2]}
    path.write_bytes(damage)
    assert read_record(path) is None


def test_a_key_depends_on_what_it_stands_for():
    """And on nothing else."""
    assert make_key({"a": 1, "b": 2}) == make_key({"b": 2, "a": 1}) != make_key({"a": 1})
