"""The whole flow on machines that lack what confinement uses, as root and as a user."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.unit.confinement.conftest import HERE, NOBODY

PONER = "import sys; from poner.cli import main; sys.exit(main())\n"


def poner(
    folder: Path,
    user: str,
    without: tuple[str, ...],
    *arguments: str,
    cache: str | None = "cache",
) -> subprocess.CompletedProcess[str]:
    """A command on such a machine, run in a folder; with a cache in it, or the user's own."""
    if user == "root" and os.getuid() != 0:
        pytest.skip("the tests are not run by root")
    user_id = NOBODY if user != "root" and os.getuid() == 0 else os.getuid()
    program = folder / "command.py"
    program.write_text(PONER)
    for place in (folder, *folder.rglob("*")):
        os.chown(place, user_id, user_id)
    return subprocess.run(
        [sys.executable, HERE / "machines.py", str(user_id), *without, "--", program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env={
            **{
                name: os.environ[name]
                for name in ("PATH", "HOME", "PONER_CACHE_DIR", "UV_PYTHON_DOWNLOADS")
                if name in os.environ
            },
            **({"PONER_CACHE_DIR": str(folder / cache)} if cache else {}),
        },
    )


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder with a model that the native engine compiles.

    It stands outside pytest's own folder, which each session that starts closes to other users.
    """
    rows = np.random.RandomState(0).normal(size=(40, 2))
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "clf.sav").write_bytes(pickle.dumps(model))
        yield Path(name)


BUILD = ("build", "clf.sav", "--engine", "native", "--features", "a,b")


@pytest.mark.parametrize(
    ("user", "without"),
    [
        ("a user", ()),
        ("a user", ("namespaces",)),
        ("root", ("namespaces",)),
        ("root", ("landlock",)),
        ("a user", ("namespaces", "landlock")),
    ],
)
def test_a_build_where_something_is_missing(
    project: Path, user: str, without: tuple[str, ...]
) -> None:
    """The others do: nothing is said, and confinement is to be had."""
    done = poner(project, user, without, *BUILD, "--require-confinement")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert (project / "build" / "manifest.json").exists()


@pytest.mark.parametrize("without", [("namespaces", "seccomp"), ("seccomp",)])
def test_a_machine_that_does_not_confine(project: Path, without: tuple[str, ...]) -> None:
    """One line of a build says so; --require-confinement refuses, and reads nothing."""
    done = poner(project, "a user", without, *BUILD, "--require-confinement")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: This machine confines a process that reads a model only")
    assert not (project / "build").exists()
    done = poner(project, "a user", without, *BUILD)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Warning: this machine confines") == 1


def test_doctor_says_what_is_missing(project: Path) -> None:
    """With what can be done about it."""
    done = poner(project, "a user", ("namespaces", "landlock", "seccomp"), "doctor")
    (line,) = [line for line in done.stdout.splitlines() if " confinement " in line]
    assert line.startswith("warning")
    assert "it can read your files" in line


def test_a_local_function_is_refused_where_it_cannot_be_isolated(project: Path) -> None:
    """`poner local`, and `poner predict`, which starts one."""
    own = "root" if os.getuid() == 0 else "a user"  # who has what a local function needs
    assert poner(project, own, (), *BUILD).returncode == 0
    ask = ("predict", '{"a": 1.0, "b": 2.0}', "--require-confinement")
    for command in (ask, ("local", "--require-confinement", "--port", "0", "--api-port", "0")):
        done = poner(project, own, ("namespaces",), *command, cache=None)
        assert done.returncode == 1, done.stdout
        assert "cannot be isolated from this machine's files" in done.stderr
