"""`make bench`: poner's engines beside an empty function and the article's way, in one run.

Prints a table and stores the figures under benchmarks/results with the machine and the commit.
Ratios are to the empty function, round by round: unlike seconds, they hold on other machines.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import tempfile
from pathlib import Path

from comparison import Result, compare, ratio
from keeping import keep
from peers import Peer, article_function, empty_function, unpacked, with_bytecode
from rich.console import Console
from rich.table import Table

from poner import pipeline, templates
from poner.bundle import Engine
from poner.cli.build import make_target
from poner.cli.console import reporting
from poner.cli.demo import FEATURES, REQUESTS
from poner.cli.train import run_script
from poner.config import read_config


def main() -> None:
    """Measure, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="cold starts of each function")
    parser.add_argument("--warm", type=int, default=500, help="warm invocations a cold start")
    parser.add_argument("--runtime", default="python3.13", help="default: python3.13")
    parser.add_argument("--native-only", action="store_true", help="leave all packages out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poner-bench-") as name, reporting() as reporter:
        peers = prepare(Path(name), arguments.runtime, native_only=arguments.native_only)
        event = json.dumps(make_event()).encode()
        results = compare(
            peers,
            event,
            rounds=arguments.rounds,
            warm=arguments.warm,
            progress=lambda share: reporter.progress("Measuring", share),
        )
    show(results, arguments.runtime)
    kept = [dataclasses.asdict(result) for result in results]
    keep(arguments.runtime, {"runtime": arguments.runtime, "results": kept})


def prepare(folder: Path, runtime: str, *, native_only: bool) -> dict[str, Peer]:
    """The functions to compare: same interpreter and same model, except the empty function."""
    project = folder / "project"
    templates.create_project(project)
    run_script(project)
    target = make_target(read_config(project), runtime)
    peers = {"empty function": with_bytecode(empty_function(folder / "empty", runtime))}
    engines: tuple[Engine, ...] = ("native", "onnx", "sklearn")
    for engine in engines[:1] if native_only else engines:
        bundle = pipeline.build(project / "model", folder / engine, target, engine=engine)
        function = pipeline.local_function(bundle)
        peers[f"poner, {engine}"] = unpacked(function, folder / f"{engine}-unpacked")
    if not native_only:
        slow = unpacked(function, folder / "sources", bytecode=False)
        peers["sklearn without bytecode"] = slow
        model = (project / "model" / "clf.sav").read_bytes()
        pins = [f"scikit-learn=={bundle.manifest.provenance.sklearn_version}"]
        names = bundle.manifest.signature.wire_names
        plain = article_function(folder / "article", runtime, model, names, pins)
        compiled = article_function(folder / "bytecode", runtime, model, names, pins)
        peers["the article's way"] = plain
        peers["the same with bytecode"] = with_bytecode(compiled)
    return peers


def make_event() -> dict[str, object]:
    """A Function URL's event for the article's first request."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "body": json.dumps(dict(zip(FEATURES, REQUESTS["A scan"], strict=True))),
        "isBase64Encoded": False,
    }


def show(results: tuple[Result, ...], runtime: str) -> None:
    """The table, for people."""
    empty = results[0]
    table = Table(title=f"{runtime}, {len(empty.cold_s)} rounds; x: times the empty function")
    for heading in (
        "",
        "cold ms",
        "x",
        "warm p50 us",
        "x",
        "warm p99 us",
        "zips KB",
        "unzipped KB",
    ):
        table.add_column(heading, justify="right" if heading else "left")
    for result in results:
        table.add_row(
            result.name,
            f"{statistics.median(result.cold_s) * 1e3:.1f}",
            f"{ratio(result.cold_s, empty.cold_s):.3f}",
            f"{statistics.median(result.warm_p50_s) * 1e6:.0f}",
            f"{ratio(result.warm_p50_s, empty.warm_p50_s):.3f}",
            f"{statistics.median(result.warm_p99_s) * 1e6:.0f}",
            f"{result.zipped_bytes / 1e3:,.1f}",
            f"{result.unzipped_bytes / 1e3:,.1f}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
