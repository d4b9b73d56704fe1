"""Layers made from real wheels, in a cache of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundler.layers import LayerRequest, LayerSet, make_layers
from poner.bundler.layers.package_index import PackageIndex
from poner.environments import interpreters
from poner.errors import PonerError
from poner.hosts import HOSTS

Make = Callable[..., LayerSet]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of poner's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PONER_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def wheels_can_be_had(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where there is no package index, except where it must be there."""
    index = PackageIndex("x86_64", tmp_path_factory.mktemp("index"))
    if not index.has("threadpoolctl", RUNTIMES["python3.13"]) and not os.environ.get("CI"):
        pytest.skip("no wheels can be had")


@pytest.fixture
def make(wheels_can_be_had: None) -> Make:
    """make_layers for python3.13 on x86_64, or as it is told."""

    def make_them(*requirements: str, **options: object) -> LayerSet:
        runtime = RUNTIMES[str(options.pop("runtime", "python3.13"))]
        try:
            HOSTS[runtime.name].find_interpreter()
        except PonerError as error:
            pytest.skip(str(error))
        notes = options.pop("notes", [])
        request = LayerRequest(requirements, runtime, **{"architecture": "x86_64", **options})
        return make_layers(request, progress=lambda what, share: None, notify=notes.append)

    return make_them


@pytest.fixture
def no_uv(tmp_path: Path) -> Callable[[pytest.MonkeyPatch], Path]:
    """Puts a program in uv's place that fails, as uv does without a network, and counts."""

    def replace(monkeypatch: pytest.MonkeyPatch) -> Path:
        calls, program = tmp_path / "uv-calls", tmp_path / "uv"
        program.write_text(f"#!/bin/sh\necho called >> {calls}\necho 'error: no uv' >&2\nexit 2\n")
        program.chmod(0o755)
        monkeypatch.setattr(interpreters, "_find_uv", lambda: str(program))
        return calls

    return replace
