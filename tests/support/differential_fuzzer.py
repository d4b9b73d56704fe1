"""Holds poner's reader against standard pickle on model files that were changed at random.

Whatever the reader opens is written anew, in canonical form; the parent's check must take that,
and what `pickle.loads` makes of it must be written the same again. Both loads run in a process
that has given up its rights as the one does that reads a user's file; a process that breaks or
takes too long is a finding like a difference is.

    python -m tests.support.differential_fuzzer 1000000
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 20
"""The limits of one input."""
BATCH = 20_000
"""Number of inputs for one process."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
TRIED, OPENED, FAULT = "#", "+", "!"
"""What begins a line of the confined process: an input's number, that it opened, what broke."""


@dataclass
class Findings:
    """Counts of inputs, and the differences found."""

    tried: int = 0
    """Inputs."""
    opened: int = 0
    """Those of them that the reader opened."""
    faults: list[str] = field(default_factory=list)
    """A line for each input that broke something; its number makes it again."""


def fuzz(first: int, count: int, findings: Findings) -> None:
    """Try inputs by their numbers, in confined processes.

    Args:
        first: the number of the first input; each number is one input, always the same.
        count: how many.
        findings: gets what comes out.
    """
    at, end = first, first + count
    while at < end:
        at = _fuzz_batch(at, min(at + BATCH, end), findings)


def _fuzz_batch(first: int, end: int, findings: Findings) -> int:
    """Try inputs in one process; returns the number of the first input that was not tried."""
    from poner.confinement import process

    folder = process.make_folder("poner-fuzz-", Path(tempfile.gettempdir()))
    program = process.Program(
        interpreter=sys.executable,
        file=Path(__file__),
        packages=True,
        arguments=(str(first), str(end)),
        readable=(ROOT,),
        environment=ENVIRONMENT,
    )
    try:
        run = process.run(
            program,
            process.Limits(cpu_s=3600, memory_bytes=4 << 30),
            folder,
            timeout_s=3600,
            most_bytes=1 << 26,
        )
    finally:
        process.remove_folder(folder)
    if "seccomp" not in run.in_force:
        raise RuntimeError(f"the process was not confined: {run.in_force} {run.last_words}")
    at = first - 1
    for line in run.output.decode().splitlines():
        if line.startswith(TRIED):
            at = int(line[1:])
            findings.tried += 1
        elif line == OPENED:
            findings.opened += 1
        else:
            findings.faults.append(line[1:])
    if at < first:
        raise RuntimeError(f"the process did not start: {run.last_words}")
    if run.ending.returncode != 0:
        findings.faults.append(f"{at}: ended with {run.ending.returncode} {run.last_words}")
    return at + 1


def seeds() -> list[bytes]:
    """Small models of the kinds that the formats treat differently, written in each format."""
    import io
    import pickle

    import joblib
    import numpy as np
    import skops.io
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, SplineTransformer
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    rows = np.random.default_rng(0).normal(size=(24, 2))
    target = (rows[:, 0] > 0).astype(int)
    columns = ColumnTransformer(
        [("log", FunctionTransformer(np.exp), [0]), ("one", OneHotEncoder(), [1])]
    )
    models: list[Any] = [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=2, random_state=np.random.RandomState(0)),
        HistGradientBoostingClassifier(max_iter=1, max_depth=2, min_samples_leaf=2),
        KNeighborsClassifier(1, algorithm="kd_tree"),
        SVC(),
        make_pipeline(columns, LogisticRegression()),
        make_pipeline(SplineTransformer(3, degree=2), LogisticRegression()),
        GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2),
    ]
    found = []
    for model in models:
        model.fit(rows, target)
        found += [pickle.dumps(model, protocol) for protocol in (0, 2, 4, 5)]
        found.append(bytes(skops.io.dumps(model)))
        stream = io.BytesIO()
        joblib.dump(model, stream)
        found.append(stream.getvalue())
    from tests.support.hostile_models import hostile_models

    small = [content for content in hostile_models().values() if len(content) < 20_000]
    return found * 4 + small  # few changes make a hostile file one that opens


class _TooLongError(Exception):
    """One input took too long."""


def _give_up(number: int, frame: Any) -> None:
    raise _TooLongError


def run_confined(first: int, end: int) -> None:
    """Try inputs in this process, which has given up its rights; writes a line on each."""
    warnings.simplefilter("ignore")
    corpus = seeds()
    sys.setrecursionlimit(5000)
    signal.signal(signal.SIGALRM, _give_up)
    for number in range(first, end):
        content = _input(number, corpus)
        os.write(1, f"{TRIED}{number}\n".encode())  # before the input, which may end the process
        signal.alarm(LONGEST_S)
        opened, fault = _try(content)
        signal.alarm(0)
        if opened:
            os.write(1, f"{OPENED}\n".encode())
        if fault:
            os.write(1, f"{FAULT}{number}: {fault}\n".encode())


def _input(number: int, corpus: Sequence[bytes]) -> bytes:
    from tests.support.mutations import mutate

    return mutate(random.Random(number), corpus)


def _try(content: bytes) -> tuple[bool, str]:
    """Whether the reader opens an input, and what is wrong with how it does."""
    import pickle

    from poner.loader.safe_pickle import canonical
    from poner.loader.safe_pickle.canonical import rewrite
    from poner.loader.safe_pickle.faults import FileRefusedError, FileUnreadableError
    from poner.loader.safe_pickle.loading import load_content

    try:
        opened = load_content(content)
    except _TooLongError:
        return False, "reading took too long"
    except Exception:  # noqa: BLE001 - as at the edge of the child, which tells its parent
        return False, ""
    try:
        written = rewrite(opened)
    except (FileUnreadableError, FileRefusedError):
        return False, ""
    except Exception as error:  # noqa: BLE001 - any other error is what is looked for
        return False, f"writing it anew raised {error!r}"[:300]
    try:
        if type(opened).__module__.startswith("sklearn."):
            canonical.checked(written)
        if rewrite(pickle.loads(written)) != written:
            return True, "standard pickle makes something else of it"
    except Exception as error:  # noqa: BLE001
        return True, f"what was written anew raised {error!r}"[:300]
    return True, ""


def main(count: int) -> int:
    """Try so many inputs, a share of them on each core."""
    jobs = os.cpu_count() or 1
    share = -(-count // jobs)
    parts = [Findings() for _ in range(jobs)]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda job: fuzz(job * share, share, parts[job]), range(jobs)))
    faults = [line for part in parts for line in part.faults]
    tried, opened = sum(part.tried for part in parts), sum(part.opened for part in parts)
    print(f"{tried:,} inputs, {opened:,} opened, {len(faults)} faults", *faults, sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if len(sys.argv) == 3:
        run_confined(int(sys.argv[1]), int(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1])))
