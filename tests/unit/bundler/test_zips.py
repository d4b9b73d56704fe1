"""The zip writer: the same bytes everywhere, and zips that every reader takes."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poner.bundler.zips import Packed, make_zip, pack, write_zip, zip_bytes
from poner.errors import BundleError

FILES = {
    "python/package/__init__.py": b"value = 1\n" * 200,
    "python/package/module.so": bytes(range(256)) * 8,
    "lib/libgomp.so.1": bytes(range(250)),
    "python/empty.txt": b"",
    "python/größe.txt": "Größe".encode(),
}
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\\"), min_size=1, max_size=30)


def test_the_bytes_are_these() -> None:
    """A zip of given files has one set of bytes (of libdeflate in deflate 0.9)."""
    digest = hashlib.sha256(make_zip(FILES)).hexdigest()
    assert digest == "a955b3726f8fd53ad2e29a919e9157737c0e1361b0bdc5b28524e6459cf81e61"


def test_names_are_sorted_and_modes_and_dates_fixed() -> None:
    """Shared objects, with a version or without, are programs; all else is data; dates are 1980."""
    with zipfile.ZipFile(io.BytesIO(make_zip(FILES))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(FILES)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    programs = {entry.filename for entry in entries if entry.external_attr >> 16 == 0o100755}
    assert programs == {"python/package/module.so", "lib/libgomp.so.1"}


@given(st.dictionaries(NAMES, st.binary(max_size=2000), max_size=8))
def test_zipfile_reads_back_what_was_written(files: dict[str, bytes]) -> None:
    """Whatever the names and contents, zipfile finds them whole, in order."""
    with zipfile.ZipFile(io.BytesIO(make_zip(files))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip on this machine")
def test_unzip_finds_no_fault(tmp_path: Path) -> None:
    """`unzip -t` takes it, as AWS's tools do."""
    (tmp_path / "layer.zip").write_bytes(make_zip(FILES))
    done = subprocess.run(
        ["unzip", "-t", tmp_path / "layer.zip"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "No errors detected" in done.stdout


def test_content_that_does_not_shrink_is_stored() -> None:
    """A file that compression would make larger lies in the zip as it is."""
    noise = hashlib.shake_256(b"noise").digest(1000)
    assert not pack(noise).deflated
    assert pack(noise).data == noise
    assert pack(bytes(1000)).deflated


@given(st.dictionaries(NAMES, st.binary(max_size=500), max_size=8))
def test_the_size_is_known_before_it_is_written(files: dict[str, bytes]) -> None:
    """zip_bytes is to the byte what write_zip writes."""
    expected = zip_bytes((name, len(pack(content).data)) for name, content in files.items())
    assert len(make_zip(files)) == expected


def test_more_files_than_a_zip_can_count_are_refused() -> None:
    """The 65,536th file is an error that names the limit, not a damaged zip."""
    members = ((f"{number:05}", Packed(b"", False, 0, 0)) for number in range(65_536))
    with pytest.raises(BundleError, match=r"65,535 files"):
        write_zip(io.BytesIO(), members)
