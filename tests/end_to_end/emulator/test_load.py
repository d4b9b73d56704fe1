"""Many clients at once: every answer is right, and nothing is left behind."""

import asyncio
import json
import random
import statistics
import sys
from typing import Any

import aiohttp

from poner.emulator import LocalFunction, measure

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
CLIENTS = 8
REQUESTS = 50
KINDS = {"good": 30, "failing": 8, "slow": 6, "large": 3, "crashing": 2, "timing out": 1}
"""What 50 requests of a client are made of."""


def event_of(kind: str, mark: str) -> dict[str, Any]:
    """The event for ALL_ROUND."""
    match kind:
        case "good":
            return {"do": "return", "value": {"statusCode": 200, "body": mark}}
        case "failing":
            return {"do": "raise", "message": mark}
        case "slow":
            return {"do": "sleep", "seconds": 0.05}
        case "large":
            return {"do": "size", "bytes": 300_000}
        case "crashing":
            return {"do": "kill", "signal": 9}
        case _:
            return {"do": "sleep", "seconds": 30}


EXPECTED_STATUS = {"good": 200, "slow": 200, "large": 200}


def test_mixed_load(start):
    """L57, L59: 400 requests of 8 clients, good, failing, slow, large, crashing, too slow."""
    function = start(concurrency=CLIENTS, timeout_s=2)
    wrong: list[object] = []

    async def client(number: int, session: aiohttp.ClientSession) -> None:
        kinds = [kind for kind, count in KINDS.items() for _ in range(count)]
        random.Random(number).shuffle(kinds)
        for position, kind in enumerate(kinds):
            mark = f"{number}-{position}"
            url = f"{function.urls.url}act"
            async with session.post(url, json=event_of(kind, mark)) as response:
                body = await response.text()
            expected = {"good": mark, "slow": "null", "large": "x" * 299_998}
            right = expected.get(kind, "Internal Server Error")
            if (response.status, body) != (EXPECTED_STATUS.get(kind, 502), right):
                wrong.append((mark, kind, response.status, body[:100]))

    async def load() -> None:
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(client(number, session) for number in range(CLIENTS)))

    asyncio.run(load())
    assert wrong == []
    assert sum(line.startswith("REPORT") for line in function.log) == CLIENTS * REQUESTS
    assert len(function.processes()) <= CLIENTS


def test_measure(code):
    """Cold starts and warm invocations are timed, and the answer shown."""
    event = json.dumps({"do": "return", "value": {"a": 1}}).encode()
    function = LocalFunction(code, "app.handler", RUNTIME)
    measurement = measure(function, event, cold_starts=3, warm=20)
    assert measurement.answer == b'{"a": 1}'
    assert (len(measurement.cold_s), len(measurement.warm_s)) == (3, 20)
    for cold_s, init_s in zip(measurement.cold_s, measurement.init_s, strict=True):
        assert 0 < init_s < cold_s < 5
    assert 0 < statistics.median(measurement.warm_s) < min(measurement.cold_s)
