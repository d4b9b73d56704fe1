"""`make bench`, second part: predictions of compiled models beside other engines', one thread.

This program fits and compiles six models. Each is then raced in a process of an environment with
scikit-learn, onnxruntime and treelite (benchmarks/race). The results are ratios, which are stored
under benchmarks/results.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import pickle
import platform
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from keeping import keep
from race.models import ENTRIES, make_rows
from rich.console import Console
from rich.table import Table

import poner
from poner.environments import make_environment
from poner.errors import NotSupportedError

HERE = Path(__file__).parent
PEERS = ("onnxruntime", "skl2onnx", "protobuf<6", "treelite", "tl2cgen", "threadpoolctl", "pandas")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main() -> None:
    """Fit and race the models; print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-keep", action="store_true", help="write no file")
    parser.add_argument("models", nargs="*", help=f"of {', '.join(ENTRIES)}; default: all")
    arguments = parser.parse_args()
    pin = f"scikit-learn=={importlib.metadata.version('scikit-learn')}"
    python = "{}.{}".format(*platform.python_version_tuple())
    interpreter = make_environment(python, [pin, *PEERS])
    figures = {}
    for name in arguments.models or ENTRIES:
        with tempfile.TemporaryDirectory(prefix="poner-race-") as folder:
            try:
                size = prepare(name, Path(folder))
            except NotSupportedError as error:
                print(f"{ENTRIES[name].title}: {error}")
                continue
            figures[name] = race(interpreter, Path(folder), arguments.rounds)
        figures[name] |= {"title": ENTRIES[name].title, "tables_bytes": size}
        show(figures[name])
    if not arguments.no_keep:
        keep("race", {"models": figures}, versions_in(interpreter))


def prepare(name: str, folder: Path) -> int:
    """Fit and compile a model into the folder; returns the size of its tables.

    Raises:
        NotSupportedError: the native engine does not compute it.
    """
    entry = ENTRIES[name]
    X, y, rows = make_rows(entry)
    model = entry.make().fit(X, y)
    compiled = poner.compile(model, X[:200])
    compiled.save(folder / "model.poner")
    (folder / "model.pickle").write_bytes(pickle.dumps(model))
    (folder / "rows.pickle").write_bytes(pickle.dumps(rows))
    return len(compiled.content)


def race(interpreter: Path, folder: Path, rounds: int) -> dict[str, Any]:
    """The figures of one model, measured in a process of its own."""
    path = os.pathsep.join([str(Path(poner.__file__).parents[1]), str(HERE)])
    done = subprocess.run(
        [str(interpreter), "-m", "race", str(folder), str(rounds)],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def ratios(laps: dict[str, list[float]], ours: str = "poner") -> dict[str, float]:
    """Each contender's time over ours: the median of the rounds."""
    return {
        name: statistics.median(a / b for a, b in zip(own, laps[ours], strict=True))
        for name, own in laps.items()
    }


def show(figures: dict[str, Any]) -> None:
    """The table of one model, for people."""
    one, batch = figures["laps_s"]["one"], figures["laps_s"]["batch"]
    table = Table(
        title=f"{figures['title']}, tables {figures['tables_bytes'] / 1e3:,.0f} KB; "
        "x: times poner's"
    )
    for heading in ("", "one row us", "x", "40,000 rows ms", "x", "other labels"):
        table.add_column(heading, justify="right" if heading else "left")
    one_ratios, batch_ratios = ratios(one), ratios(batch)
    for name in one:
        many = name in batch
        table.add_row(
            name,
            f"{statistics.median(one[name]) * 1e6:,.2f}",
            f"{one_ratios[name]:,.2f}",
            f"{statistics.median(batch[name]) * 1e3:,.2f}" if many else "",
            f"{batch_ratios[name]:,.2f}" if many else "",
            str(figures["different_labels"].get(name, "")),
        )
    console = Console(width=110)
    console.print(table)
    for reason in figures["absent"]:
        console.print(f"left out: {reason}", markup=False)


def versions_in(interpreter: Path) -> dict[str, str]:
    """Versions of the raced libraries."""
    names = ["scikit-learn", "numpy", *(peer.partition("<")[0] for peer in PEERS)]
    script = "import importlib.metadata as m, sys, json; "
    script += "print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    asked = subprocess.run(
        [str(interpreter), "-c", script, *names], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(asked.stdout)
    return found


if __name__ == "__main__":
    main()
