"""The client: the requests it sends, the answers it reads, and when it retries."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections.abc import Mapping

import numpy as np
import pandas
import pytest
from aiohttp import web

from poner import client
from poner.errors import DeployError, InputError, PredictionError
from poner.signature import Feature, Signature
from poner.table import read_records
from tests.support.serving import Handle, answering, serving

SIGNATURE = Signature(
    features=(Feature("meanArea", "mean area"), Feature("age", "age")), classes=(0, 1)
)


def test_answers_keep_the_order_of_the_rows() -> None:
    """Requests overlap, but answers keep the order of their rows."""

    async def handle(request: web.Request) -> web.Response:
        value = (await request.json())["age"]
        await asyncio.sleep(0.05 if value % 2 else 0)
        return answering(200, value)

    done: list[int] = []
    with serving(handle) as url:
        bodies = [{"meanArea": 0, "age": number} for number in range(20)]
        answers = client.ask(url, bodies, progress=done.append)
    assert [answer.prediction for answer in answers] == list(range(20))
    assert done == list(range(1, 21))


def test_what_the_model_ignores_is_not_sent() -> None:
    """A date in a DataFrame's records, for instance, which JSON could not hold."""
    day = Feature("day", "the day", missing=True, ignored=True)
    signature = Signature((day, *SIGNATURE.features), classes=(0, 1))
    row = {"the day": object(), "meanArea": 1.0, "age": 2.0}

    async def handle(request: web.Request) -> web.Response:
        sent = await request.json()
        return answering(200, int(sent.get("day") is None and sent["age"] == 2.0))

    with serving(handle) as url:
        assert client.predict(url, [row], signature) == [1]
        assert client.predict(url, pandas.DataFrame([row]), signature) == [1]


def test_a_busy_endpoint_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """429 and AWS's own 5xx are retried, and the later answer counts."""
    statuses = iter([429, 502])

    async def handle(request: web.Request) -> web.Response:
        status = next(statuses, 200)
        return answering(200) if status == 200 else web.Response(status=status, text="busy")

    with serving(handle) as url:
        assert client.predict(url, {"a": 1}) == [1]


def test_a_500_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 of the function is an answer, and is not retried."""
    asked: list[int] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(1)
        return answering(500, "", "internal error")

    with serving(handle) as url:
        (answer,) = client.ask(url, [{}])
    assert (answer.status, answer.reason, answer.prediction) == (500, "internal error", None)
    assert len(asked) == 1


def test_what_is_no_answer_of_a_function_is_shown() -> None:
    """Another service's page is a refusal, not a crash."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=403, text='{"Message":"Forbidden"}')

    with serving(handle) as url, pytest.raises(PredictionError, match=r"403.*Forbidden"):
        client.predict(url, {})


def test_an_endpoint_that_is_not_there_is_said() -> None:
    """No server at the URL is an error with the URL in it."""
    with pytest.raises(PredictionError, match=r"127\.0\.0\.1:1"):
        client.predict("http://127.0.0.1:1/", {"a": 1})


def test_predict_works_inside_a_running_loop() -> None:
    """A notebook runs an event loop already."""

    async def handle(request: web.Request) -> web.Response:
        return answering(200)

    async def notebook(url: str) -> list[object]:
        return list(client.predict(url, {"a": 1}))

    with serving(handle) as url:
        assert asyncio.run(notebook(url)) == [1]


def test_bodies_carry_wire_names_and_null() -> None:
    """Training columns become wire names, NaN becomes null, numpy's numbers Python's."""
    frame = pandas.DataFrame({"age": [1, 2], "mean area": [0.5, np.nan]})
    wanted = [{"meanArea": 0.5, "age": 1.0}, {"meanArea": None, "age": 2.0}]
    assert read_records(frame, SIGNATURE) == wanted
    assert read_records(frame.to_numpy()[:, ::-1], SIGNATURE) == wanted
    assert json.loads(json.dumps(read_records(frame, None)))[1] == {
        "age": 2,
        "mean area": None,
    }


MIXED = Signature(
    features=(Feature("age", "age"), Feature("color", "the color", kind="category")), classes=None
)


