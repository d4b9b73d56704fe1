"""Explains, in an error of two sentences, why requirements could not be resolved.

uv's exit code gives no reason. The reason is found by asking for each requirement alone, on the
target and on Lambda's other runtimes.
"""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import Requirement

from poner.aws_lambda.runtimes import RUNTIMES, Runtime
from poner.bundler.layers.package_index import PackageIndex, Refusal
from poner.bundler.layers.request import LayerRequest
from poner.errors import InstallError, NoWheelError


def explain(
    requirements: Sequence[Requirement],
    refusal: Refusal,
    request: LayerRequest,
    index: PackageIndex,
) -> InstallError:
    """The error for requirements that were refused."""
    asked = ", ".join(map(str, requirements))
    alone = [
        requirement
        for requirement in requirements
        if not index.has(str(requirement), request.runtime)
    ]
    if index.fault is not None:
        what = ", ".join(map(str, alone)) or f"Everything that {asked} needs"
        detail = index.fault if alone else f"{index.fault}; {refusal.reason}"
        return InstallError(
            f"{what} can neither be fetched nor found on this machine: {detail}.",
            "Run the command again with a network; fetched files are kept.",
        )
    if alone:
        return _explain_missing(alone[0], request, index)
    return InstallError(
        f"{asked} cannot be met by wheels for {request.target}: {refusal.reason}.",
        "Change or leave out one of the versions named there.",
    )


def _explain_missing(
    requirement: Requirement, request: LayerRequest, index: PackageIndex
) -> NoWheelError:
    """The error for a requirement that no wheel meets, with versions and runtimes that work."""
    name, asked = requirement.name, str(requirement)
    nearest = _nearest_versions(requirement, request.runtime, index)
    runtime = _nearest_runtime(asked, request.runtime, index)
    if runtime is not None or nearest:
        message = f"There is no wheel of {asked} for {request.target} ({request.runtime.system})"
        message += "." if runtime is not None else " or any other of Lambda's runtimes."
    else:
        elsewhere = _nearest_runtime(name, request.runtime, index)
        message = f"The package index has no wheel of {name} for " + (
            "any of Lambda's runtimes." if elsewhere is None else f"{request.target}."
        )
    ways = []
    if nearest:
        ways.append(f"take {' or '.join(f'{name} {version}' for version in nearest)}")
    if runtime is not None:
        ways.append(f"build for {runtime.name}, for which it has one")
    hint = ", or ".join(ways) or "check the spelling, or take a package that comes as a wheel"
    return NoWheelError(message, f"{hint[0].upper()}{hint[1:]}.", name, nearest)


def _nearest_versions(
    requirement: Requirement, runtime: Runtime, index: PackageIndex
) -> tuple[str, ...]:
    """The nearest versions with a wheel below and above a pin; without a pin, the newest."""
    name = requirement.name
    pins = [item.version for item in requirement.specifier if item.operator in ("==", "===")]
    if len(pins) != 1 or "*" in pins[0]:
        found = [index.find(name, runtime)]
    else:
        below = index.find(f"{name}<{pins[0]}", runtime)
        found = [below, index.find(f"{name}>{pins[0]}", runtime, lowest=True)]
    return tuple(version for version in found if version is not None)


def _nearest_runtime(requirement: str, runtime: Runtime, index: PackageIndex) -> Runtime | None:
    """The runtime with a wheel whose Python is closest; of two as close, the newer."""
    names = list(RUNTIMES)
    place = names.index(runtime.name)
    others = sorted(
        (other for other in range(len(names)) if other != place),
        key=lambda other: (abs(other - place), -other),
    )
    for other in others:
        if index.has(requirement, RUNTIMES[names[other]]):
            return RUNTIMES[names[other]]
    return None
