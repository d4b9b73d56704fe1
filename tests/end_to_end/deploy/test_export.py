"""`poner export` in a project's folder."""

from __future__ import annotations

import json

import pytest

from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.commands import run
from tests.support.deploying import Project


@pytest.fixture
def offline(project: Project, faults: FaultyProxy, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of somebody without an account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    return project


def test_sam_template_finds_the_zips_from_the_folder(offline: Project):
    """Only the template is on standard output; its paths lead to the zips, without an account."""
    offline.add_layer("numpy", "a = 1")
    done = run("export", "sam")
    assert (done.code, done.err) == (0, "")
    assert str(offline.folder) not in done.out
    assert "build/function.zip" in done.out
    assert (offline.folder / "build/layers/numpy.zip").is_file()
    assert "build/layers/numpy.zip" in done.out


def test_terraform_template_finds_the_zips_from_the_folder(offline: Project):
    """The JSON has paths from the module's folder."""
    done = run("export", "terraform")
    assert (done.code, done.err) == (0, "")
    template = json.loads(done.out)
    (function,) = template["resource"]["aws_lambda_function"].values()
    assert function["filename"].endswith("build/function.zip")
    assert str(offline.folder) not in done.out


def test_region_is_asked_for(offline: Project):
    """Without a region, export asks for one."""
    (offline.folder / "poner.toml").write_text('[deploy]\nauth = "none"\n')
    done = run("export", "sam")
    assert (done.code, done.out) == (2, "")
    assert "--region" in done.error[1]
    assert run("export", "sam", "--region", "eu-west-1").code == 0
