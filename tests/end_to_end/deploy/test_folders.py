"""Which function a command acts on, by the folder in which it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.commands import run
from tests.support.deploying import Project, client


def live_version() -> str:
    """The version that answers."""
    alias = client("lambda").get_alias(FunctionName="cancer", Name="live")
    return str(alias["FunctionVersion"])


@pytest.mark.parametrize("command", ["status", "rollback", "destroy", "plan"])
def test_folder_that_names_no_function_is_said(
    project: Project,
    faults: FaultyProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
):
    """A folder that names no function is an error, instead of taking the default name."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = run(command)
    assert (done.code, done.out) == (2, "")
    assert done.error == [
        "Error: Neither poner.toml nor a bundle in build names a function here.",
        "  Go to the project's folder, or name the folder that `poner build` wrote.",
    ]
    assert not faults.reads


@pytest.mark.parametrize("content", ["", '{"format": 2}', "not JSON"])
def test_damaged_bundle_keeps_nobody_from_going_back(project: Project, content: str):
    """With a damaged bundle, a rollback works if poner.toml names the function."""
    project.deploy()
    project.rebuild("other = 1")
    project.deploy()
    (project.folder / "build/manifest.json").write_text(content)
    assert run("status").code == 0
    assert run("rollback").code == 0
    assert live_version() == "1"
    refused = run("deploy", "--yes")
    assert (refused.code, refused.error[1]) == (1, "  Make the bundle anew with `poner build`.")
    assert run("destroy", "--yes").code == 0


def test_damaged_bundle_that_alone_names_the_function_is_said(project: Project):
    """A damaged bundle is an error if nothing else names the function."""
    project.deploy()
    (project.folder / "poner.toml").unlink()
    (project.folder / "build/function.zip").write_bytes(b"")
    done = run("status", "--region", "eu-west-1")
    assert done.code == 1
    assert "is missing or not the file that was proved" in done.error[0]
