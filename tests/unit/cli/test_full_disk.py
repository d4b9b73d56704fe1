"""A full disk is two sentences, wherever poner writes temporary files, and nothing is left behind.

The folder for temporary files is a small disk in memory, which needs a mount namespace.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from poner.bundle import Bundle
from poner.loader import save
from tests.support.commands import PONER
from tests.support.saving import CLASSES, ROWS, fitted_tree

ON_A_SMALL_DISK = (
    'mount -t tmpfs -o size=$1,nr_inodes=$2 poner "$TMPDIR" && shift 2 && "$@"; code=$?; '
)
ON_A_SMALL_DISK += 'ls -A "$TMPDIR" >&3; exit $code'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as poner.save writes it."""
    return save(fitted_tree(), ROWS, CLASSES, tmp_path_factory.mktemp("model"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to work in; skips where nothing can be mounted."""
    trial = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "x"]
    if not shutil.which("unshare") or subprocess.run([*trial, str(tmp_path)]).returncode:
        pytest.skip("this machine gives no mount namespace")
    (tmp_path / "tmp").mkdir()
    return tmp_path


def run(folder: Path, size: str, inodes: int, *arguments: str | Path) -> tuple[str, str, int]:
    """The messages on a small disk, the files left there, and the exit code."""
    read, write = os.pipe()
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c",
         f"exec 3>&{write}; {ON_A_SMALL_DISK}", "x", size, str(inodes),
         sys.executable, "-c", PONER, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        pass_fds=[write],
        timeout=120,
        check=False,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as left:
        return done.stderr, left.read(), done.returncode


@pytest.mark.parametrize(("size", "inodes"), [("4k", 3), ("64k", 1000), ("200k", 1000)])
def test_a_build_without_room(model: Path, folder: Path, size: str, inodes: int):
    """A full disk is an error for the model's process, for the function and for its trial."""
    said, left, code = run(folder, size, inodes, "build", model, "--out", "build")
    assert "Traceback" not in said
    assert "bug in poner" not in said
    assert (code, left) == (1, "")
    assert said.splitlines()[-2].startswith("Error: ")
    assert not (folder / "build").exists()


@pytest.mark.parametrize(("size", "inodes"), [("4k", 3), ("64k", 1000)])
def test_a_local_lambda_without_room(article_bundle: Bundle, folder: Path, size: str, inodes: int):
    """A function that cannot be unpacked is not served."""
    said, left, code = run(folder, size, inodes, "local", article_bundle.folder, "--port", "0")
    assert "Traceback" not in said
    assert "bug in poner" not in said
    assert (code, left) == (1, "")
    assert said.splitlines()[-2].startswith("Error: ")
