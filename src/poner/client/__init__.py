"""client: sends rows to a Function URL, on this machine or on AWS, and gives predictions.

The room `table` makes rows the bodies of requests, `addresses.py` says which URLs may be asked,
`transport.py` sends one request within limits, `answers.py` reads the response, `categories.py`
names the categories that a refused row may have. The client must not send rows or credentials to
any host but that of the URL.
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
from poner.client.categories import describe_categories
from poner.errors import EndpointRefusedError, InputError, PonerError, PredictionError
from poner.signature import PredictionValue, Signature
from poner.table import read_records

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
    "describe_categories",
    "predict",
    "read_answer",
]

Body = Mapping[str, Any]
"""One request: values by wire name."""

CONCURRENCY = 4
"""Most requests at a time; a new AWS account runs at most ten environments."""

ATTEMPTS = 4
"""Attempts for one request; repeating is safe, since a prediction changes nothing."""

_RETRIED = {429, 502, 503, 504}
_NOT_READY = {403, 404, 429}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0

TIMEOUT_S = 60.0
"""Most seconds from the first byte of a request to the last byte of its answer."""

Sign = Callable[[str, bytes], Mapping[str, str]]
"""Gives the headers of a signed request, from the URL and the bytes of the body."""


class FunctionUrl(str):
    """A URL with the signature of the function behind it."""

    __slots__ = ("signature",)

    signature: Signature
    """The function's features and classes."""

    @classmethod
    def of(cls, url: str, signature: Signature) -> FunctionUrl:
        """Make one from a URL and a signature."""
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
    """Send requests, a few at a time, and return the answers in the same order.

    Args:
        url: the Function URL.
        bodies: the requests.
        progress: called with the number of requests answered so far.
        sign: called before each request; its PonerErrors pass through.
        timeout_s: most seconds for one request.

    Raises:
        InputError: a row holds a value that JSON lacks.
        EndpointRefusedError: the endpoint redirects elsewhere or sends more than a function can,
            or the URL is not safe for signed requests.
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
    """Ask a Function URL that may be new, and wait until it is ready.

    At first a new URL cannot be reached, or answers 403 or 404, until AWS knows its name and its
    permissions everywhere. These answers, 429 and 5xx are tried again after growing pauses.

    Args:
        url: the Function URL.
        body: the request.
        sign: as for `ask`.
        patience_s: seconds until the last request is sent, which may itself take a minute.
        sleep: waits for some seconds.
        clock: a monotonic clock, in seconds.

    Returns:
        The first other answer; without one, the last answer.

    Raises:
        EndpointRefusedError: as for `ask`, at once.
        PredictionError: no answer came in time.
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
    """Whether trying again later may help."""
    return isinstance(error, PredictionError) and not isinstance(error, EndpointRefusedError)


def _is_unready(answer: Answer) -> bool:
    return answer.status >= 500 or answer.status in _NOT_READY


def _outcome(state: tenacity.RetryCallState) -> Any:
    """Return the result of the last attempt, or raise its error."""
    assert state.outcome is not None, "an attempt was made"
    return state.outcome.result()


def _run(asking: Callable[[], Coroutine[Any, Any, list[Answer]]]) -> list[Answer]:
    """Run the requests in a new thread, since a notebook has an event loop in this one.

    An interruption cancels the requests without waiting for their answers.
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
    """Signs them; None for unsigned requests."""
    attempts: int
    """Most attempts for each while the endpoint is busy."""
    timeout_s: float
    """Most seconds for each."""


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
        InputError: the row holds a value that JSON lacks, or is nested too deeply.
    """
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"Row {number} cannot be sent as JSON: it holds more than numbers, texts and None.",
            "Give numbers and texts, and None for a missing value.",
        ) from error


def _failure(url: URL, error: Exception, timeout_s: float) -> PonerError:
    """The error for a request without an answer."""
    import aiohttp

    if isinstance(error, PonerError):  # from `sign`, or a refused endpoint
        return error
    if isinstance(error, TimeoutError):
        return PredictionError(
            f"{url} gave no complete answer within {timeout_s:g} s.",
            "Check that the function runs, and see its log.",
        )
    if isinstance(error, aiohttp.ClientResponseError):  # the status in it is aiohttp's own
        reason = " ".join(error.message.split())[:200]
        return PredictionError(
            f"{url} did not answer with HTTP: {reason}.", "Check which server has that URL."
        )
    return PredictionError(
        f"{url} cannot be reached: {error}.", "Check the URL, and that the function runs."
    )


async def _ask_one(
    session: aiohttp.ClientSession, url: URL, content: bytes, sender: _Sender
) -> Answer:
    """Send one request, and try again while the endpoint is busy or starting."""
    from poner.client.transport import post

    posting = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(sender.attempts),
        wait=tenacity.wait_exponential(0.2, exp_base=4),
        retry=tenacity.retry_if_result(lambda answer: answer[0] in _RETRIED),
        retry_error_callback=_outcome,
    )
    return read_answer(*await posting(post, session, url, content, sender.sign, sender.timeout_s))


def predict(url: str, rows: Any, signature: Signature | None = None) -> list[PredictionValue]:
    """Ask a Function URL for the prediction of each row.

    Args:
        url: the Function URL. One of `poner.local` knows its signature.
        rows: a DataFrame of pandas or polars; dicts by wire name or training column; lists or an
            array (n_rows, n_features) in the signature's order, also masked or sparse; or an
            iterator of rows. True and False are 1 and 0; None, NaN and masks are missing values.
        signature: the features, for lists and arrays sent to a URL that is a plain string.

    Returns:
        One class or value for each row; of a model with several outputs, a list for each row.

    Raises:
        InputError: the rows cannot be sent.
        PredictionError: the endpoint cannot be reached, or refused a row; names the row.

    Example:
        >>> poner.predict(url, [{"age": 61, "sex": "f"}, {"age": None, "sex": "m"}])
        [1, 0]
    """
    known = signature or getattr(url, "signature", None)
    bodies = read_records(rows, known)
    answers = ask(url, bodies)
    predictions: list[PredictionValue] = []
    for number, (body, answer) in enumerate(zip(bodies, answers, strict=True), start=1):
        if answer.prediction is None:
            told = describe_categories([body], [answer], known)
            raise PredictionError(
                f"Row {number} has no prediction; the answer was {answer.status}: {answer.reason}.",
                " ".join(["Correct the row, or see the function's log.", *told]),
            )
        predictions.append(answer.prediction)
    return predictions
