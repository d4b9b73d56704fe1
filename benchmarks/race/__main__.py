"""Races one model in this process: `python -m race FOLDER ROUNDS`; prints JSON.

Run by benchmarks/kernel.py in the peers' environment, with threads limited to one. FOLDER holds
model.pickle, rows.pickle and model.poner. Times are processor time, which with one thread is
elapsed time less what other programs took. Contenders take turns, so that ratios compare like with
like on a machine whose speed changes.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from race.contenders import Contender, all_of

ONE_ROW_LAP_S = 0.03
"""Length of a lap of one-row calls, long enough that the clock's own cost does not count."""

MOST_DIFFERENT = 1e-3
"""Largest share of labels in which a peer may differ: float32 moves rows across thresholds."""


def main() -> None:
    """Prepare, compare, measure, print."""
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    model = pickle.loads((folder / "model.pickle").read_bytes())
    rows = pickle.loads((folder / "rows.pickle").read_bytes())
    contenders: list[Contender] = []
    absent: list[str] = []
    with threadpool_limits(1):
        for make in all_of(folder, model, rows):
            try:
                contenders += make()
            except Exception as error:  # noqa: BLE001  # each library has errors of its own
                reason = " ".join(str(error).split())[:200]
                absent.append(f"{type(error).__name__}: {reason}")
        different = compare(contenders, model.predict(rows))
        laps = {
            "one": measure({c.name: c.one for c in contenders}, rounds, ONE_ROW_LAP_S),
            "batch": measure({c.name: c.batch for c in contenders if c.batch}, rounds, 0.0),
        }
    print(json.dumps({"laps_s": laps, "different_labels": different, "absent": absent}))


def compare(contenders: list[Contender], labels: Any) -> dict[str, int]:
    """Number of labels of each contender that differ from scikit-learn's; 0 for poner."""
    different = {}
    for contender in contenders:
        one = as_labels(contender.one())
        assert one[0] == labels[0], contender.name
        if contender.batch is None:
            continue
        count = int(np.sum(as_labels(contender.batch()) != labels))
        allowed = 0 if "poner" in contender.name else MOST_DIFFERENT * len(labels)
        assert count <= allowed, f"{contender.name} has {count} labels wrong"
        different[contender.name] = count
    return different


def as_labels(answer: Any) -> Any:
    """Labels 0 or 1, from labels or from probabilities of the second class or of both."""
    values = np.asarray(answer)
    if values.ndim > 1:
        values = values.reshape(len(values), -1)
        values = values[:, -1]
    return (np.atleast_1d(values) > 0.5).astype(int)


def measure(
    calls: dict[str, Callable[[], Any]], rounds: int, lap_s: float
) -> dict[str, list[float]]:
    """Seconds a call, one value for each round; a lap has as many calls as fill `lap_s`."""
    counts = {name: max(1, round(lap_s / max(lap(call, 3), 1e-9))) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(lap(call, counts[name]))
    return seconds


def lap(call: Callable[[], Any], count: int) -> float:
    """Mean seconds of a number of calls."""
    start = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - start) / count


if __name__ == "__main__":
    main()
