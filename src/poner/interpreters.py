"""Python interpreters and cached environments, found and made with uv.

Three rooms need another Python than the one poner runs on: the loader (a model of another
scikit-learn version), the bundler (bytecode of the target version) and the emulator (the
function's own runtime). What they need in common is here.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement

from poner.environments import (
    REQUIREMENT_FILES,
    are_hashed,
    current_settings,
    describe,
    empty_folder,
    hide_credentials,
    parse_requirement,
)
from poner.errors import BundleError, InstallError, InterpreterNotFoundError

_FINDING_UV = threading.Lock()

_FORMAT = "2"
"""Of an environment's name: those of the first format may come from a folder's configuration."""

REQUIREMENTS = "requirements.txt"
"""File in an environment that says what was asked for."""


def cache_folder() -> Path:
    """The folder of everything that can be made again: PONER_CACHE_DIR, or the user's cache."""
    if chosen := os.environ.get("PONER_CACHE_DIR"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_path("poner"))


def state_folder() -> Path:
    """The folder of what is under way, such as a deploy: PONER_STATE_DIR, or the user's own."""
    if chosen := os.environ.get("PONER_STATE_DIR"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_state_path("poner"))


@functools.cache
def find_python(version: str) -> Path:
    """The interpreter of a version such as `3.13`, fetched through uv where it is not installed.

    Raises:
        InterpreterNotFoundError: it is not on this machine and could not be fetched.
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
    """The interpreter of a version, where it is on this machine; nothing is fetched."""
    for candidate in _candidates(version):
        if _answers(candidate, version):
            return candidate
    find = ["python", "find", "--no-project", "--managed-python", "--no-python-downloads", version]
    found = run_uv(find)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def look_for_uv() -> Path | None:
    """uv, where it is on this machine."""
    try:
        return Path(_find_uv())
    except (ImportError, FileNotFoundError):
        return None


def _candidates(version: str) -> Iterator[Path]:
    """Where an interpreter may be: this one, those on PATH, and those behind pyenv's shims.

    pyenv's shims answer only for the versions that are switched on, so what they stand for is
    looked up beside them. A relative entry of PATH is passed over: it leads into whatever folder
    poner is started in, and that folder's programs are not the user's.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        yield Path(sys.executable)
    entries = map(Path, os.environ.get("PATH", "").split(os.pathsep))
    folders = [folder for folder in entries if folder.is_absolute()]
    roots = [folder.parent / "versions" for folder in folders if folder.name == "shims"]
    for root in roots:
        pattern = f"{glob.escape(str(root))}/{version}.*/bin/python{version}"
        found = glob.glob(pattern)  # noqa: PTH207 # of Path's, folders of others' are an error
        yield from map(Path, sorted(found, reverse=True))
    for folder in folders:
        if folder.name != "shims":
            yield folder / f"python{version}"


def _answers(interpreter: Path, version: str) -> bool:
    """Whether it exists, runs, and is of that version."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        if not interpreter.is_file():
            return False
        done = subprocess.run(
            [interpreter, "-I", "-S", "-c", ask], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def make_environment(
    version: str, requirements: Sequence[str], *, binary_only: bool = True
) -> Path:
    """The interpreter of a virtual environment with these packages, made once and kept.

    Args:
        version: Python version such as `3.11`.
        requirements: lines of a requirements file, such as `scikit-learn==1.2.1`; hashes may
            follow, and must be met. If all have hashes, nothing else is installed.
        binary_only: refuse to build packages from source.

    Raises:
        InterpreterNotFoundError: there is no such Python.
        InstallError: the packages could not be installed.
        BundleError: the cache cannot be written.
    """
    parts = [_FORMAT, version, current_settings().key, *sorted(requirements)]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    folder = cache_folder().absolute() / "environments" / f"python{version}-{key}"
    interpreter = folder / "bin" / "python"
    with contextlib.suppress(OSError):
        if interpreter.exists():
            return interpreter
    base = find_python(version)
    try:
        with _alone(cache_folder() / "locks" / folder.name):
            if not interpreter.exists():  # else another process made it meanwhile
                _make(folder, base, requirements, binary_only=binary_only)
    except OSError as error:
        raise BundleError(
            f"{cache_folder()} cannot be written: {error.strerror or error}.",
            "Free some space, or choose another folder with PONER_CACHE_DIR.",
        ) from error
    return interpreter


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process is in here; a lock ends with its process, however that ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        if sys.platform != "win32":  # there two processes may do the same work, and one wins
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(folder: Path, base: Path, requirements: Sequence[str], *, binary_only: bool) -> None:
    """Make an environment beside its place, and rename it once it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        _install(scratch, base, requirements, binary_only=binary_only)
        try:
            scratch.rename(folder)
        except OSError:
            if not folder.exists():  # else another process was faster, and made the same
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _install(folder: Path, base: Path, requirements: Sequence[str], *, binary_only: bool) -> None:
    lines = [_as_line(requirement) for requirement in requirements]
    install = ["pip", "install", "--python", str(folder / "bin" / "python"), "--compile-bytecode"]
    install += ["--only-binary", ":all:"] if binary_only else []
    install += ["--require-hashes"] if are_hashed(lines) else []
    steps: list[tuple[list[str], Path | None]] = [
        (["venv", "--no-project", "--relocatable", "--clear", "--python", str(base), str(folder)],
         None),
        ([*install, "--requirements", REQUIREMENTS], folder),
    ]  # fmt: skip
    for step, place in steps:
        if place is not None:
            (place / REQUIREMENTS).write_text("\n".join(lines), encoding="utf-8")
        done = run_uv(step, place)
        if done.returncode != 0:  # without a network, what uv has kept may do
            kept = run_uv(["--offline", *step], place)
            done = kept if kept.returncode == 0 else done
        if done.returncode != 0:
            reason = " ".join(done.stderr.split())[-400:]
            raise InstallError(
                f"Could not install {describe(requirements)}: {reason}",
                "Check the versions and the network, then run the command again.",
            )


def _as_line(requirement: str) -> str:
    """A requirement as a line of a requirements file.

    Raises:
        InstallError: it is none, or names a file.
    """
    try:
        parsed = parse_requirement(requirement)
    except InvalidRequirement as error:
        raise InstallError(
            f"{requirement!r} is not a requirement: {str(error).splitlines()[0]}.",
            "Write it as NAME==VERSION.",
        ) from error
    if parsed.url is not None:
        raise InstallError(
            f"{requirement!r} names a file, and packages come from the package index only.",
            "Write it as NAME==VERSION.",
        )
    return requirement


def run_uv(
    arguments: Sequence[str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run uv and give back what it said; it fails with 1 or 2, never an exception.

    1 is its refusal, such as requirements that cannot be met; 2 is a fault, such as no network.
    uv looks for configuration nowhere, least of all in the folder that poner is started in.

    Args:
        arguments: command and options.
        folder: one of poner's own to start uv in; by default an empty one.

    Raises:
        InstallError: there is no room for an empty folder.
    """
    settings = current_settings()
    variables = dict(settings.variables)
    if "--require-hashes" in arguments:  # nothing is left to choose
        for name in REQUIREMENT_FILES:
            variables.pop(name, None)
    with empty_folder() as empty:
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

    with _FINDING_UV:  # it reads sysconfig, which several threads cannot read for the first time
        return uv.find_uv_bin()
