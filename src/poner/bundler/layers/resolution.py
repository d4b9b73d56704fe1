"""Resolves requirements to the target's wheels with their hashes, and caches the result.

The versions that the model was made with are preferred if they have a wheel for the target. XGBoost
comes without its GPU packages (300 MB), because Lambda has no GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from poner.bundler.layers.package_index import PackageIndex, Refusal, Wheel
from poner.bundler.layers.refusals import explain
from poner.bundler.layers.request import LayerRequest
from poner.environments import current_settings, read_hashes, read_requirement
from poner.errors import InstallError, UsageError
from poner.storage import make_key, read_record, write_record

_FORMAT = 2
_GPU_PACKAGES = ("nvidia-nccl-cu12", "nvidia-nccl-cu13")


@dataclass(frozen=True)
class Resolution:
    """The chosen wheels, with remarks about the choice."""

    wheels: tuple[Wheel, ...]
    """One wheel for each package, sorted by name."""
    remarks: tuple[str, ...]
    """A line for each choice that differs from the request."""


@dataclass(frozen=True)
class _Attempt:
    """One way to meet the requirements."""

    requirements: tuple[Requirement, ...]
    excluded: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def resolve(
    request: LayerRequest, cache: Path, scratch: Path, notify: Callable[[str], None]
) -> tuple[Wheel, ...]:
    """The wheels for a request, sorted by name.

    Raises:
        UsageError: a requirement is malformed.
        NoWheelError: a package has no wheel for the target.
        InstallError: the requirements contradict each other, or a wheel is neither on this machine
            nor can be fetched.
    """
    requirements = tuple(read_requirement(text, UsageError) for text in request.requirements)
    asked = sorted(map(str, requirements))
    key = make_key(
        _FORMAT,
        asked,
        *(sorted(request.preferences.items()), sorted(request.excluded)),
        *(request.runtime.name, request.architecture, current_settings().key),
    )
    path = cache / "resolutions" / f"{key}.json"
    if (kept := read_record(path)) is not None:
        wheels = tuple(Wheel(**wheel) for wheel in kept["wheels"])
        resolution = Resolution(wheels, tuple(kept["remarks"]))
    else:
        index = PackageIndex(request.architecture, scratch)
        resolution = _resolve(requirements, request, index)
        if index.fault is None:  # a choice made without the index is not cached
            write_record(path, asdict(resolution))
    _check_pinned(resolution.wheels)
    for remark in resolution.remarks:
        notify(remark)
    return resolution.wheels


def _check_pinned(wheels: Sequence[Wheel]) -> None:
    """Refuse a file whose hash differs from the pinned one of that package and version.

    Raises:
        InstallError: a wheel has the name and version of a pinned file, but another hash.
    """
    pinned = read_hashes("onnx_layers")
    for wheel in wheels:
        known = pinned.get((wheel.name, wheel.version))
        if known is not None and wheel.sha256 not in known:
            raise InstallError(
                f"The index's {wheel.file} is not the file that poner was tested with: its hash "
                "differs.",
                "Find out where the index has the file from, or take another version with "
                "--require.",
            )


def _resolve(
    requirements: tuple[Requirement, ...], request: LayerRequest, index: PackageIndex
) -> Resolution:
    refusal = Refusal("")
    for attempt in _attempts(requirements, request.excluded):
        resolution = _try(attempt, request, index)
        if isinstance(resolution, Resolution):
            return resolution
        refusal = resolution
    raise explain(requirements, refusal, request, index)


def _attempts(
    requirements: tuple[Requirement, ...], excluded: tuple[str, ...]
) -> tuple[_Attempt, ...]:
    """The ways to meet the requirements, the best first: two with a pinned XGBoost, else one."""
    whole = {str(requirement): requirement for requirement in requirements}
    pinned = [
        text
        for text, requirement in whole.items()
        if canonicalize_name(requirement.name) == "xgboost" and _pin(requirement)
    ]
    if not pinned:
        return (_Attempt(requirements, excluded),)
    (text,) = pinned
    version = _pin(whole[text])
    slim = {**whole, text: Requirement(f"xgboost-cpu=={version}")}
    return (
        _Attempt(
            tuple(slim.values()),
            excluded,
            (f"xgboost-cpu {version} in place of xgboost: Lambda has no GPU.",),
        ),
        _Attempt(
            requirements,
            (*excluded, *_GPU_PACKAGES),
            (f"xgboost {version} without nvidia-nccl: Lambda has no GPU.",),
        ),
    )


def _pin(requirement: Requirement) -> str | None:
    """The version of a requirement of the form NAME==VERSION; None for other forms."""
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==" or "*" in specifiers[0].version:
        return None
    return specifiers[0].version


def _try(attempt: _Attempt, request: LayerRequest, index: PackageIndex) -> Resolution | Refusal:
    """The wheels of one attempt, with as many preferred versions as possible."""
    texts = list(map(str, attempt.requirements))

    def ask(constraints: Sequence[str]) -> tuple[Wheel, ...] | Refusal:
        return index.resolve(
            texts, request.runtime, constraints=constraints, excluded=attempt.excluded
        )

    settled = {canonicalize_name(item.name) for item in attempt.requirements if _pin(item)}
    preferred: dict[str, str] = {
        canonicalize_name(name): version
        for name, version in request.preferences.items()
        if canonicalize_name(name) not in settled
    }
    wheels = ask([f"{name}=={preferred[name]}" for name in preferred if _valid(preferred[name])])
    absent: set[str] = set()
    if isinstance(wheels, Refusal) and preferred:
        free = ask(())
        if isinstance(free, Refusal):
            return free
        absent, possible = _split_preferences(preferred, free, request, index)
        wheels = ask(possible)
        wheels = free if isinstance(wheels, Refusal) else wheels
    if isinstance(wheels, Refusal):
        return wheels
    lack = "is not on this machine" if index.fault else f"has no wheel for {request.target}"
    remarks = _deviations(wheels, preferred, absent, lack)
    return Resolution(wheels, attempt.remarks + remarks)


def _split_preferences(
    preferred: Mapping[str, str],
    wheels: Sequence[Wheel],
    request: LayerRequest,
    index: PackageIndex,
) -> tuple[set[str], list[str]]:
    """Of the needed packages, those without the preferred wheel, and pins of all others."""
    needed = {wheel.name: wheel.version for wheel in wheels if wheel.name in preferred}
    absent = {
        name
        for name, version in needed.items()
        if version != preferred[name]
        and not (
            _valid(preferred[name]) and index.has(f"{name}=={preferred[name]}", request.runtime)
        )
    }
    return absent, [f"{name}=={preferred[name]}" for name in needed if name not in absent]


def _deviations(
    wheels: Sequence[Wheel], preferred: Mapping[str, str], absent: set[str], lack: str
) -> tuple[str, ...]:
    return tuple(
        f"{wheel.name} {wheel.version} instead of {preferred[wheel.name]}, "
        + (f"which {lack}." if wheel.name in absent else "which conflicts with other packages.")
        for wheel in wheels
        if wheel.name in preferred and not _same(wheel.version, preferred[wheel.name])
    )


def _valid(version: str) -> bool:
    try:
        Version(version)
    except InvalidVersion:
        return False
    return True


def _same(one: str, other: str) -> bool:
    return one == other or (_valid(other) and Version(one) == Version(other))
