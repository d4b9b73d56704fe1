"""The client: rows in, predictions out, over HTTP, the same way here and on AWS.

`bodies.py` makes requests of rows, `addresses.py` says which URLs may be asked, `transport.py`
sends one request within bounds, `answers.py` reads what came back.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import tenacity

from poner.client.addresses import check_signable, read_url
from poner.client.answers import Answer, read_answer
from poner.client.bodies import Body, make_bodies
from poner.errors import EndpointRefusedError, InputError, PonerError, PredictionError
from poner.signature import PredictionValue, Signature

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

__all__ = [
    "Answer",
    "Body",
    "FunctionUrl",
    "Sign",
    "ask",
    "ask_until_ready",
    "make_bodies",
    "predict",
    "read_answer",
]

CONCURRENCY = 4
"""Requests under way at once; a new AWS account runs ten environments at most."""

ATTEMPTS = 4
"""Times a request is tried: a prediction changes nothing, so it can be asked again."""

_RETRIED = {429, 502, 503, 504}
_NOT_READY = {403, 404, 429}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0

TIMEOUT_S = 60.0
"""The longest that one request may take, from its first byte to the last one of its answer."""

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


def ask(
    url: str,
    bodies: Sequence[Body],
    *,
    progress: Callable[[int], None] = lambda done: None,
    sign: Sign | None = None,
    timeout_s: float = TIMEOUT_S,
) -> list[Answer]:
    """Send every request, some at a time, and return the answers in the same order.

    Args:
        url: the Function URL.
        bodies: one request each.
        progress: called with the number of requests answered so far.
        sign: called before each request is sent; what it raises of poner's errors is passed on.
        timeout_s: the longest that one request may take.

    Raises:
        InputError: a row holds what JSON does not have.
        EndpointRefusedError: the endpoint leads elsewhere, sends more than a function can, or is
            not to be signed for: only https and this machine are.
        PredictionError: the endpoint cannot be reached.
    """
    sender = _Sender(sign, ATTEMPTS, timeout_s)
    return _run(partial(_ask_all, url, bodies, progress, sender))


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
        EndpointRefusedError: as for `ask`, at once.
        PredictionError: patience ended without any answer.
    """
    end_s = clock() + patience_s
    answers: list[Answer] = []
    once = partial(_ask_all, url, [body], lambda done: None, _Sender(sign, 1, TIMEOUT_S))
    pause = tenacity.wait_exponential(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
    asking = tenacity.Retrying(
        sleep=sleep,
        stop=lambda state: clock() >= end_s,
        wait=lambda state: min(pause(state), max(0.0, end_s - clock())),
        retry=tenacity.retry_if_exception(_may_pass) | tenacity.retry_if_result(_is_unready),
        retry_error_callback=lambda state: answers[-1] if answers else _outcome(state),
    )

    def ask_once() -> Answer:
        answers.extend(_run(once))
        return answers[-1]

    return asking(ask_once)


def _may_pass(error: BaseException) -> bool:
    """Whether the endpoint may answer a little later."""
    return isinstance(error, PredictionError) and not isinstance(error, EndpointRefusedError)


def _is_unready(answer: Answer) -> bool:
    return answer.status >= 500 or answer.status in _NOT_READY


def _outcome(state: tenacity.RetryCallState) -> Any:
    """The result of the last attempt, or its error."""
    assert state.outcome is not None, "an attempt was made"
    return state.outcome.result()


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
    timeout_s: float
    """The longest that one may take."""


async def _ask_all(
    text: str, bodies: Sequence[Body], progress: Callable[[int], None], sender: _Sender
) -> list[Answer]:
    import aiohttp

    from poner.client.transport import open_session

    url = read_url(text)
    if sender.sign is not None:
        check_signable(url)
    answers: list[Answer | None] = [None] * len(bodies)
    waiting = iter(enumerate(bodies))
    done = 0

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal done
        for place, body in waiting:
            content = _encode(body, place + 1)
            answers[place] = await _ask_one(session, url, content, sender)
            done += 1
            progress(done)

    try:
        async with open_session() as session, asyncio.TaskGroup() as group:
            for _ in range(min(CONCURRENCY, len(bodies))):
                group.create_task(work(session))
    except* (aiohttp.ClientError, OSError, ValueError, PonerError) as errors:
        raise _failure(url, errors.exceptions[0], sender.timeout_s) from None
    return [answer for answer in answers if answer is not None]


def _encode(body: Body, number: int) -> bytes:
    """A row as JSON.

    Raises:
        InputError: it holds what JSON does not have, or is nested too deeply.
    """
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"Row {number} cannot be sent as JSON: it holds more than numbers, texts and gaps.",
            "Give numbers and texts, and None for what is missing.",
        ) from error


def _failure(url: URL, error: Exception, timeout_s: float) -> PonerError:
    """The error for a request without an answer."""
    import aiohttp

    if isinstance(error, PonerError):  # of what signs, and of what is refused
        return error
    if isinstance(error, TimeoutError):
        return PredictionError(
            f"{url} gave no whole answer within {timeout_s:g} s.",
            "Check that the function is running, and see its log.",
        )
    if isinstance(
        error, aiohttp.ClientResponseError
    ):  # its status is aiohttp's, not the endpoint's
        reason = " ".join(error.message.split())[:200]
        return PredictionError(
            f"{url} did not answer with HTTP: {reason}.", "Check what serves that URL."
        )
    return PredictionError(
        f"{url} cannot be asked: {error}.", "Check the URL and that the function is running."
    )


async def _ask_one(
    session: aiohttp.ClientSession, url: URL, content: bytes, sender: _Sender
) -> Answer:
    """One request, tried again where the endpoint was only busy or starting."""
    from poner.client.transport import post

    posting = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(sender.attempts),
        wait=tenacity.wait_exponential(0.2, exp_base=4),
        retry=tenacity.retry_if_result(lambda answer: answer[0] in _RETRIED),
        retry_error_callback=_outcome,
    )
    return read_answer(*await posting(post, session, url, content, sender.sign, sender.timeout_s))


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
