"""Unpacking the function's code, the hostile kind too."""

import stat
import zipfile
from pathlib import Path

import pytest

from poner.emulator.task_folder import check_handler, fill_task_folder
from poner.errors import EmulatorError


def make_zip(path: Path, *entries: tuple[str, str, int]) -> Path:
    """A zip of (name, content, st_mode) entries, all of 2 January 2020, 3:04:06."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6))
            entry.external_attr = mode << 16 | 0x20  # a DOS flag, so that a mode of 0 stays
            archive.writestr(entry, content)
    return path


def link(name: str, destination: str) -> tuple[str, str, int]:
    """A symbolic link, as zips hold it."""
    return name, destination, stat.S_IFLNK | 0o777


def test_modes_and_times_are_kept(tmp_path):
    """A bundled program stays executable, and bytecode stays valid: zip times are taken as UTC."""
    code = make_zip(tmp_path / "f.zip", ("bin/run", "x", stat.S_IFREG | 0o755), ("a.py", "", 0))
    fill_task_folder(code, tmp_path / "task")
    run = (tmp_path / "task/bin/run").stat()
    assert (stat.S_IMODE(run.st_mode), run.st_mtime) == (0o755, 1_577_934_246)
    assert stat.S_IMODE((tmp_path / "task/a.py").stat().st_mode) == 0o644


def test_a_folder_is_copied(tmp_path):
    """A folder stands for the zip it would become, and is itself left alone."""
    (tmp_path / "code/package").mkdir(parents=True)
    (tmp_path / "code/package/app.py").write_text("x = 1\n")
    fill_task_folder(tmp_path / "code", tmp_path / "task")
    (tmp_path / "task/package/app.py").write_text("changed")
    assert (tmp_path / "code/package/app.py").read_text() == "x = 1\n"


def test_links_inside_are_kept(tmp_path):
    """Shared libraries come with links such as libx.so -> libx.so.1."""
    code = make_zip(tmp_path / "f.zip", link("lib/x.so", "x.so.1"), ("lib/x.so.1", "x", 0))
    fill_task_folder(code, tmp_path / "task")
    assert (tmp_path / "task/lib/x.so").readlink() == Path("x.so.1")


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil"])
def test_entries_that_lead_out_are_refused(tmp_path, name):
    """Path traversal writes nothing outside the task folder."""
    code = make_zip(tmp_path / "f.zip", (name, "x", 0))
    (tmp_path / "here").mkdir()
    with pytest.raises(EmulatorError, match="leads out"):
        fill_task_folder(code, tmp_path / "here/task")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    "links",
    [
        [link("a", "/etc")],
        [link("a", "../outside")],
        [link("a", ".."), ("a/evil", "x", 0)],
        [link("a", ".."), link("a/evil", "x")],
        [link("a", "x/y/../.."), link("x", ".")],
    ],
)
def test_links_that_lead_out_are_refused(tmp_path, links):
    """Nor does a link lead out, directly, through another, or once another has changed it."""
    code = make_zip(tmp_path / "f.zip", *links)
    (tmp_path / "here").mkdir()
    with pytest.raises(EmulatorError, match=r"leads out|twice"):
        fill_task_folder(code, tmp_path / "here/task")
    assert not [path for path in tmp_path.glob("**/evil") if "task" not in path.parts]


def test_a_damaged_zip_is_named(tmp_path):
    """A file that is no zip is refused by name."""
    (tmp_path / "f.zip").write_bytes(b"not a zip")
    with pytest.raises(EmulatorError, match=r"f\.zip"):
        fill_task_folder(tmp_path / "f.zip", tmp_path / "task")


def test_a_zip_that_contradicts_itself_is_named(tmp_path):
    """An entry cannot be a file and a folder."""
    code = make_zip(tmp_path / "f.zip", ("a", "x", 0), ("a/b", "x", 0))
    with pytest.raises(EmulatorError, match=r"f\.zip"):
        fill_task_folder(code, tmp_path / "task")


def test_a_folder_that_cannot_be_copied_is_named(tmp_path):
    """A dangling link in the folder could not be zipped either."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/gone").symlink_to("nowhere")
    with pytest.raises(EmulatorError, match="gone"):
        fill_task_folder(tmp_path / "code", tmp_path / "task")


def test_missing_code_is_named(tmp_path):
    """A path that is not there is refused by name."""
    with pytest.raises(EmulatorError, match="nowhere"):
        fill_task_folder(tmp_path / "nowhere", tmp_path / "task")


def test_code_beyond_the_quota_is_refused(tmp_path, monkeypatch):
    """(f): unzipped size must be smaller than the quota."""
    monkeypatch.setattr("poner.emulator.task_folder.UNZIPPED_BYTES", 10)
    code = make_zip(tmp_path / "f.zip", ("a.py", "x" * 10, 0))
    with pytest.raises(EmulatorError, match="10 bytes"):
        fill_task_folder(code, tmp_path / "task")


@pytest.mark.parametrize(
    ("handler", "file"),
    [
        ("app.handler", "app.py"),
        ("package.app.handler", "package/app.py"),
        ("package/app.handler", "package/app.py"),
        ("package.handler", "package/__init__.py"),
        ("app.handler", "app.cpython-313-x86_64-linux-gnu.so"),
    ],
)
def test_handlers_that_are_there(tmp_path, handler, file):
    """A module may be a file, a package or an extension, with dots or slashes before it."""
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    check_handler(handler, tmp_path)


@pytest.mark.parametrize("handler", ["app.handler", "app", ".handler", "a.b.handler"])
def test_handlers_that_are_not(tmp_path, handler):
    """A handler whose module is missing is refused before anything starts."""
    (tmp_path / "a").mkdir()
    with pytest.raises(EmulatorError, match="handler"):
        check_handler(handler, tmp_path)
