"""Holds poner's reader against standard pickle on model files that were changed at random.

Whatever the reader opens is written anew, in canonical form; the parent's check must take that,
and what `pickle.loads` makes of it must be written the same again. Both loads run in a process
that has given up its rights as the one does that reads a user's file; a process that breaks or
takes too long is a finding like a difference is.

    python -m tests.support.differential_fuzzer 1000000
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST_S = 20
"""What one input may take."""
MEMORY_BYTES = 8 << 30
CPU_S = 7200
JOBS = 2


@dataclass
class Findings:
    """What came out."""

    tried: int = 0
    """Inputs."""
    opened: int = 0
    """Those of them that the reader opened."""
    faults: list[str] = field(default_factory=list)
    """A line for each input that broke something; its number makes it again."""


def fuzz(first: int, count: int) -> Findings:
    """Try inputs by their numbers, in confined processes.

    Args:
        first: the number of the first input; each number is one input, always the same.
        count: how many.
    """
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        at, end = first, first + count
        while at < end:
            command = [
                sys.executable,
                "-m",
                "tests.support.differential_fuzzer",
                "--confined",
                name,
                str(at),
                str(end),
            ]
            environment = {"PATH": os.defpath, "OMP_NUM_THREADS": "1", "HOME": name}
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            report = json.loads((scratch / "report").read_text())
            findings.tried += report["at"] - at + 1
            findings.opened += report["opened"]
            findings.faults += report["faults"]
            if done.returncode != 0:
                last = (done.stderr.strip().splitlines() or [""])[-1]
                findings.faults.append(f"{report['at']}: ended with {done.returncode} {last}")
            elif report["at"] != end - 1:
                raise RuntimeError(done.stderr)
            at = report["at"] + 1
    return findings


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
    return found


class _TooLongError(Exception):
    """One input took too long."""


def _give_up(number: int, frame: Any) -> None:
    raise _TooLongError


def run_confined(scratch: Path, first: int, end: int) -> None:
    """Try inputs in this process, once it has given up its rights; writes a report."""
    from poner.loader.reader.confine import confine

    warnings.simplefilter("ignore")
    corpus = seeds()
    sys.setrecursionlimit(5000)
    confine(str(scratch), CPU_S, MEMORY_BYTES)
    signal.signal(signal.SIGALRM, _give_up)
    report: dict[str, Any] = {"at": first, "opened": 0, "faults": []}
    place = scratch / "report"
    for number in range(first, end):
        report["at"] = number
        content = _input(number, corpus)
        with place.open("w") as file:  # before the input is tried, which may end this process
            json.dump(report, file)
        signal.alarm(LONGEST_S)
        fault = _try(content, report)
        signal.alarm(0)
        if fault is not None:
            report["faults"].append(f"{number}: {fault}")
    place.write_text(json.dumps(report))


def _input(number: int, corpus: Sequence[bytes]) -> bytes:
    from tests.support.mutations import mutate

    return mutate(random.Random(number), corpus)


def _try(content: bytes, report: dict[str, Any]) -> str | None:
    """What is wrong with how an input is read, None if nothing is."""
    import pickle

    from poner.loader.reader import canonical
    from poner.loader.reader.faults import FileRefusedError, FileUnreadableError
    from poner.loader.reader.loading import load_content
    from poner.loader.reader.rewriting import rewrite

    try:
        opened = load_content(content)
    except _TooLongError:
        return "reading took too long"
    except Exception:  # noqa: BLE001 - as at the edge of the child, which tells its parent
        return None
    try:
        written = rewrite(opened)
    except (FileUnreadableError, FileRefusedError):
        return None
    except Exception as error:  # noqa: BLE001 - any other error is what is looked for
        return f"writing anew raised {error!r}"[:300]
    report["opened"] += 1
    try:
        if type(opened).__module__.startswith("sklearn."):
            canonical.checked(written)
        if rewrite(pickle.loads(written)) != written:
            return "standard pickle makes something else of it"
    except Exception as error:  # noqa: BLE001
        return f"what was written anew raised {error!r}"[:300]
    return None


def main() -> None:
    """Try as many inputs as the command line says, on all cores."""
    if sys.argv[1] == "--confined":
        run_confined(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    count = int(sys.argv[1])
    share = -(-count // JOBS)
    with ThreadPoolExecutor(JOBS) as pool:
        all_findings = list(pool.map(lambda job: fuzz(job * share, share), range(JOBS)))
    faults = [line for findings in all_findings for line in findings.faults]
    tried = sum(findings.tried for findings in all_findings)
    opened = sum(findings.opened for findings in all_findings)
    print(f"{tried} inputs, {opened} opened, {len(faults)} faults")
    print("\n".join(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
