"""Unpacking code and layers, including hostile ones."""

import os
import shutil
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from poner.emulator.sandbox.unpacking import unpack
from poner.errors import EmulatorError
from poner.hosts import HOSTS

HOST = HOSTS["python3.13"]


def make_zip(path: Path, *entries: tuple[str, str, int]) -> Path:
    """A zip of (name, content, st_mode) entries, all of 2 January 2020, 3:04:06."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6))
            entry.external_attr = mode << 16 | 0x20  # a DOS flag, so that a mode of 0 stays
            archive.writestr(entry, content)
    return path


def unpack_code(code: Path, task_folder: Path) -> None:
    """Unpack a function without layers."""
    unpack(code, (), task_folder, task_folder.with_name("opt"))


def link(name: str, destination: str) -> tuple[str, str, int]:
    """A symbolic link, as zips hold it."""
    return name, destination, stat.S_IFLNK | 0o777


def test_modes_and_times_are_kept(tmp_path):
    """A bundled program stays executable, and bytecode stays valid: zip times are taken as UTC."""
    code = make_zip(tmp_path / "f.zip", ("bin/run", "x", stat.S_IFREG | 0o755), ("a.py", "", 0))
    unpack_code(code, tmp_path / "task")
    run = (tmp_path / "task/bin/run").stat()
    assert (stat.S_IMODE(run.st_mode), run.st_mtime) == (0o755, 1_577_934_246)
    assert stat.S_IMODE((tmp_path / "task/a.py").stat().st_mode) == 0o644


def test_a_folder_is_copied(tmp_path):
    """A folder stands for the zip it would become, and is itself left alone."""
    (tmp_path / "code/package").mkdir(parents=True)
    (tmp_path / "code/package/app.py").write_text("x = 1\n")
    unpack_code(tmp_path / "code", tmp_path / "task")
    (tmp_path / "task/package/app.py").write_text("changed")
    assert (tmp_path / "code/package/app.py").read_text() == "x = 1\n"


def test_links_inside_are_kept(tmp_path):
    """Shared libraries come with links such as libx.so -> libx.so.1."""
    code = make_zip(tmp_path / "f.zip", link("lib/x.so", "x.so.1"), ("lib/x.so.1", "x", 0))
    unpack_code(code, tmp_path / "task")
    assert (tmp_path / "task/lib/x.so").readlink() == Path("x.so.1")


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil"])
def test_entries_that_lead_out_are_refused(tmp_path, name):
    """Path traversal writes nothing outside the task folder."""
    code = make_zip(tmp_path / "f.zip", (name, "x", 0))
    (tmp_path / "here").mkdir()
    with pytest.raises(EmulatorError, match="leads out"):
        unpack_code(code, tmp_path / "here/task")
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
    """A link out of the folder is refused: direct, through another link, or changed by one."""
    code = make_zip(tmp_path / "f.zip", *links)
    (tmp_path / "here").mkdir()
    with pytest.raises(EmulatorError, match=r"f\.zip.*(leads out|place of a folder)"):
        unpack_code(code, tmp_path / "here/task")
    assert not [path for path in tmp_path.glob("**/evil") if "task" not in path.parts]


def test_a_damaged_zip_is_named(tmp_path):
    """A file that is not a zip is refused by name."""
    (tmp_path / "f.zip").write_bytes(b"not a zip")
    with pytest.raises(EmulatorError, match=r"f\.zip"):
        unpack_code(tmp_path / "f.zip", tmp_path / "task")


def test_a_zip_that_contradicts_itself_is_named(tmp_path):
    """An entry cannot be a file and a folder."""
    code = make_zip(tmp_path / "f.zip", ("a", "x", 0), ("a/b", "x", 0))
    with pytest.raises(EmulatorError, match=r"f\.zip"):
        unpack_code(code, tmp_path / "task")


def test_names_that_no_file_can_have_are_refused(tmp_path):
    """An empty name, or a folder's name that is too long, is refused."""
    for name in ("", f"{'a' * 300}/x"):
        with pytest.raises(EmulatorError, match=r"f\.zip"):
            unpack_code(make_zip(tmp_path / "f.zip", (name, "", 0)), tmp_path / "task")
        shutil.rmtree(tmp_path / "task", ignore_errors=True)


