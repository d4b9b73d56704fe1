"""Asks uv which wheels of the package index meet requirements on a target, also without a network.

uv's exit code is 1 if no wheels meet the requirements, and 2 if it fails; its messages are shown,
never parsed.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from poner.aws_lambda.runtimes import Runtime
from poner.environments import current_settings, run_uv
from poner.hosts import HOSTS

_REFUSED = 1
_LEGACY_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True)
class Wheel:
    """One wheel of a resolution."""

    name: str
    """Name of the package."""
    version: str
    """Version of the package."""
    file: str
    """File name."""
    sha256: str
    """Hash of the file, in hexadecimal."""
    size_bytes: int
    """Size of the file; 0 if the index does not state it."""


@dataclass(frozen=True)
class Refusal:
    """No wheels meet the requirements."""

    reason: str
    """uv's explanation."""


class PackageIndex:
    """Asks uv; after the index was unreachable once, asks only uv's cache."""

    def __init__(self, architecture: str, scratch: Path) -> None:
        self.architecture = architecture
        self.fault: str | None = None
        """Why the index could not be reached; None while it can be."""
        self._scratch = scratch

    def resolve(
        self,
        requirements: Sequence[str],
        runtime: Runtime,
        *,
        constraints: Sequence[str] = (),
        excluded: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> tuple[Wheel, ...] | Refusal:
        """The wheels that meet the requirements, sorted by name.

        Args:
            requirements: requirements in pip's syntax.
            runtime: the wheels' target.
            constraints: versions of packages that may be needed.
            excluded: packages to leave out.
            options: further options of `uv pip compile`.
        """
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        overrides = [f'{name} ; sys_platform == "never"' for name in excluded]
        command = ["pip", "compile", "--format", "pylock.toml", "--output-file", "pylock.toml"]
        command += [*target_options(runtime, self.architecture), *options, "in.txt"]
        command += ["--constraints", "constraints.txt", "--overrides", "overrides.txt"]
        settings = current_settings()  # the options below would replace the user's files
        command += [part for file in settings.constraints for part in ("--constraints", file)]
        command += [part for file in settings.overrides for part in ("--overrides", file)]
        inputs = {"in": requirements, "constraints": constraints, "overrides": overrides}
        for name, lines in inputs.items():
            (folder / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
        if (refusal := self._run(command, folder)) is not None:
            return refusal
        lock = tomllib.loads((folder / "pylock.toml").read_text(encoding="utf-8"))
        return tuple(
            _choose_wheel(package, runtime, self.architecture)
            for package in lock.get("packages", ())
        )

    def has(self, requirement: str, runtime: Runtime) -> bool:
        """Whether a wheel meets the requirement, ignoring its dependencies."""
        found = self.resolve([requirement], runtime, options=["--no-deps"])
        return not isinstance(found, Refusal)

    def find(self, requirement: str, runtime: Runtime, *, lowest: bool = False) -> str | None:
        """The highest or the lowest version that has a wheel; None if there is none."""
        options = ["--no-deps", "--resolution", "lowest" if lowest else "highest"]
        found = self.resolve([requirement], runtime, options=options)
        return None if isinstance(found, Refusal) else found[0].version

    def _run(self, command: Sequence[str], folder: Path) -> Refusal | None:
        if self.fault is None:
            done = run_uv(command, folder)
            if done.returncode in (0, _REFUSED):
                return Refusal(_split_causes(done.stderr)[-1]) if done.returncode else None
            causes = _split_causes(done.stderr)
            self.fault = ": ".join(dict.fromkeys((causes[0], causes[-1])))
        done = run_uv(["--offline", *command], folder)
        return Refusal(_split_causes(done.stderr)[-1]) if done.returncode else None


def target_options(runtime: Runtime, architecture: str) -> list[str]:
    """Options of uv for wheels of a target, independent of this machine."""
    return [
        *("--python", sys.executable, "--only-binary", ":all:"),
        *("--python-version", HOSTS[runtime.name].python_version),
        *("--python-platform", runtime.wheel_platform(architecture)),
    ]


def _choose_wheel(package: Mapping[str, Any], runtime: Runtime, architecture: str) -> Wheel:
    """The wheel with the target's most specific tag, as installers choose it."""
    ranks = {tag: rank for rank, tag in enumerate(_target_tags(runtime, architecture))}
    files = {_file_name(entry): entry for entry in package["wheels"]}

    def rank(file: str) -> int:
        return min(ranks.get(tag, len(ranks)) for tag in parse_wheel_filename(file)[3])

    file = min(sorted(files), key=rank)
    entry = files[file]
    return Wheel(
        package["name"],
        package["version"],
        file,
        entry["hashes"]["sha256"],
        entry.get("size", 0),
    )


def _file_name(entry: Mapping[str, Any]) -> str:
    place = entry.get("name") or urllib.parse.urlsplit(entry.get("url") or entry["path"]).path
    return urllib.parse.unquote(PurePosixPath(place).name)


def _target_tags(runtime: Runtime, architecture: str) -> Iterator[Tag]:
    """The tags that a target supports, the most specific first (PEP 425 and 600)."""
    major, minor = map(int, HOSTS[runtime.name].python_version.split("."))
    machine = runtime.wheel_platform(architecture).partition("-")[0]
    platforms = []
    for level in range(runtime.glibc[1], 4, -1):
        platforms.append(f"manylinux_2_{level}_{machine}")
        if level in _LEGACY_TAGS:
            platforms.append(f"{_LEGACY_TAGS[level]}_{machine}")
    platforms.append(f"linux_{machine}")
    yield from cpython_tags((major, minor), platforms=platforms)
    yield from compatible_tags((major, minor), f"cp{major}{minor}", platforms)


def _split_causes(text: str) -> list[str]:
    """The message and causes in the output of uv, each on one line, without hints."""
    said = text.partition("\nhint:")[0].removeprefix("error: ")
    causes = (" ".join(cause.split()).rstrip(".") for cause in said.split("cause: "))
    return [cause[:300] for cause in causes]