@pytest.mark.parametrize(
    "rows",
    [
        [[1, "red"], [None, None]],
        [(np.float32(1), np.str_("red")), (float("nan"), float("nan"))],
        np.array([[1.0, "red"], [np.nan, None]], dtype=object),
        pandas.DataFrame({"the color": ["red", None], "age": [1, np.nan]}),
        pandas.DataFrame(
            {"the color": ["red", None], "age": pandas.array([1, None], dtype="Int64")}
        ).astype({"the color": "category"}),
        [{"age": np.int64(1), "color": "red"}, {"age": pandas.NA, "the color": pandas.NaT}],
    ],
    ids=["lists", "tuples", "array", "frame", "nullable", "dicts"],
)
def test_texts_and_gaps_go_out_as_json_has_them(rows: object) -> None:
    """Texts stay texts; None, NaN and pandas' NA are null."""
    wanted = [{"age": 1.0, "color": "red"}, {"age": None, "color": None}]
    assert json.loads(json.dumps(read_records(rows, MIXED))) == wanted


def test_a_frame_needs_no_signature() -> None:
    """A DataFrame needs no signature: its columns are the names, and missing values are null."""
    frame = pandas.DataFrame({"age": pandas.array([1, None], dtype="Int64"), "color": ["a", None]})
    wanted = [{"age": 1, "color": "a"}, {"age": None, "color": None}]
    assert json.loads(json.dumps(read_records(frame, None))) == wanted


def test_what_is_no_text_is_named() -> None:
    """A value that is not a text is refused by feature before anything is sent."""
    with pytest.raises(InputError, match="Row 2 has no text for 'color'"):
        read_records([[1, "red"], [1, 2]], MIXED)
    with pytest.raises(InputError, match="Row 1 has no number for 'age'"):
        read_records([["red", "red"]], MIXED)


def test_several_outputs_come_back_as_lists() -> None:
    """A prediction may be a list."""

    async def handle(request: web.Request) -> web.Response:
        return answering(200, [1.5, "a"])

    with serving(handle) as url:
        assert client.predict(url, {"a": 1}) == [[1.5, "a"]]


def test_a_dict_that_does_not_fit_goes_out() -> None:
    """The function says what is wrong with a row; its words are the same for every client."""
    rows = [{"mean area": "x", "other": None}]
    assert read_records(rows, SIGNATURE) == [{"meanArea": "x", "other": None}]


def test_a_text_of_a_number_goes_out_as_the_number() -> None:
    """As pandas and polars write decimals in JSON; other texts stay texts."""
    rows = [{"age": "1.50", "meanArea": "01"}, {"age": "1_0", "meanArea": "nan"}]
    assert read_records(rows, SIGNATURE) == [
        {"age": 1.5, "meanArea": 1.0},
        {"age": "1_0", "meanArea": "nan"},
    ]
    assert read_records(rows, MIXED)[0] == {"age": 1.5, "meanArea": "01"}
    assert read_records(rows, None) == rows


def test_what_json_does_not_have_is_named() -> None:
    """Values that JSON lacks, or endlessly nested rows, are refused before anything is sent."""
    endless: list[object] = []
    endless.append(endless)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (object(), endless, deep, {1, 2}):
        with pytest.raises(InputError, match="Row 1 cannot be sent as JSON"):
            client.ask("http://127.0.0.1:1/", [{"a": value}])


def test_rows_without_names_need_a_signature() -> None:
    """Rows without names need a signature, since a URL does not tell the order of features."""
    with pytest.raises(InputError, match="signature"):
        read_records([[1, 2]], None)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        """Seconds."""
        return self.now_s

    def sleep(self, pause_s: float) -> None:
        """Advance the clock."""
        self.pauses.append(pause_s)
        self.now_s += pause_s


def saying(*statuses: int) -> Handle:
    """Answers with these statuses in turn, and with the last from then on."""
    left = list(statuses)

    async def handle(request: web.Request) -> web.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        if status == 200:
            return answering(200, (await request.json())["age"])
        return web.Response(status=status, text='{"Message":null}')

    return handle


@pytest.mark.parametrize("statuses", [(403, 403), (404, 429), (500, 502), (503, 504)], ids=str)
def test_a_url_that_is_not_ready_is_asked_again(statuses: tuple[int, ...]) -> None:
    """A new URL is asked again with growing pauses, while permissions spread."""
    time = Time()
    with serving(saying(*statuses, 200)) as url:
        answer = client.ask_until_ready(url, {"age": 7}, sleep=time.sleep, clock=time.clock)
    assert answer == client.Answer(200, "OK", 7)
    assert time.pauses == [0.5, 1.0]


def test_a_refusal_is_an_answer_at_once() -> None:
    """The function's refusal of a row is an answer, and is not retried."""

    async def handle(request: web.Request) -> web.Response:
        return answering(400, "", "'age' must be a number, not a string")

    time = Time()
    with serving(handle) as url:
        answer = client.ask_until_ready(url, {}, sleep=time.sleep, clock=time.clock)
    assert (answer.status, answer.prediction, time.pauses) == (400, None, [])


