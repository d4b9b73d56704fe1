"""Selects the files of the layers: while they do not fit, one slimming rule more is applied.

Layers fit if every zip can be uploaded directly and their unzipped total, with bytecode and the
function, leaves a fifth of Lambda's quota free. Bytecode makes a cold start several times faster,
so it is left out last, and only if the layers would exceed the quota itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from poner.aws_lambda import quotas
from poner.bundle import Slim, SlimmingStep
from poner.bundler.layers.libraries import Member
from poner.bundler.layers.linking import PlacedFile
from poner.bundler.layers.packing import pack_layers
from poner.bundler.layers.rules import RULES, Rule
from poner.bundler.zips import zip_bytes

COMFORTABLE_BYTES = 200_000_000
"""Target of the unzipped total, bytecode included."""

Files = Mapping[str, tuple[PlacedFile, ...]]
"""The files of each library, by its name."""


@dataclass(frozen=True)
class Selection:
    """The selected files and their layers."""

    files: Files
    """The kept files of each library."""
    layers: tuple[tuple[str, ...], ...]
    """The names of each layer's libraries."""
    steps: tuple[SlimmingStep, ...]
    """The steps of slimming, in order."""
    bytecode: bool
    """Whether bytecode is kept."""


def slim_layers(files: Files, slim: Slim, reserved_bytes: int) -> Selection:
    """Leave out files by the rules: as few as needed (auto), all (always), or none (never).

    Args:
        files: all files of each library.
        slim: when to leave files out.
        reserved_bytes: unzipped size of the function.
    """
    steps = []
    for rule in () if slim == "never" else RULES:
        if slim == "auto" and _fits(files, reserved_bytes):
            break
        files, step = _leave_out(files, rule.name, partial(_is_of, rule))
        steps.append(step)
    bytecode = _unzipped(files) + reserved_bytes <= quotas.UNZIPPED_BYTES
    if not bytecode:
        files, step = _leave_out(files, "bytecode", lambda member: member.bytecode)
        steps.append(step)
    return Selection(files, _pack(files), tuple(steps), bytecode)


def _is_of(rule: Rule, member: Member) -> bool:
    return member.rule == rule.name


def _leave_out(
    files: Files, name: str, matches: Callable[[Member], bool]
) -> tuple[Files, SlimmingStep]:
    kept = {
        library: tuple(file for file in group if not matches(file.member))
        for library, group in files.items()
    }
    count = sum(map(len, files.values())) - sum(map(len, kept.values()))
    zipped = sum(map(_zipped, files.values())) - sum(map(_zipped, kept.values()))
    return kept, SlimmingStep(name, count, zipped, _unzipped(files) - _unzipped(kept))


def _fits(files: Files, reserved_bytes: int) -> bool:
    zips = (sum(_zipped(files[name]) for name in layer) for layer in _pack(files))
    return (
        _unzipped(files) + reserved_bytes <= COMFORTABLE_BYTES
        and max(zips, default=0) <= quotas.DIRECT_UPLOAD_BYTES
    )


def _pack(files: Files) -> tuple[tuple[str, ...], ...]:
    return pack_layers({name: _zipped(group) for name, group in files.items()})


def _zipped(files: Iterable[PlacedFile]) -> int:
    return zip_bytes((file.path, file.member.packed_bytes) for file in files)


def _unzipped(files: Files) -> int:
    return sum(file.member.size_bytes for group in files.values() for file in group)
