"""Finding Pythons and keeping environments."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from poner.environments import interpreters
from poner.errors import InstallError, InterpreterNotFoundError, PonerError, StorageError
from tests.support.killing import run_forked

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache of poner's, and nothing remembered."""
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "cache"))
    interpreters.find_python.cache_clear()


def test_the_own_version_is_this_interpreter() -> None:
    """No search is needed for the Python that runs."""
    assert interpreters.find_python(OWN) == Path(sys.executable)


def test_folders_that_cannot_be_looked_into_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PATH may name folders of other users'; a name that is too long fails for root as well."""
    monkeypatch.setenv("PATH", f"/{'a' * 300}/shims:/{'a' * 300}")
    monkeypatch.setattr(interpreters, "run_uv", lambda step: subprocess.CompletedProcess(step, 1))
    with pytest.raises(InterpreterNotFoundError):
        interpreters.find_python("3.7")


def test_a_python_on_path_is_found_and_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of the right name counts only if it is of that version."""
    for name, version in (("wrong", "3.8"), ("right", "3.7")):
        (tmp_path / name).mkdir()
        program = tmp_path / name / "python3.7"
        program.write_text(f"#!/bin/sh\necho Python {version}.17\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'wrong'}:{tmp_path / 'right'}:/usr/bin:/bin")
    assert interpreters.find_python("3.7") == tmp_path / "right" / "python3.7"


def test_a_python_behind_pyenvs_shims_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pyenv's shims stand on PATH also for versions that are switched off."""
    program = tmp_path / "versions" / "3.7.17" / "bin" / "python3.7"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho Python 3.7.17\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:/usr/bin:/bin")
    assert interpreters.find_python("3.7") == program


def test_a_python_that_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which version, and how to install it."""
    with pytest.raises(InterpreterNotFoundError, match=r"3\.99"):
        interpreters.find_python("3.99")


def test_looking_for_a_python_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not here, that is the answer, and uv is only asked to find it."""
    asked: set[str] = set()

    def run_uv(step: list[str]) -> subprocess.CompletedProcess[str]:
        asked.add(step[1])
        return subprocess.CompletedProcess(step, 1, "", "")

    monkeypatch.setattr(interpreters, "run_uv", run_uv)
    assert interpreters.look_for_python("3.99") is None
    assert asked == {"find"}


def test_uv_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for uv is told; whoever needs it meets the error."""
    found = interpreters.look_for_uv()
    assert found is not None
    assert found.is_file()

    def refuse() -> str:
        raise FileNotFoundError("uv")

    monkeypatch.setattr(interpreters, "_find_uv", refuse)
    assert interpreters.look_for_uv() is None


def test_packages_that_are_not_there_are_named(tmp_path: Path) -> None:
    """A failed installation says what and leaves nothing half made."""
    with pytest.raises(InstallError, match="uv-is-not-this-package"):
        interpreters.make_environment(OWN, ["uv-is-not-this-package==99.99"])
    assert not list((tmp_path / "cache" / "environments").iterdir())


def test_an_environment_is_made_once(tmp_path: Path) -> None:
    """The second time it is only looked up."""
    try:
        made = interpreters.make_environment(OWN, ["six==1.16.0"])
    except PonerError as error:
        pytest.skip(f"no packages can be had: {error}")
    stamp = made.stat().st_mtime_ns
    assert interpreters.make_environment(OWN, ["six==1.16.0"]) == made
    assert made.stat().st_mtime_ns == stamp
    ask = "import six, sys; print(six.__version__, sys.prefix)"
    done = subprocess.run([made, "-I", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1.16.0", str(made.parent.parent)]


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sentences, whatever the disk refuses."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("PONER_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="file cannot be written") as caught:
        interpreters.make_environment(OWN, ["x==1"])
    assert "PONER_CACHE_DIR" in caught.value.hint


def test_what_a_killed_process_left_of_an_environment_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the next one that makes an environment; it is half made, and of no use."""

    def install(folder: Path, *_: object, **__: object) -> None:
        (folder / "bin").mkdir()
        (folder / "bin/python").touch()

    def install_half(folder: Path, *_: object, **__: object) -> None:
        (folder / "half").touch()
        os.kill(os.getpid(), signal.SIGKILL)

    folder = tmp_path / "cache" / "environments"
    monkeypatch.setattr(interpreters, "_install", install_half)
    assert run_forked(lambda: interpreters.make_environment(OWN, ["x==1"]) and None)
    assert len(list(folder.rglob("half"))) == 1
    monkeypatch.setattr(interpreters, "_install", install)
    made = interpreters.make_environment(OWN, ["x==1"])
    assert list(folder.iterdir()) == [made.parent.parent]


def test_two_that_want_the_same_environment_make_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first, and finds what that one made."""
    made: list[Path] = []

    def install(folder: Path, *_: object, **__: object) -> None:
        made.append(folder)
        time.sleep(0.3)
        (folder / "bin").mkdir()
        (folder / "bin/python").touch()

    monkeypatch.setattr(interpreters, "_install", install)
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        both = [threads.submit(interpreters.make_environment, OWN, ["x==1"]) for _ in range(2)]
    assert both[0].result() == both[1].result()
    assert both[0].result().exists()
    assert len(made) == 1