def test_patience_ends_with_the_last_answer() -> None:
    """The last request is made when patience ends, even if the next pause would be longer."""
    time = Time()
    with serving(saying(403, 404, 503, 503, 403)) as url:
        answer = client.ask_until_ready(url, {}, patience_s=5.0, sleep=time.sleep, clock=time.clock)
    assert (answer.status, answer.prediction) == (403, None)
    assert time.pauses == [0.5, 1.0, 2.0, 1.5]


def test_an_answer_counts_more_than_a_lost_connection() -> None:
    """If the connection is lost when patience ends, the previous answer is returned."""
    left = [True]

    async def handle(request: web.Request) -> web.Response:
        if left:
            left.clear()
            return web.Response(status=403, text="{}")
        assert request.transport is not None
        request.transport.close()
        return answering(200)

    time = Time()
    with serving(handle) as url:
        answer = client.ask_until_ready(url, {}, patience_s=1.0, sleep=time.sleep, clock=time.clock)
    assert answer.status == 403
    assert time.pauses == [0.5, 0.5]


def test_a_name_that_does_not_resolve_yet_is_asked_again() -> None:
    """A name that does not resolve is retried until patience ends, then an error names the URL."""
    time = Time()
    with pytest.raises(PredictionError, match=r"127\.0\.0\.1:1"):
        client.ask_until_ready(
            "http://127.0.0.1:1/", {}, patience_s=60.0, sleep=time.sleep, clock=time.clock
        )
    assert sum(time.pauses) == 60.0
    assert time.pauses[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_waiting_works_inside_a_running_loop() -> None:
    """A notebook runs an event loop already."""

    async def notebook(url: str) -> client.Answer:
        return client.ask_until_ready(url, {"age": 1})

    with serving(saying(200)) as url:
        assert asyncio.run(notebook(url)).prediction == 1


def test_every_request_is_signed() -> None:
    """Each request is signed for its own bytes, and anew for each retry, since time is signed."""
    times = iter(range(100))
    seen: list[str] = []

    def sign(url: str, content: bytes) -> Mapping[str, str]:
        return {"Authorization": f"{next(times)} {url} {json.loads(content)['age']}"}

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        assert request.headers["Content-Type"] == "application/json"
        return answering(200) if len(seen) > 1 else web.Response(status=503)

    with serving(handle) as url:
        client.ask(url, [{"age": 7}], sign=sign)
        client.ask_until_ready(url, {"age": 8}, sign=sign)
    assert seen == [f"0 {url} 7", f"1 {url} 7", f"2 {url} 8"]


def test_what_cannot_be_signed_is_said_as_it_is() -> None:
    """Expired credentials are an error at once: waiting does not renew them."""

    def sign(url: str, content: bytes) -> Mapping[str, str]:
        raise DeployError("The credentials have expired.", "Log in again.")

    with serving(saying(200)) as url:
        for ask in (
            lambda: client.ask(url, [{}], sign=sign),
            lambda: client.ask_until_ready(url, {}, sign=sign),
        ):
            with pytest.raises(DeployError, match="expired"):
                ask()


def test_an_interruption_ends_what_is_under_way() -> None:
    """Ctrl-C ends the wait for a slow function."""

    async def handle(request: web.Request) -> web.Response:
        interrupt.set()
        await asyncio.sleep(60)
        return answering(200)

    def press() -> None:
        interrupt.wait()
        signal.pthread_kill(main, signal.SIGINT)

    interrupt, main = threading.Event(), threading.get_ident()
    with serving(handle) as url:
        begun_s = time.monotonic()
        threading.Thread(target=press).start()
        with pytest.raises(KeyboardInterrupt):
            client.ask(url, [{}])
        assert time.monotonic() - begun_s < 10


def test_a_refused_category_is_told_with_those_that_the_model_knows() -> None:
    """The endpoint's sentence stays; the client adds what the signature lists."""
    city = Feature("city", "city", "category", categories=("Berlin", "Paris"))
    size = Feature("size", "size", "category", categories=("L", "S"))

    async def handle(request: web.Request) -> web.Response:
        body = {"reason": "'city' is a category the model does not know", "prediction": ""}
        return web.json_response({**body, "status": "400"}, status=400)

    with serving(handle) as url, pytest.raises(PredictionError) as caught:
        client.predict(url, [["Rome", "S"]], Signature((city, size), classes=(0, 1)))
    assert "The categories that the model knows for 'city': 'Berlin', 'Paris'." in caught.value.hint
    assert "'size'" not in str(caught.value)
    assert "Rome" not in str(caught.value)
