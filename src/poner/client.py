"""The client: rows in, predictions out, over HTTP, the same way here and on AWS."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from poner.artifacts import PredictionValue, Signature, is_missing
from poner.errors import InputError, PonerError, PredictionError
from poner.rows import as_records

CONCURRENCY = 4
"""Requests under way at once; a new AWS account runs ten environments at most."""

ATTEMPTS = 4
"""Times a request is tried: a prediction changes nothing, so it can be asked again."""

_RETRIED = {429, 502, 503, 504}
_NOT_READY = {403, 404, 429}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0
_TIMEOUT_S = 60.0

Body = Mapping[str, Any]
"""One request: values by wire name."""

Sign = Callable[[str, bytes], Mapping[str, str]]
"""The headers by which a URL with AWS_IAM knows the caller, for the URL and the bytes of a body."""


class FunctionUrl(str):
    """A URL that knows the signature of the function behind it."""

    __slots__ = ("signature",)

    signature: Signature
    """What goes in and what comes out."""

    @classmethod
    def of(cls, url: str, signature: Signature) -> FunctionUrl:
        """The URL with its signature."""
        known = cls(url)
        known.signature = signature
        return known


@dataclass(frozen=True)
class Answer:
    """What the endpoint said to one row."""

    status: int
    """HTTP status."""
    reason: str
    """`OK`, or why there is no prediction."""
    prediction: PredictionValue | None
    """The class or value, of several outputs a list; None where there is none."""


def make_bodies(rows: Any, signature: Signature | None) -> list[Body]:
    """Requests for rows of any form.

    Args:
        rows: a dict or dicts by wire name or training column, sent with the values they have; or
            a DataFrame, an array or lists in the signature's order. None, NaN and pandas' NA are
            sent as null.
        signature: the names; without one only dicts and DataFrames can be sent.

    Raises:
        InputError: rows without names and no signature, or rows that do not fit it.
    """
    if isinstance(rows, Mapping):
        rows = [rows]
    if not hasattr(rows, "columns") and all(isinstance(row, Mapping) for row in rows):
        return [_with_wire_names(row, signature) for row in rows]
    if signature is None and hasattr(rows, "columns"):
        return [_as_json(row) for row in rows.to_dict("records")]
    if signature is None:
        raise InputError(
            "Rows without names need the function's signature, and this URL does not bring it.",
            "Give dicts or a DataFrame, or pass signature=bundle.manifest.signature.",
        )
    return list(as_records(rows, signature))


def _with_wire_names(row: Mapping[str, Any], signature: Signature | None) -> Body:
    if signature is None:
        return _as_json(row)
    wire_names = {feature.column: feature.wire_name for feature in signature.features}
    return _as_json({wire_names.get(key, key): value for key, value in row.items()})


def _as_json(row: Mapping[str, Any]) -> Body:
    """What is missing as null, and numpy's numbers as Python's."""
    return {
        str(key): None
        if is_missing(value)
        else value.item()
        if isinstance(value, np.generic)
        else value
        for key, value in row.items()
    }


def ask(
    url: str,
    bodies: Sequence[Body],
    *,
    progress: Callable[[int], None] = lambda done: None,
    sign: Sign | None = None,
) -> list[Answer]:
    """Send every request, some at a time, and return the answers in the same order.

    Args:
        url: the Function URL.
        bodies: one request each.
        progress: called with the number of requests answered so far.
        sign: called before each request is sent; what it raises of poner's errors is passed on.

    Raises:
        PredictionError: the endpoint cannot be reached, or is none of poner's.
    """
    return _run(partial(_ask_all, url, bodies, progress, _Sender(sign, ATTEMPTS)))


def ask_until_ready(
    url: str,
    body: Body,
    *,
    sign: Sign | None = None,
    patience_s: float = 60.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """The answer of a Function URL that may have been made just now.

    Until its name resolves and its permissions are known everywhere, it cannot be reached or
    answers 403 or 404; then its function may still be starting. All of that, 429 and 5xx are tried
    again, after ever longer pauses.

    Args:
        url: the Function URL.
        body: the request.
        sign: as for `ask`.
        patience_s: the last request is sent when this is over, and may itself take a minute.
        sleep: waits for so many seconds.
        clock: seconds that only go forward.

    Returns:
        The first other answer; where patience ends before that, the last answer there was.

    Raises:
        PredictionError: patience ended without any answer.
    """
    end_s, pause_s = clock() + patience_s, _FIRST_PAUSE_S
    answer: Answer | None = None
    once = partial(_ask_all, url, [body], lambda done: None, _Sender(sign, 1))
    while True:
        try:
            (answer,) = _run(once)
        except PredictionError:
            if answer is None and clock() >= end_s:
                raise
        else:
            if answer.status < 500 and answer.status not in _NOT_READY:
                return answer
        left_s = max(0.0, end_s - clock())
        if answer is not None and not left_s:
            return answer
        sleep(min(pause_s, left_s))
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _run(asking: Callable[[], Coroutine[Any, Any, list[Answer]]]) -> list[Answer]:
    """Ask in a thread of its own, since a notebook already runs an event loop in this one.

    An interruption ends the requests that are under way, and does not wait for their answers.
    """
    cancels: list[Callable[[], object]] = []

    async def answer() -> list[Answer]:
        task = asyncio.current_task()
        assert task is not None, "asyncio.run makes one"
        cancels.append(partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel))
        return await asking()

    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(lambda: asyncio.run(answer())).result()
        except KeyboardInterrupt:
            for cancel in cancels:
                cancel()
            raise


@dataclass(frozen=True)
class _Sender:
    """How requests are sent."""

    sign: Sign | None
    """What signs them, if anything."""
    attempts: int
    """Times each is tried where the endpoint is only busy."""


async def _ask_all(
    url: str, bodies: Sequence[Body], progress: Callable[[int], None], sender: _Sender
) -> list[Answer]:
    import aiohttp

    answers: list[Answer | None] = [None] * len(bodies)
    waiting = iter(enumerate(bodies))
    done = 0

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal done
        for place, body in waiting:
            answers[place] = await _ask_one(session, url, body, sender)
            done += 1
            progress(done)

    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            for _ in range(min(CONCURRENCY, len(bodies))):
                group.create_task(work(session))
    except* (aiohttp.ClientError, TimeoutError, ValueError) as errors:
        raise PredictionError(
            f"{url} cannot be asked: {errors.exceptions[0]}.",
            "Check the URL and that the function is running.",
        ) from None
    except* PonerError as errors:  # of what signs
        raise errors.exceptions[0] from None
    return [answer for answer in answers if answer is not None]


async def _ask_one(session: Any, url: str, body: Body, sender: _Sender) -> Answer:
    """One request, tried again where the endpoint was only busy or starting."""
    content = json.dumps(body).encode()
    for attempt in range(sender.attempts):
        headers = {"Content-Type": "application/json"}
        if sender.sign is not None:  # each time: a signature holds for some minutes only
            headers.update(sender.sign(url, content))
        async with session.post(url, data=content, headers=headers) as response:
            text = await response.text()
            status = response.status
        if status not in _RETRIED:
            break
        if attempt < sender.attempts - 1:
            await asyncio.sleep(0.2 * 4**attempt)
    return read_answer(status, text)


def read_answer(status: int, text: str) -> Answer:
    """The contract's answer, or AWS's own where the function gave none."""
    try:
        values = json.loads(text)
        reason, prediction = values["reason"], values["prediction"]
    except (ValueError, TypeError, KeyError):
        return Answer(status, f"no answer of the function: {text[:200]}", None)
    return Answer(status, reason, prediction if status == 200 else None)


def predict(url: str, rows: Any, signature: Signature | None = None) -> list[PredictionValue]:
    """The prediction for every row; of several outputs a list of them.

    Args:
        url: a Function URL; one from poner.local brings its signature along.
        rows: a dict or dicts by wire name or training column, lists or an array in the
            signature's order (n_rows, n_features), or a DataFrame.
        signature: names and order, for a URL that is a plain string.

    Raises:
        InputError: the rows cannot be sent as they are.
        PredictionError: the endpoint cannot be reached or refused a row; the row is named.
    """
    known = signature or getattr(url, "signature", None)
    answers = ask(url, make_bodies(rows, known))
    predictions: list[PredictionValue] = []
    for number, answer in enumerate(answers, start=1):
        if answer.prediction is None:
            raise PredictionError(
                f"Row {number} was answered with {answer.status}: {answer.reason}.",
                "Correct the row, or look at the function's log.",
            )
        predictions.append(answer.prediction)
    return predictions
