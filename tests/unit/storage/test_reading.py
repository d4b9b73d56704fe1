"""Files that others may have put there are read within bounds, and never waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poner.bundle import read_bundle
from poner.config import read_config
from poner.errors import BundleError, ConfigError, SignatureError
from poner.loader import model_files
from poner.signature import Signature
from poner.storage import read_file


def put_pipe(path: Path) -> Path:
    """A pipe that nobody writes to."""
    os.mkfifo(path)
    return path


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is a device read, also where a link leads to it."""
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    for path in (put_pipe(tmp_path / "pipe"), link):
        with pytest.raises(OSError, match="not a regular file"):
            read_file(path, 10)


def test_a_file_has_its_bound(tmp_path: Path) -> None:
    """As many bytes as allowed are read, one more is refused, whatever the bound."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 70_000)
    assert read_file(path, 70_000) == read_file(path, 10**30) == b"x" * 70_000
    for most_bytes in (69_999, 0, -5):
        with pytest.raises(OSError, match="more than"):
            read_file(path, most_bytes)


def test_settings_that_are_a_pipe_are_refused(tmp_path: Path) -> None:
    """Every command reads poner.toml of the folder it is started in."""
    put_pipe(tmp_path / "poner.toml")
    with pytest.raises(ConfigError, match="not a regular file"):
        read_config(tmp_path)


def test_a_bundle_of_pipes_is_refused(tmp_path: Path) -> None:
    """A manifest that is a pipe is not waited for."""
    put_pipe(tmp_path / "manifest.json")
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read"):
        read_bundle(tmp_path)


def test_pipes_beside_a_model_are_refused(tmp_path: Path) -> None:
    """The signature and the training rows come with a model of others."""
    put_pipe(tmp_path / "signature.json")
    put_pipe(tmp_path / "training_rows.json")
    with pytest.raises(SignatureError, match="cannot be read"):
        model_files.read_signature(tmp_path / "clf.sav", b"")
    with pytest.raises(SignatureError, match="does not hold rows"):
        model_files.read_training_rows(tmp_path / "clf.sav", Signature((), None))
