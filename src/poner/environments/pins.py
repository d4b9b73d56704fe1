"""Packages that poner pins itself, each with its version and the hashes of its files.

`pins/NAME.txt` is a requirements file with hashes, for Python 3.9 and later, written by `make
pins`. A file with another hash is refused, whichever index the user has.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Literal

from packaging.requirements import Requirement

from poner.environments.requirements import HASH, without_hashes

PinSet = Literal["awslambdaric", "onnx_conversion", "onnx_layers"]
"""Names of the pin files."""


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
        requirement = Requirement(pin)
        (specifier,) = requirement.specifier
        hashes[requirement.name, specifier.version] = frozenset(
            digest.removeprefix("sha256:") for digest in digests
        )
    return hashes


def read_versions(name: PinSet, python_version: str) -> dict[str, str]:
    """The version of every package of a set, for a Python version such as `3.13`."""
    versions = {}
    for pin in map(Requirement, map(without_hashes, read_pins(name))):
        environment = {"python_full_version": f"{python_version}.0"}
        if pin.marker is None or pin.marker.evaluate(environment):
            (specifier,) = pin.specifier
            versions[pin.name] = specifier.version
    return versions
