"""A project before an account of moto's, and commands that wait for nothing."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import botocore.session
import pytest

from poner import deployer
from poner.bundle import Bundle
from poner.deployer.aws import api
from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.clouds import faults, faulty_proxy, moto, moto_server, no_aws
from tests.support.deploying import Project

__all__ = ["faults", "faulty_proxy", "moto", "moto_server", "no_aws"]

_LOADER = functools.cache(botocore.session.create_loader)


@pytest.fixture
def project(
    faults: FaultyProxy,
    moto: str,
    article_bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    """The article's model as project `cancer`, with a public URL, before an empty account."""
    folder = tmp_path / "project"
    shutil.copytree(article_bundle.folder, folder / "build")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MOTO_SERVER", moto)
    for name, value in {"PONER_STATE_DIR": "state", "PONER_CACHE_DIR": "cache", "HOME": ""}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    project = Project(folder, tmp_path / "state")
    project.configure("")
    project.rebuild(name="cancer")
    return project


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in this process wait for nothing, and boto3 reads its API's files once."""
    monkeypatch.setattr(deployer, "Clock", functools.partial(deployer.Clock, sleep=_never))
    monkeypatch.setattr(api, "AwsApi", functools.partial(api.AwsApi, sleep=_never))
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=_never))
    monkeypatch.setattr(botocore.session, "create_loader", _LOADER)


def _never(seconds: float) -> None:
    pass
