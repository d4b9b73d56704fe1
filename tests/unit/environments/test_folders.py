"""What lies in a folder has no say in which packages and which Pythons poner takes.

Every test offers an honest wheel through the user's own configuration and a poisoned one, of a
higher version, through the folder in which poner runs. None needs a network.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from poner.aws_lambda.runtimes import RUNTIMES
from poner.bundler.layers import LayerRequest, make_layers
from poner.bundler.layers.package_index import PackageIndex, Wheel
from poner.bundler.layers.resolution import resolve
from poner.environments import interpreters, read_versions
from poner.errors import InstallError, UsageError
from poner.loader.environments import environment_of
from tests.unit.environments.wheels import make_wheel

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
PROBE = "ponerprobe"

BAITS = {
    "uv.toml": 'find-links = ["{evil}"]\n',
    "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n[tool.uv]\nfind-links = ["{evil}"]\n',
    ".env": "UV_FIND_LINKS={evil}\n",
    ".python-version": "2.7\n",
    "requirements.txt": f"--find-links {{evil}}\n{PROBE}\n",
    "constraints.txt": f"{PROBE}==2.0\n",
    ".venv/pyvenv.cfg": "home = {evil}\n",
}
"""Files that uv, pip or other tools look for in a folder."""


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder with the poisoned wheel."""
    make_wheel(tmp_path / "evil", PROBE, "2.0", poisoned=True)
    return tmp_path / "evil"


