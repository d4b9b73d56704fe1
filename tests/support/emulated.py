"""An arm64 Python under Debian's qemu-user, so that arm64 kernels are run and not only built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from poner.storage import cache_folder

PACKAGES = ("libc6", "zlib1g", "libexpat1", "libpython{0}-minimal", "python{0}-minimal")
"""Debian's: an interpreter without a standard library to speak of, and what it is linked to."""


def arm64_python() -> list[str]:
    """The command of an arm64 Python; skips the test where there is none.

    Its packages are downloaded once, by apt with lists of its own, and unpacked beside poner's
    environments; nothing is installed.
    """
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    if emulator is None:
        pytest.skip("no qemu-aarch64 (Debian: qemu-user) to run arm64 programs with")
    folder = cache_folder() / "arm64"
    if not folder.exists():
        _fetch(folder)
    (interpreter,) = (folder / "usr/bin").glob("python3.*")
    return [emulator, "-L", str(folder), str(interpreter), "-I", "-S"]


def _fetch(folder: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        pytest.skip("no apt to download an arm64 Python with")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="arm64.", dir=folder.parent))
    try:
        for part in ("lists/partial", "cache/archives/partial", "root"):
            (scratch / part).mkdir(parents=True)
        asked = _apt(scratch, "apt-get", "update") and _apt(
            scratch, "apt-cache", "search", "--names-only", r"^python3\.[0-9]+-minimal$"
        )
        versions = re.findall(r"python(3\.\d+)-minimal", asked)
        wanted = [package.format(*versions) for package in PACKAGES] if versions else []
        if not wanted or not _apt(scratch, "apt-get", "download", *wanted):
            pytest.skip("apt could not download an arm64 Python")
        for package in scratch.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(scratch / "root")], check=True)
        try:
            (scratch / "root").rename(folder)
        except OSError:
            if not folder.exists():  # else another test process was faster
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _apt(scratch: Path, *command: str) -> str:
    """Output of an apt command for arm64; empty if it fails."""
    program, *arguments = command
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "1",
        "Dir::Cache": str(scratch / "cache"),
        "Dir::State::lists": str(scratch / "lists"),
        "Dir::State::status": os.devnull,
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    done = subprocess.run(
        [program, *options, *arguments], cwd=scratch, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else ""
