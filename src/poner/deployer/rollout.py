"""Plans that move the alias without a deploy: rollback and promotion."""

from __future__ import annotations

from dataclasses import replace

from poner.deployer.observing import Observed
from poner.deployer.resources import Alias
from poner.deployer.settings import ALIAS
from poner.deployer.steps import Plan
from poner.deployer.traffic import move_alias, previous_version
from poner.errors import DeployError


def plan_rollback(name: str, observed: Observed, version: str | None) -> Plan:
    """Return to `version`; None ends a canary release, or else returns to the previous version.

    Raises:
        DeployError: there is no such version, no earlier version, or no alias.
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
        return Plan((), (f"Version {target} already answers.",))
    step = move_alias(name, live, target)
    if live.version in numbers and int(live.version) < int(target):
        return Plan((step,))
    # the live version was rejected, so the next rollback goes further back
    before = _highest_below(int(target), observed)
    return Plan((replace(step, previous=before),))


def plan_promotion(name: str, observed: Observed) -> Plan:
    """Send all traffic to the canary.

    Raises:
        DeployError: there is no canary release, or no alias.
    """
    live = _live(name, observed)
    if not live.weights:
        raise DeployError(
            f"{name} has no canary release: version {live.version} gets all traffic.",
            "Start a canary release with `poner deploy --canary 10`.",
        )
    return Plan((move_alias(name, live, max(live.weights, key=int)),))


def _live(name: str, observed: Observed) -> Alias:
    if observed.live is None:
        raise DeployError(
            f"The function {name} has no alias {ALIAS}.", "Run `poner deploy`, which creates it."
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
            f"{name} has no version before {live.version}.",
            "`poner status` lists its versions.",
        )
    return below


def _highest_below(number: int, observed: Observed) -> str | None:
    lower = [one.version for one in observed.versions if int(one.version) < number]
    return max(lower, key=int, default=None)
