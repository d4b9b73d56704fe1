"""The alias: the version that gets the traffic, the canary, and the previous version."""

from __future__ import annotations

from poner.deployer.resources import LATEST, Alias
from poner.deployer.steps import Change, MoveAlias

_PREVIOUS = "previous="


def previous_version(alias: Alias) -> str | None:
    """The previous version, which the alias's description holds."""
    number = alias.description.removeprefix(_PREVIOUS)
    return number if alias.description.startswith(_PREVIOUS) and number.isdecimal() else None


def remember_previous(version: str | None) -> str:
    """The description of an alias that holds the previous version."""
    return f"{_PREVIOUS}{version}" if version else ""


def named_versions(alias: Alias) -> set[str]:
    """The versions that an alias names, and the previous version that it remembers."""
    previous = previous_version(alias)
    return {alias.version, *alias.weights, *([previous] if previous else [])}


def move_alias(name: str, live: Alias, version: str | None) -> MoveAlias:
    """The step that sends all traffic to a version; None for the new version."""
    stays = version == live.version
    changes = [] if stays else [Change("version", live.version, version or "the new version")]
    if live.weights:
        changes.append(Change("canary", describe_weights(live), None))
    previous = previous_version(live) if stays or live.version == LATEST else live.version
    return MoveAlias(name, live.name, version, None, 0, previous, tuple(changes))


def share_traffic(name: str, live: Alias, canary: str | None, percent: int) -> MoveAlias:
    """The step that sends a share of the traffic to a version; None for the new version."""
    new = f"{percent}% to " + (f"version {canary}" if canary else "the new version")
    change = Change("canary", describe_weights(live), new)
    return MoveAlias(
        name, live.name, live.version, canary, percent, previous_version(live), (change,)
    )


def describe_weights(alias: Alias) -> str | None:
    """The shares of a canary release in words; None if there is no canary."""
    shares = [f"{weight:.0%} to version {number}" for number, weight in alias.weights.items()]
    return ", ".join(shares) or None