@pytest.fixture
def project(tmp_path: Path, evil: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which poner runs, with every bait in it and in the folder above."""
    folder = tmp_path / "above" / "project"
    for place in (folder, folder.parent):
        for name, text in BAITS.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text.format(evil=evil))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def _user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whose uv.toml names a folder with the honest wheel, and nothing on the network."""
    make_wheel(tmp_path / "honest", PROBE, "1.0")
    configuration = tmp_path / "config" / "uv" / "uv.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f'no-index = true\nfind-links = ["{tmp_path / "honest"}"]\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "cache"))


def ask_origin(interpreter: Path) -> str:
    """Which of the two wheels an environment holds."""
    command = [interpreter, "-I", "-c", f"import {PROBE}; print({PROBE}.ORIGIN)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_an_environment_takes_nothing_from_the_folder(project: Path, evil: Path) -> None:
    """Neither the folder's configuration nor that of a folder above chooses the index."""
    assert ask_origin(interpreters.make_environment(OWN, [PROBE])) == "honest"
    assert not (evil / "ran").exists()


def test_a_cache_inside_the_project_takes_nothing_from_it(
    project: Path, evil: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that uv is started in may lie below the project's folder."""
    monkeypatch.setenv("PONER_CACHE_DIR", "cache")
    assert ask_origin(interpreters.make_environment(OWN, [PROBE])) == "honest"
    assert not (evil / "ran").exists()


def test_layers_take_nothing_from_the_folder(project: Path) -> None:
    """The wheels for Lambda come from the user's index, too."""
    scratch = project / "scratch"
    scratch.mkdir()
    found = PackageIndex("x86_64", scratch).resolve([PROBE], RUNTIMES["python3.13"])
    assert isinstance(found, tuple)
    assert [(wheel.version, type(wheel)) for wheel in found] == [("1.0", Wheel)]


def test_a_folder_named_in_the_environment_is_none_of_uvs(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that lead uv into a project do not reach it."""
    for name in ("UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "UV_PROJECT", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, str(project))
    assert ask_origin(interpreters.make_environment(OWN, [PROBE])) == "honest"


def test_an_index_that_the_environment_names_is_asked(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path in a variable of the user's means the folder in which poner runs."""
    make_wheel(project / "mine", PROBE, "3.0")
    before = interpreters.make_environment(OWN, [PROBE])
    monkeypatch.setenv("UV_FIND_LINKS", "mine")
    interpreter = interpreters.make_environment(OWN, [PROBE])
    assert interpreter != before
    assert list(interpreter.parent.parent.glob(f"lib/*/site-packages/{PROBE}-3.0.dist-info"))


def test_a_resolution_is_kept_for_its_index_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one index gave is not taken for the answer of another."""
    request = LayerRequest((PROBE,), RUNTIMES["python3.13"], "x86_64")

    def resolve_again() -> list[str]:
        found = resolve(request, tmp_path / "cache", tmp_path, lambda line: None)
        return [wheel.version for wheel in found]

    assert resolve_again() == ["1.0"]
    make_wheel(tmp_path / "other", PROBE, "3.0")
    assert resolve_again() == ["1.0"]
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "other"))
    assert resolve_again() == ["3.0"]


@pytest.mark.parametrize("option", ["UV_CONSTRAINT", "UV_OVERRIDE"])
def test_files_that_the_environment_names_decide_about_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """The constraints and overrides of poner itself come beside the user's, not in their place."""
    make_wheel(tmp_path / "honest", PROBE, "1.1")
    (tmp_path / "chosen.txt").write_text(f"{PROBE}==1.0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(option, "chosen.txt")
    found = PackageIndex("x86_64", tmp_path).resolve([PROBE], RUNTIMES["python3.13"])
    assert isinstance(found, tuple)
    assert [wheel.version for wheel in found] == ["1.0"]


@pytest.mark.parametrize("entry", ["", ".", "bin", "./bin/../bin"])
def test_a_python_in_the_folder_is_not_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    """Relative entries of PATH lead into the folder, and are passed over."""
    for folder in (project, project / "bin", project / "versions" / "3.7.1" / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / "python3.7"
        program.write_text(f"#!/bin/sh\ntouch {project}/ran\necho 3.7\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{entry}:shims")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(project / "none"))
    assert interpreters.look_for_python("3.7") is None
    assert not (project / "ran").exists()


def test_a_file_whose_hash_is_another_is_not_installed(tmp_path: Path) -> None:
    """A pinned package comes as the file that was pinned, or not at all."""
    pinned = f"{PROBE}==1.0 --hash=sha256:{'0' * 64}"
    for requirements in ([pinned], [pinned, "ponerother"]):
        make_wheel(tmp_path / "honest", "ponerother", "1.0")
        with pytest.raises(InstallError, match="Hash mismatch"):
            interpreters.make_environment(OWN, requirements)
    assert not list((tmp_path / "cache" / "environments").iterdir())


def test_another_onnxruntime_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    """Layers take the version that poner knows, and only as the file that it knows."""
    version = read_versions("onnx_layers", "3.13")["onnxruntime"]
    make_wheel(tmp_path / "honest", "onnxruntime", version)
    request = LayerRequest(("onnxruntime",), RUNTIMES["python3.13"], "x86_64")
    with pytest.raises(InstallError, match="its hash differs"):
        make_layers(request, progress=lambda what, share: None, notify=lambda line: None)


OPTIONS = [
    f"{PROBE}\n--find-links /x",
    f"{PROBE}; python_version < '3\n--find-links /x\n'",
    f"{PROBE}; python_version < '3\x0c--find-links /x'",
    f"{PROBE} --hash=sha256:{'0' * 64} --index-url x",
    "-r other.txt",
    "--index-url x",
]
"""Requirements, as a project's poner.toml or a model file may hold them, that end in options."""


@pytest.mark.parametrize("text", OPTIONS)
def test_a_requirement_is_no_option_of_uvs(text: str) -> None:
    """What is written into a requirements file is one requirement a line."""
    with pytest.raises(InstallError, match="is not a requirement"):
        interpreters.make_environment(OWN, [text])
    request = LayerRequest((text,), RUNTIMES["python3.13"], "x86_64")
    with pytest.raises(UsageError, match="is not a requirement"):
        make_layers(request, progress=lambda what, share: None, notify=lambda line: None)
    with pytest.raises(UsageError, match="is not a requirement"):
        environment_of("1.0", make=lambda *_: Path(), more=[text])


def test_a_requirement_names_no_file(evil: Path) -> None:
    """A wheel is never named by its place."""
    with pytest.raises(InstallError, match="names a file"):
        interpreters.make_environment(OWN, [f"{PROBE} @ file://{next(evil.iterdir())}"])


def test_errors_show_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What uv says of an index's address is shown without names and passwords."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://someone:s3cret@127.0.0.1:9/simple?key=s3cret")
    with pytest.raises(InstallError) as caught:
        interpreters.make_environment(OWN, [PROBE])
    assert "127.0.0.1:9" in caught.value.message
    assert "s3cret" not in caught.value.message