def test_a_zip_may_have_no_times(tmp_path):
    """Go's archive/zip writes month and day 0 where it is given no time."""
    code = make_zip(tmp_path / "f.zip", ("a.py", "x", 0))
    packed, then = code.read_bytes(), struct.pack("<HH", 3 << 11 | 4 << 5 | 3, 40 << 9 | 1 << 5 | 2)
    assert packed.count(then) == 2
    code.write_bytes(packed.replace(then, bytes(4)))
    unpack_code(code, tmp_path / "task")
    assert (tmp_path / "task/a.py").read_text() == "x"


def test_a_folder_that_cannot_be_copied_is_named(tmp_path):
    """A dangling link in the folder could not be zipped either."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/gone").symlink_to("nowhere")
    with pytest.raises(EmulatorError, match="gone"):
        unpack_code(tmp_path / "code", tmp_path / "task")


def test_a_folder_with_a_pipe_is_refused(tmp_path):
    """A pipe or device is refused, since it cannot be zipped and reading it may never end."""
    (tmp_path / "code").mkdir()
    os.mkfifo(tmp_path / "code/pipe")
    with pytest.raises(EmulatorError, match="pipe is neither a file nor a folder"):
        unpack_code(tmp_path / "code", tmp_path / "task")


def test_missing_code_is_named(tmp_path):
    """A missing path is refused by name."""
    with pytest.raises(EmulatorError, match="nowhere"):
        unpack_code(tmp_path / "nowhere", tmp_path / "task")


def test_code_beyond_the_quota_is_refused(tmp_path, monkeypatch):
    """L66: unzipped size must be smaller than the quota."""
    monkeypatch.setattr("poner.emulator.sandbox.unpacking.UNZIPPED_BYTES", 10)
    code = make_zip(tmp_path / "f.zip", ("a.py", "x" * 10, 0))
    with pytest.raises(EmulatorError, match="10 bytes"):
        unpack_code(code, tmp_path / "task")


def unpack_layers(tmp_path: Path, *layers: Path) -> Path:
    """Unpack layers beside an empty function; the folder that stands for /opt."""
    (tmp_path / "code").mkdir()
    unpack(tmp_path / "code", layers, tmp_path / "task", tmp_path / "opt")
    return tmp_path / "opt"


def test_later_layers_overwrite_earlier_ones(tmp_path):
    """L55: layers are unpacked in order, into one folder."""
    first = make_zip(tmp_path / "1.zip", ("python/a.py", "1", 0), ("python/b.py", "1", 0))
    second = make_zip(tmp_path / "2.zip", ("python/b.py", "22", 0), ("python/c.py", "2", 0))
    (tmp_path / "3/python").mkdir(parents=True)
    (tmp_path / "3/python/c.py").write_text("3")
    opt = unpack_layers(tmp_path, first, second, tmp_path / "3")
    found = {path.name: path.read_text() for path in (opt / "python").iterdir()}
    assert found == {"a.py": "1", "b.py": "22", "c.py": "3"}
    assert not list((tmp_path / "task").iterdir())


def test_a_file_takes_the_place_of_an_earlier_link(tmp_path):
    """What the link leads to stays as it is: nothing is written through a link."""
    first = make_zip(tmp_path / "1.zip", link("lib/x.so", "x.so.1"), ("lib/x.so.1", "old", 0))
    second = make_zip(tmp_path / "2.zip", ("lib/x.so", "new", 0))
    opt = unpack_layers(tmp_path, first, second)
    assert [(opt / "lib" / name).read_text() for name in ("x.so", "x.so.1")] == ["new", "old"]


def test_links_that_lead_out_through_another_layer_s_link_are_refused(tmp_path):
    """Links are checked after all layers are unpacked."""
    first = make_zip(tmp_path / "1.zip", link("a", "x/y/../.."))
    second = make_zip(tmp_path / "2.zip", link("x", "."), ("y/c", "", 0))
    unpack(first, (), tmp_path / "alone", tmp_path / "opt-of-none")
    with pytest.raises(EmulatorError, match=r"1\.zip holds the link 'a'"):
        unpack_layers(tmp_path, first, second)


def test_a_layer_that_clashes_is_named(tmp_path):
    """A path cannot be a file in one layer and a folder in another."""
    first = make_zip(tmp_path / "1.zip", ("a/b", "x", 0))
    second = make_zip(tmp_path / "2.zip", ("a", "x", 0))
    with pytest.raises(EmulatorError, match=r"2\.zip"):
        unpack_layers(tmp_path, first, second)


def test_damage_inside_a_layer_is_named(tmp_path):
    """A wrong byte is found by the checksum, whichever file it is in."""
    good = make_zip(tmp_path / "good.zip", ("a", "x", 0))
    bad = make_zip(tmp_path / "bad.zip", ("a", "x", 0), ("b", "content", 0))
    bad.write_bytes(bad.read_bytes().replace(b"content", b"Content"))
    with pytest.raises(EmulatorError, match=r"bad\.zip is not a zip that can be unpacked: .*CRC"):
        unpack_layers(tmp_path, good, bad)


def test_a_missing_layer_is_named(tmp_path):
    """A missing layer is refused by name."""
    with pytest.raises(EmulatorError, match=r"nowhere\.zip"):
        unpack_layers(tmp_path, tmp_path / "nowhere.zip")


def test_an_unsafe_layer_is_named(tmp_path):
    """Layers are not trusted more than the function."""
    layer = make_zip(tmp_path / "layer.zip", ("../evil", "x", 0))
    with pytest.raises(EmulatorError, match=r"layer\.zip holds the entry '\.\./evil'"):
        unpack_layers(tmp_path, layer)
    assert not list(tmp_path.rglob("evil"))


def test_code_and_layers_count_together(tmp_path, monkeypatch):
    """L66: exactly the quota fits; above it the error has AWS's message and names each part."""
    monkeypatch.setattr("poner.emulator.sandbox.unpacking.UNZIPPED_BYTES", 12)
    code = make_zip(tmp_path / "f.zip", ("app.py", "x" * 6, 0))
    layer = make_zip(tmp_path / "layer.zip", ("a", "x" * 6, 0))
    unpack(code, (layer,), tmp_path / "task", tmp_path / "opt")
    (tmp_path / "more").mkdir()
    (tmp_path / "more/b").write_text("x")
    with pytest.raises(EmulatorError) as raised:
        unpack(code, (layer, tmp_path / "more"), tmp_path / "task", tmp_path / "opt")
    assert raised.value.message == (
        "Function code combined with layers exceeds the maximum allowed size of 12 bytes. "
        "The actual size is 13 bytes."
    )
    assert all(f"{name} has" in raised.value.hint for name in (code, layer, tmp_path / "more"))


