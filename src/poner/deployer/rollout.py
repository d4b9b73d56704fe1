"""Moves the alias without deploying: back to an earlier version, or on to the canary."""

from __future__ import annotations

from dataclasses import replace

from poner.deployer.observing import Observed
from poner.deployer.resources import Alias
from poner.deployer.settings import ALIAS
from poner.deployer.steps import Plan
from poner.deployer.traffic import move_alias, previous_version
from poner.errors import DeployError


def plan_rollback(name: str, observed: Observed, version: str | None) -> Plan:
    """Back to a version; without one, a canary is withdrawn, or else the version before answers.

    Raises:
        DeployError: there is no such version, none before, or no alias to move.
    """
    live = _live(name, observed)
    if live.weights and version in (None, live.version):
        return Plan((move_alias(name, live, live.version),))
    target = version or _version_before(name, live, observed)
    numbers = [one.version for one in observed.versions]
    if target not in numbers:
        there = f"It has {', '.join(numbers)}; choose one of them." if numbers else ""
        raise DeployError(
            f"{name} has no version {target}.", there or "Publish one with `poner deploy`."
        )
    if target == live.version:
        return Plan((), (f"Version {target} answers already.",))
    step = move_alias(name, live, target)
    if live.version in numbers and int(live.version) < int(target):
        return Plan((step,))
    # what answered was given up, so another rollback goes further back and not forth again
    before = _highest_below(int(target), observed)
    return Plan((replace(step, previous=before),))


def plan_promotion(name: str, observed: Observed) -> Plan:
    """All traffic to the canary.

    Raises:
        DeployError: no canary release is under way, or there is no alias to move.
    """
    live = _live(name, observed)
    if not live.weights:
        raise DeployError(
            f"No canary release of {name} is under way: version {live.version} gets all traffic.",
            "Begin one with `poner deploy --canary 10`.",
        )
    return Plan((move_alias(name, live, max(live.weights, key=int)),))


def _live(name: str, observed: Observed) -> Alias:
    if observed.live is None:
        raise DeployError(
            f"The function {name} has no alias {ALIAS}.", "Run `poner deploy`, which makes it."
        )
    return observed.live


def _version_before(name: str, live: Alias, observed: Observed) -> str:
    remembered = previous_version(live)
    if remembered in {one.version for one in observed.versions}:
        assert remembered is not None
        return remembered
    below = _highest_below(int(live.version), observed) if live.version.isdecimal() else None
    if below is None:
        raise DeployError(
            f"There is no version of {name} before {live.version} to go back to.",
            "See `poner status` for the versions there are.",
        )
    return below


def _highest_below(number: int, observed: Observed) -> str | None:
    lower = [one.version for one in observed.versions if int(one.version) < number]
    return max(lower, key=int, default=None)
