"""Layers from real wheels: their content, reproducible bytes, and the cache."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from poner.bundler.layers import LayerSet
from poner.environments import find_python
from poner.errors import InstallError
from tests.unit.bundler.layers.conftest import Make

JOBLIB = ("joblib==1.5.3", "threadpoolctl==3.6.0")


def read_files(made: LayerSet) -> dict[str, bytes]:
    """All files of the layers, as Lambda unpacks them to /opt."""
    files = {}
    for layer in made.layers:
        with zipfile.ZipFile(made.files[layer.zip.path]) as archive:
            files |= {name: archive.read(name) for name in archive.namelist()}
    return files


def test_a_library_is_a_layer(make: Make) -> None:
    """Each library has a layer of its name, whose record matches the zip."""
    made = make(*JOBLIB)
    assert [layer.name for layer in made.layers] == [
        "joblib-1_5_3-python3_13-x86_64",
        "threadpoolctl-3_6_0-python3_13-x86_64",
    ]
    for layer in made.layers:
        content = made.files[f"layers/{layer.name}.zip"].read_bytes()
        assert (layer.zip.size_bytes, layer.zip.sha256) == (
            len(content),
            hashlib.sha256(content).hexdigest(),
        )
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {entry.filename: entry.file_size for entry in archive.infolist()}
            digests = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in entries}
        assert entries == {record.path: record.size_bytes for record in layer.zip.members}
        assert digests == {record.path: record.sha256 for record in layer.zip.members}
        assert layer.zip.unzipped_bytes == sum(entries.values())
        assert all(name.startswith("python/") for name in entries)
        (library,) = layer.libraries
        assert library.wheel == f"{library.name}-{library.version}-py3-none-any.whl"


def test_nothing_of_this_machine_is_in_it(make: Make, tmp_path: Path) -> None:
    """RECORD lists, sorted, only the wheel's files, without the installer's notes."""
    files = read_files(make(*JOBLIB))
    names = {Path(name).name for name in files}
    assert not names & {"INSTALLER", "REQUESTED", "direct_url.json", ".lock"}
    assert not any(str(tmp_path).encode() in content for content in files.values())
    record = files["python/joblib-1.5.3.dist-info/RECORD"].decode()
    *rows, own = csv.reader(io.StringIO(record))
    assert own == ["joblib-1.5.3.dist-info/RECORD", "", ""]
    assert rows == sorted(rows)
    listed = {f"python/{path}" for path, _, _ in rows}
    assert {name for name in files if "/joblib" in name} - listed == {
        "python/joblib-1.5.3.dist-info/RECORD",
        *(name for name in files if "/joblib/" in name and name.endswith(".pyc")),
    }
    path, digest, size = next(row for row in rows if row[0] == "joblib/__init__.py")
    content = files[f"python/{path}"]
    expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    assert (digest, int(size)) == (f"sha256={expected}", len(content))


def test_bytecode_is_of_the_runtime_and_used_unchecked(make: Make, tmp_path: Path) -> None:
    """Python 3.9 imports from the layers without compiling, and shows Lambda's paths."""
    made = make(*JOBLIB, runtime="python3.9")
    assert made.bytecode
    for path in made.files.values():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "opt")
    compiled = list((tmp_path / "opt").rglob("*.pyc"))
    assert {path.name.split(".")[-2] for path in compiled} == {"cpython-39"}
    assert all(path.read_bytes()[4:8] == b"\1\0\0\0" for path in compiled)
    (parallel,) = (path for path in compiled if path.name == "parallel.cpython-39.pyc")
    assert b"/opt/python/joblib/parallel.py" in parallel.read_bytes()
    done = subprocess.run(
        [find_python("3.9"), "-S", "-v", "-c", "import joblib, threadpoolctl"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path / "opt" / "python")},
        check=True,
    )
    assert f"matches {tmp_path}/opt/python/joblib/parallel.py" in done.stderr
    assert "wrote '" not in done.stderr


def test_zips_are_byte_identical(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer has the same bytes if it is made in another folder, with other libraries."""
    first = make(*JOBLIB)
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "elsewhere"))
    second = make("joblib==1.5.3")
    assert first.layers[0] == second.layers[0]
    assert set(first.files.values()).isdisjoint(second.files.values())


def test_the_second_time_nothing_is_asked(
    make: Make, no_uv: Callable[[pytest.MonkeyPatch], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same request is answered from the cache, without uv; so is another slimming of it."""
    made = make(*JOBLIB)
    calls = no_uv(monkeypatch)
    assert make(*JOBLIB) == made
    make(*reversed(JOBLIB), slim="always")
    assert not calls.exists()


@pytest.mark.parametrize("name", ["*.zip", "data", "index.json", "*-x86_64.json"])
def test_a_damaged_entry_is_made_again(make: Make, cache: Path, name: str) -> None:
    """A flipped bit in the cache is found, and the layers are made again."""
    made = make(*JOBLIB)
    whole = {path: path.read_bytes() for path in made.files.values()}
    if name == "data":  # which is only looked at where a zip is to be written
        for path in whole:
            path.unlink()
    damaged = list(cache.rglob(name))
    assert damaged
    for path in damaged:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert make(*JOBLIB) == made
    assert {path: path.read_bytes() for path in made.files.values()} == whole


def test_nothing_half_made_is_left(
    make: Make, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interruption during packing leaves neither a scratch folder nor a library."""

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("poner.bundler.layers.libraries.compile_folder", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make(*JOBLIB)
    assert [path.name for path in cache.iterdir()] == ["resolutions"]


def test_without_a_network_what_is_missing_is_named(
    make: Make,
    no_uv: Callable[[pytest.MonkeyPatch], Path],
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a network, only the library that is missing in the cache is named."""
    make(*JOBLIB)
    no_uv(monkeypatch)
    for path in cache.glob("libraries/threadpoolctl-*/data"):
        path.unlink()
    with pytest.raises(InstallError, match=r"^threadpoolctl 3\.6\.0 is not on this machine"):
        make(*JOBLIB)


def test_extension_modules_are_of_the_target(make: Make, tmp_path: Path) -> None:
    """Numpy for python3.13 is slimmed of its tests and works where Python 3.13 runs it."""
    made = make("numpy==2.4.0", slim="always")
    files = read_files(made)
    assert {step.rule for step in made.slimming if step.files} >= {"tests", "type stubs"}
    assert not [name for name in files if "/tests/" in name or name.endswith(".pyi")]
    assert "python/numpy/f2py/__init__.py" in files
    with zipfile.ZipFile(next(iter(made.files.values()))) as archive:
        archive.extractall(tmp_path / "opt")
    if os.uname().machine != "x86_64":
        return
    done = subprocess.run(
        [find_python("3.13"), "-S", "-c", "import numpy; print((numpy.ones(3) @ numpy.ones(3)))"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path / "opt" / "python")},
        check=False,
    )
    assert (done.stdout, done.stderr) == ("3.0\n", "")