def test_zeros_beyond_the_quota_are_refused_before_they_are_unpacked(tmp_path):
    """L66: 250 MB of zeros are a small zip; the size is known from its directory."""
    layer = tmp_path / "zeros.zip"
    with (
        zipfile.ZipFile(layer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("python/zeros", "w") as file,
    ):
        for _ in range(251):
            file.write(bytes(2**20))
    with pytest.raises(EmulatorError, match="The actual size is 263192576 bytes"):
        unpack_layers(tmp_path, layer)
    assert not (tmp_path / "opt").exists()


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
    HOST.check_handler(handler, (tmp_path,))


@pytest.mark.parametrize("handler", ["app.handler", "app", ".handler", "a.b.handler"])
def test_handlers_that_are_not(tmp_path, handler):
    """A handler whose module is missing is refused before anything starts."""
    (tmp_path / "a").mkdir()
    with pytest.raises(EmulatorError, match="handler"):
        HOST.check_handler(handler, (tmp_path,))


def test_a_handler_may_come_from_a_layer(tmp_path):
    """The handler's module may be in any folder that modules are imported from."""
    (tmp_path / "task").mkdir()
    (tmp_path / "python").mkdir()
    (tmp_path / "python/app.py").touch()
    HOST.check_handler("app.handler", (tmp_path / "task", tmp_path / "python"))
