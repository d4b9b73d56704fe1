"""`make bench`, third part: the local Lambda's overhead over AWS's runtime client, and a long load.

First the runtime client alone is timed at its Runtime API, with as many invocations at once as
there are clients. Then clients in separate processes call the same function through its Function
URL.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keeping import keep
from rich.console import Console
from rich.table import Table

from poner.emulator import LocalFunction, measure

CLIENTS = (1, 2, 8)
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
HANDLER = """\
import json, os, time

def handler(event, context):
    asked = json.loads(event.get("body") or "{}")
    kind = asked.get("kind", "good")
    if kind == "bad":
        raise ValueError(asked["mark"])
    if kind == "slow":
        time.sleep(0.02)
    if kind == "crashing":
        os._exit(1)
    if kind == "oversized":
        return "x" * 6_291_555  # with its quotes one byte more than Lambda hands on
    return {"statusCode": 200, "body": asked.get("mark", "")}
"""
SHARES = {"good": 78, "bad": 10, "slow": 8, "crashing": 2, "oversized": 2}
"""Number of requests of each kind among 100 of the long load."""


def main() -> None:
    """Measure, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000, help="timed requests of a client")
    parser.add_argument("--mixed", type=int, default=10_000, help="requests of the long load")
    arguments = parser.parse_args()
    multiprocessing.set_start_method("spawn")
    with tempfile.TemporaryDirectory(prefix="poner-bench-") as name:
        code = Path(name) / "code"
        code.mkdir()
        (code / "app.py").write_text(HANDLER)
        added = {clients: compare(code, clients, arguments.requests) for clients in CLIENTS}
        mixed = load(code, arguments.mixed)
    show(added, mixed)
    keep("emulator", {"added": added, "mixed": mixed})


def compare(code: Path, clients: int, requests: int) -> dict[str, float]:
    """Times of the runtime client alone, and behind the Function URL."""
    with multiprocessing.Pool(clients) as pool:
        alone = pool.starmap(time_client_alone, [(str(code), requests)] * clients)
    with served(code) as (url, _), multiprocessing.Pool(clients) as pool:
        pool.starmap(time_requests, [(url, 50)] * clients)  # starts the environments
        start_s = time.perf_counter()
        through = pool.starmap(time_requests, [(url, requests)] * clients)
        throughput = clients * requests / (time.perf_counter() - start_s)
    figures = {"requests_per_s": throughput}
    for name, laps in (("alone", alone), ("url", through)):
        joined = [lap for part in laps for lap in part]
        figures[f"{name}_p50_s"] = statistics.median(joined)
        figures[f"{name}_p99_s"] = statistics.quantiles(joined, n=100)[98]
    return figures


def time_client_alone(code: str, requests: int) -> tuple[float, ...]:
    """Seconds of each invocation at the Runtime API, without an HTTP front end."""
    function = LocalFunction(Path(code), "app.handler", RUNTIME)
    event = json.dumps({"body": '{"mark": "x"}'}).encode()
    return measure(function, event, cold_starts=1, warm=requests).warm_s


def time_requests(url: str, requests: int) -> tuple[float, ...]:
    """Seconds of each request over one connection."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    laps = []
    for _ in range(requests):
        start_s = time.perf_counter()
        status, body = ask(connection, {"mark": "x"})
        laps.append(time.perf_counter() - start_s)
        assert (status, body) == (200, "x")
    connection.close()
    return tuple(laps)


def ask(connection: http.client.HTTPConnection, body: dict[str, str]) -> tuple[int, str]:
    """One request; status and body."""
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/", json.dumps(body), headers)
    response = connection.getresponse()
    return response.status, response.read().decode()


@contextmanager
def served(code: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`poner local` in a separate process; gives its URL."""
    command = [sys.executable, "-c", "from poner.cli import main; main()", "local", str(code)]
    command += ["--handler", "app.handler", "--runtime", RUNTIME, "--quiet"]
    command += ["--port", "0", "--api-port", "0", "--concurrency", "8"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        try:
            yield url, process
        finally:
            process.terminate()


def load(code: Path, requests: int) -> dict[str, object]:
    """Send mixed requests from 8 clients; check each answer, and that no process is left."""
    with served(code) as (url, process), multiprocessing.Pool(8) as pool:
        start_s = time.perf_counter()
        counts = pool.starmap(ask_mixed, [(url, requests // 8, seed) for seed in range(8)])
        took_s = time.perf_counter() - start_s
        children = descendants(process.pid)
    left = [pid for pid in children if Path(f"/proc/{pid}").exists()]
    total: Counter[str] = sum(map(Counter, counts), Counter())
    return {"seconds": took_s, "answers": dict(total), "processes_left": len(left)}


def ask_mixed(url: str, requests: int, seed: int) -> dict[str, int]:
    """Number of correct answers by kind; `wrong` counts all others."""
    draw = random.Random(seed)
    kinds = draw.choices(list(SHARES), list(SHARES.values()), k=requests)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    counts: Counter[str] = Counter()
    for number, kind in enumerate(kinds):
        mark = f"{seed}-{number}"
        answer = ask(connection, {"kind": kind, "mark": mark})
        good = kind in ("good", "slow")
        expected = (200, mark) if good else (502, "Internal Server Error")
        counts[kind if answer == expected else "wrong"] += 1
    connection.close()
    return dict(counts)


def descendants(pid: int) -> list[int]:
    """All descendants of a process."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for path in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            children = [int(child) for child in path.read_text().split()]
            found += children
            waiting += children
    return found


def show(added: dict[int, dict[str, float]], mixed: dict[str, object]) -> None:
    """The tables, for people."""
    table = Table(title=f"The local Lambda on {RUNTIME}; alone: AWS's runtime client by itself")
    for heading in ("clients", "alone p50 ms", "URL p50 ms", "added p50", "added p99", "a second"):
        table.add_column(heading, justify="right")
    for clients, figures in added.items():
        alone, url = figures["alone_p50_s"], figures["url_p50_s"]
        tail = figures["url_p99_s"] - figures["alone_p99_s"]
        cells = (alone * 1e3, url * 1e3, (url - alone) * 1e3, tail * 1e3)
        table.add_row(
            str(clients), *(f"{cell:.2f}" for cell in cells), f"{figures['requests_per_s']:.0f}"
        )
    Console(width=100).print(table)
    print(f"Mixed load: {mixed}")


if __name__ == "__main__":
    main()
