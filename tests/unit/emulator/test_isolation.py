"""The files of this machine in the plan of an isolated sandbox."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poner.emulator import LocalFunction
from poner.emulator.sandbox.isolation import plan_of
from poner.emulator.sandbox.launch import Launch


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """One with an environment as uv makes them: a link to an interpreter in some home folder."""
    home = tmp_path / "home/.pyenv/versions/3.13.0"
    (home / "lib/python3.13/site-packages").mkdir(parents=True)
    (home / "bin").mkdir()
    (home / "bin/python3.13").touch()
    interpreter = tmp_path / "cache/environment/bin/python"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(home / "bin/python3.13")
    function = LocalFunction(Path("code"), "app.handler", "python3.13", memory_mb=256)
    folders = tmp_path, tmp_path / "task", tmp_path / "opt"
    supervisor: Any = None  # nothing is started
    return Launch(function, interpreter, *folders, supervisor, isolated=True)


def test_lambda_s_folders(launch, tmp_path):
    """/var/lang is where the interpreter lies; its packages are hidden under the runtime."""
    files = plan_of(launch, tmp_path / "root")["files"]
    home, packages = tmp_path / "home/.pyenv/versions/3.13.0", "lib/python3.13/site-packages"
    assert files["root"] == str(tmp_path / "root")
    shown = {path: source for source, path in files["binds"] if path.startswith(("var", "opt"))}
    assert shown.pop("var/rapid/bootstrap.py").endswith("emulator/sandbox/bootstrap.py")
    assert shown == {
        "var/task": str(tmp_path / "task"),
        "opt": str(tmp_path / "opt"),
        "var/runtime": str(tmp_path / "cache/environment" / packages),
        "var/lang": str(home),
        f"var/lang/{packages}": str(tmp_path / "cache/environment" / packages),
    }
    assert list(shown)[-1] == f"var/lang/{packages}"
    assert launch.layout(tmp_path).interpreter == Path("/var/lang/bin/python3.13")


def test_an_interpreter_without_packages(launch, tmp_path):
    """Debian's Python has no site-packages to hide, so the plan mounts nothing there."""
    (tmp_path / "home/.pyenv/versions/3.13.0/lib/python3.13/site-packages").rmdir()
    files = plan_of(launch, tmp_path / "root")["files"]
    assert not [path for _, path in files["binds"] if path.endswith("site-packages")]


def test_nothing_of_the_user_s(launch, tmp_path):
    """Neither home folders nor accounts, keys, /run, /sys or /var; every source exists."""
    files = plan_of(launch, tmp_path / "root")["files"]
    outer = {path.split("/")[0] for _, path in files["binds"]}
    assert not outer & {"home", "root", "run", "sys", "mnt", "media", "srv", "boot", "tmp", "proc"}
    shown = {path for _, path in files["binds"] if path.startswith(("etc", "dev"))}
    assert not shown & {"etc", "dev", "dev/shm", "etc/shadow", "etc/passwd", "etc/ssl/private"}
    assert all(Path(source).exists() for source, path in files["binds"] if path in shown)
    assert {path for path, _ in files["written"]} == {"etc/passwd", "etc/group"}


def test_limits_of_the_plan(launch, tmp_path):
    """L62, L65: the function's memory, and 512 MB of /tmp; without isolation no files."""
    plan = plan_of(launch, tmp_path / "root")
    assert (plan["memory_bytes"], plan["tmp_bytes"]) == (256 * 2**20, 512 * 2**20)
    assert plan["folder"] == "/var/task"
    beside = plan_of(replace(launch, isolated=False), tmp_path / "root")
    assert (beside["files"], beside["folder"]) == (None, str(tmp_path / "task"))
