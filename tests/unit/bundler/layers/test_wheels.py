"""Fetching wheels, where it fails."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundler.layers import wheels
from poner.bundler.layers.package_index import Wheel
from poner.errors import BundleError, InstallError, PonerError

NUMPY = Wheel("numpy", "2.4.6", "numpy.whl", "0" * 64, 16_000_000)


@pytest.mark.parametrize(
    ("free", "kind", "words"),
    [(1_000_000, BundleError, "no room for numpy"), (10**12, InstallError, "cannot be fetched")],
    ids=["disk full", "no network"],
)
def test_a_full_disk_is_not_a_missing_network(
    free: int,
    kind: type[PonerError],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Uv fails in the same way; what to do is not the same."""
    failed = subprocess.CompletedProcess([], 2, "", "error")
    monkeypatch.setattr(wheels, "run_uv", lambda *_: failed)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(kind, match=words):
        wheels.install_wheels(
            [NUMPY], RUNTIMES["python3.13"], "x86_64", tmp_path, lambda what, share: None
        )
