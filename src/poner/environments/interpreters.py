"""Python interpreters and cached environments, found and made with uv.

Three packages need another Python than the one that runs poner: the loader (models of another
scikit-learn version), the bundler (bytecode of the target version) and the emulator (the
function's own runtime).
"""

from __future__ import annotations

import contextlib
import functools
import glob
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from poner.environments.requirements import are_hashed, describe, read_requirement
from poner.environments.uv_settings import REQUIREMENT_FILES, current_settings, hide_credentials
from poner.errors import InstallError, InterpreterNotFoundError
from poner.storage import alone, cache_folder, disk_faults, hold, scratch_folder

_FINDING_UV = threading.Lock()

_FORMAT = "2"
"""Format of the cache's keys. Environments of format 1 may come from a project's configuration."""

REQUIREMENTS = "requirements.txt"
"""File in an environment with the requirements that it was made from."""


@functools.cache
def find_python(version: str) -> Path:
    """The interpreter of a version such as `3.13`, fetched by uv if it is not on this machine.

    Raises:
        InterpreterNotFoundError: the version is not on this machine and could not be fetched.
    """
    found = look_for_python(version)
    if found is None and run_uv(["python", "install", version]).returncode == 0:
        found = look_for_python(version)
    if found is None:
        raise InterpreterNotFoundError(
            f"Python {version} is not on this machine and could not be fetched.",
            f"Install it (`uv python install {version}`, pyenv or your system's packages), "
            "or choose another version.",
        )
    return found


def look_for_python(version: str) -> Path | None:
    """The interpreter of a version on this machine, or None; fetches nothing."""
    for candidate in _candidates(version):
        if _answers(candidate, version):
            return candidate
    find = ["python", "find", "--no-project", "--managed-python", "--no-python-downloads", version]
    found = run_uv(find)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def look_for_uv() -> Path | None:
    """The path of uv; None if it is not on this machine."""
    try:
        return Path(_find_uv())
    except (ImportError, FileNotFoundError):
        return None


def _candidates(version: str) -> Iterator[Path]:
    """Possible paths of an interpreter: this one, those on PATH, and those that pyenv installed.

    pyenv's shims run only the active versions, so the installed versions are looked up beside the
    shims. A relative entry of PATH is skipped: it depends on the folder that poner is started in,
    whose programs are not trusted.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        yield Path(sys.executable)
    entries = map(Path, os.environ.get("PATH", "").split(os.pathsep))
    folders = [folder for folder in entries if folder.is_absolute()]
    roots = [folder.parent / "versions" for folder in folders if folder.name == "shims"]
    for root in roots:
        pattern = f"{glob.escape(str(root))}/{version}.*/bin/python{version}"
        found = glob.glob(pattern)  # noqa: PTH207 # Path.glob fails in unreadable folders
        yield from map(Path, sorted(found, reverse=True))
    for folder in folders:
        if folder.name != "shims":
            yield folder / f"python{version}"


def _answers(interpreter: Path, version: str) -> bool:
    """Whether an interpreter exists, runs and has the version."""
    try:
        if not interpreter.is_file():
            return False
        done = subprocess.run(
            [interpreter, "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.startswith(f"Python {version}.")


def make_environment(
    version: str, requirements: Sequence[str], *, binary_only: bool = True
) -> Path:
    """The interpreter of a cached virtual environment with these packages.

    Args:
        version: Python version such as `3.11`.
        requirements: lines of a requirements file, such as `scikit-learn==1.2.1`, with optional
            hashes, which must match. If all have hashes, no further package is installed.
        binary_only: refuse to build packages from source.

    Raises:
        InterpreterNotFoundError: there is no Python of the version.
        InstallError: the packages could not be installed.
        StorageError: the cache cannot be written.
    """
    parts = [_FORMAT, version, current_settings().key, *sorted(requirements)]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    folder = cache_folder().absolute() / "environments" / f"python{version}-{key}"
    interpreter = folder / "bin" / "python"
    with contextlib.suppress(OSError):
        if hold(folder) and interpreter.exists():
            return interpreter
    base = find_python(version)
    remedy = "Free some space, or choose another folder with PONER_CACHE_DIR."
    with disk_faults(cache_folder(), remedy), alone(cache_folder() / "locks" / folder.name):
        if not interpreter.exists():  # otherwise another process made the environment meanwhile
            _make(folder, base, requirements, binary_only=binary_only)
        hold(folder)
    return interpreter


def _make(folder: Path, base: Path, requirements: Sequence[str], *, binary_only: bool) -> None:
    """Make an environment in a temporary folder, and rename the folder when complete."""
    with scratch_folder(folder.parent) as scratch:
        made = scratch / folder.name
        made.mkdir()
        _install(made, base, requirements, binary_only=binary_only)
        try:
            made.rename(folder)
        except OSError:
            if not folder.exists():  # otherwise another process made the same environment first
                raise


def _install(folder: Path, base: Path, requirements: Sequence[str], *, binary_only: bool) -> None:
    for requirement in requirements:
        read_requirement(requirement, InstallError)
    install = ["pip", "install", "--python", str(folder / "bin" / "python"), "--compile-bytecode"]
    install += ["--only-binary", ":all:"] if binary_only else []
    install += ["--require-hashes"] if are_hashed(requirements) else []
    steps: list[tuple[list[str], Path | None]] = [
        (["venv", "--no-project", "--relocatable", "--clear", "--python", str(base), str(folder)],
         None),
        ([*install, "--requirements", REQUIREMENTS], folder),
    ]  # fmt: skip
    for step, place in steps:
        if place is not None:
            (place / REQUIREMENTS).write_text("\n".join(requirements), encoding="utf-8")
        done = run_uv(step, place)
        if done.returncode != 0:  # without a network, uv's cache may have it
            kept = run_uv(["--offline", *step], place)
            done = kept if kept.returncode == 0 else done
        if done.returncode != 0:
            reason = " ".join(done.stderr.split())[-400:]
            what = "versions" if done.returncode == 1 else "network"
            raise InstallError(
                f"Could not install {describe(requirements)}: {reason}",
                f"Check the {what}, then run the command again.",
            )


def run_uv(
    arguments: Sequence[str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run uv and return its exit code and output.

    Exit code 1 is a refusal, such as requirements that cannot be met; 2 is a failure, such as a
    missing network. uv gets the user's configuration, and reads none from a project's folder.

    Args:
        arguments: command and options.
        folder: a folder of poner's own to start uv in; by default an empty one.

    Raises:
        StorageError: there is no room for an empty folder.
    """
    settings = current_settings()
    variables = dict(settings.variables)
    if "--require-hashes" in arguments:  # the hashes leave no choice
        for name in REQUIREMENT_FILES:
            variables.pop(name, None)
    with scratch_folder() as empty:
        done = subprocess.run(
            [_find_uv(), "--quiet", *settings.options(empty), *arguments],
            capture_output=True,
            text=True,
            env=variables,
            cwd=folder or empty,
            check=False,
        )
    done.stderr = hide_credentials(done.stderr)
    return done


def _find_uv() -> str:
    import uv

    with _FINDING_UV:  # sysconfig's first read is not safe in several threads
        return uv.find_uv_bin()
