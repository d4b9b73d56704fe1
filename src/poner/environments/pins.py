"""Packages that poner chooses itself, each with its version and the hashes of its files.

`pins/NAME.txt` is a requirements file with hashes, for Python 3.9 and later; `make pins` writes it
anew. Whatever index a user has, another file than the one that was tried is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement

PinSet = Literal["awslambdaric", "onnx_conversion", "onnx_layers"]
"""Names of the files."""

HASH = " --hash="
"""What separates a requirement from its hashes."""

_HASHES = re.compile(rf"(?:{HASH}sha256:[0-9a-f]{{64}})+")
_MOST_SHOWN = 5


def read_pins(name: PinSet) -> tuple[str, ...]:
    """The requirements of a set, each on one line with its hashes.

    >>> read_pins("awslambdaric")[0].partition(HASH)[0]
    "awslambdaric==4.0.4 ; python_full_version < '3.10'"
    """
    text = resources.files("poner.environments").joinpath("pins", f"{name}.txt").read_text("utf-8")
    lines = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    return tuple(line.strip() for line in lines if line and not line.startswith("#"))


def read_hashes(name: PinSet) -> dict[tuple[str, str], frozenset[str]]:
    """The SHA-256 of every file of a set, in hexadecimal, by package and version."""
    hashes = {}
    for line in read_pins(name):
        pin, *digests = line.split(HASH)
        requirement = parse_requirement(pin)
        (specifier,) = requirement.specifier
        hashes[requirement.name, specifier.version] = frozenset(
            digest.removeprefix("sha256:") for digest in digests
        )
    return hashes


def read_versions(name: PinSet, python_version: str) -> dict[str, str]:
    """The version of every package of a set, for a Python such as `3.13`."""
    versions = {}
    for pin in map(parse_requirement, read_pins(name)):
        environment = {"python_full_version": f"{python_version}.0"}
        if pin.marker is None or pin.marker.evaluate(environment):
            (specifier,) = pin.specifier
            versions[pin.name] = specifier.version
    return versions


def parse_requirement(text: str) -> Requirement:
    """The requirement that a line of a requirements file holds; hashes may follow, and no options.

    Raises:
        InvalidRequirement: it is none, or would not stay on its line: a marker may hold a line
            break, and an option for the installer after that.
    """
    if not text.isprintable():
        raise InvalidRequirement("it holds a line break or another unprintable character")
    requirement, _, hashes = text.partition(HASH)
    if hashes and not _HASHES.fullmatch(HASH + hashes):
        raise InvalidRequirement("what follows it is no list of hashes")
    return Requirement(requirement)


def without_hashes(requirement: str) -> str:
    """A requirement without the hashes that follow it."""
    return requirement.partition(HASH)[0]


def describe(requirements: Sequence[str]) -> str:
    """Requirements as an error shows them: the first few, without markers and hashes."""
    shown = [without_hashes(text).partition(" ;")[0] for text in requirements[:_MOST_SHOWN]]
    further = len(requirements) - len(shown)
    return ", ".join(shown) + (f" and {further} more" if further else "")


def are_hashed(requirements: Sequence[str]) -> bool:
    """Whether all of these requirements have hashes."""
    return bool(requirements) and all(HASH in requirement for requirement in requirements)
