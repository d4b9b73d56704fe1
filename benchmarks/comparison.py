"""How a Bundle compares with an empty function and with the article's way, in one run.

In: functions and an event. Out: a Result for each function. The functions are measured in turn, so
that a machine that slows down slows all of them. This module neither judges nor stores figures.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from peers import Peer

from poner.emulator import measure


@dataclass(frozen=True)
class Result:
    """One function's figures; lists hold one value for each round."""

    name: str
    """Name of the function."""
    zipped_bytes: int
    """Size of its code and packages as zips."""
    unzipped_bytes: int
    """Size of its code and packages unpacked."""
    cold_s: tuple[float, ...]
    """From the start of the process to its first answer."""
    warm_p50_s: tuple[float, ...]
    """Median of the warm invocations of each round."""
    warm_p99_s: tuple[float, ...]
    """99th percentile of the warm invocations of each round."""


def compare(
    peers: Mapping[str, Peer],
    event: bytes,
    *,
    rounds: int,
    warm: int,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Result, ...]:
    """Measure all functions in turn, round after round.

    Args:
        peers: functions by name.
        event: the event for each invocation.
        rounds: cold starts of each.
        warm: warm invocations after each cold start.
        progress: called with the share of the rounds that is done.

    Raises:
        EmulatorError: a function did not answer.
    """
    cold: dict[str, list[float]] = {name: [] for name in peers}
    laps: dict[str, list[tuple[float, ...]]] = {name: [] for name in peers}
    for number in range(rounds + 1):  # the first round warms the disk's cache and is not counted
        for name, peer in peers.items():
            measurement = measure(peer.function, event, cold_starts=1, warm=warm)
            if number > 0:
                cold[name] += measurement.cold_s
                laps[name].append(measurement.warm_s)
        progress(number / rounds)
    return tuple(
        Result(
            name=name,
            zipped_bytes=peer.zipped_bytes,
            unzipped_bytes=peer.unzipped_bytes,
            cold_s=tuple(cold[name]),
            warm_p50_s=tuple(statistics.median(lap) for lap in laps[name]),
            warm_p99_s=tuple(statistics.quantiles(lap, n=100)[98] for lap in laps[name]),
        )
        for name, peer in peers.items()
    )


def ratio(ours: tuple[float, ...], others: tuple[float, ...]) -> float:
    """The median over the rounds of ours divided by others'."""
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))
