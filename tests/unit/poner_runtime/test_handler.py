"""The HTTP contract, against the handler itself."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_regression
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeClassifier

from poner import loader, pipeline
from poner.compiled_model import CompiledModel
from poner_runtime.handler import Endpoint, create_handler
from poner_runtime.model import Model, open_beside

GOOD = {
    "meanConcavePoints": 0.07951,
    "worstRadius": 24.86,
    "worstTexture": 26.58,
    "worstArea": 1866.0,
    "worstConcavePoints": 0.01,
}
ALL_NAMES = "meanConcavePoints, worstRadius, worstTexture, worstArea, worstConcavePoints"


def make_handler(folder: Path, compiled: CompiledModel, limit: int = 65_536) -> Any:
    """A handler for a compiled model, with its files in a folder."""
    compiled.save(folder / "model.poner")
    return create_handler(open_beside(str(folder / "lambda_function.py")), limit)


@pytest.fixture(scope="module")
def handler(article_compiled: CompiledModel, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The handler of the article's model."""
    return make_handler(tmp_path_factory.mktemp("task"), article_compiled)


@pytest.fixture(scope="module")
def endpoint(article_compiled: CompiledModel) -> Endpoint:
    """The article's model behind the contract."""
    return Endpoint(Model(article_compiled.content), 65_536)


def ask(handler: Any, body: Any, **event: Any) -> tuple[int, str]:
    """Status and body of the answer to a body."""
    if not isinstance(body, str | None):
        body = json.dumps(body)
    answer = handler({"body": body, "isBase64Encoded": False, **event}, None)
    return answer["statusCode"], answer["body"]


def reason(handler: Any, body: Any, **event: Any) -> tuple[int, str]:
    """Status and reason of an answer without a prediction, in the contract's form."""
    status, text = ask(handler, body, **event)
    values = json.loads(text)
    assert list(values) == ["reason", "prediction", "status"]
    assert values["prediction"] == ""
    assert values["status"] == str(status)
    return status, values["reason"]


def test_a_prediction_is_the_articles_answer(handler: Any) -> None:
    """A good request is answered in compact JSON with the keys in the frozen order."""
    assert ask(handler, GOOD) == (200, '{"reason":"OK","prediction":1,"status":"200"}')


def test_features_may_come_in_any_order(handler: Any) -> None:
    """The order of the keys does not matter."""
    assert ask(handler, dict(reversed(GOOD.items())))[0] == 200


def test_missing_features_get_the_articles_sentence(handler: Any) -> None:
    """A feature left out is answered with the frozen sentence."""
    status, text = ask(handler, {"meanConcavePoints": 0.07951})
    assert (status, text) == (
        400,
        f'{{"reason":"\'body\' must contain values for: {ALL_NAMES}",'
        '"prediction":"","status":"400"}',
    )


@pytest.mark.parametrize("body", ["", "nope", "{", '{"a":}', "\ufeff{}", None], ids=repr)
def test_what_is_not_json_is_said(handler: Any, body: Any) -> None:
    """A body that is not JSON is a 400 of its own."""
    assert reason(handler, body) == (400, "'body' must be JSON")


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null", "true", "NaN"])
def test_what_is_not_an_object_is_said(handler: Any, body: str) -> None:
    """JSON that is no object is a 400 of its own."""
    assert reason(handler, body) == (400, "'body' must be a JSON object")


def test_a_key_twice_is_named(handler: Any) -> None:
    """A key that comes twice is refused, not taken from the last."""
    body = json.dumps(GOOD)[:-1] + ',"worstArea":1.0}'
    assert reason(handler, body) == (400, "'body' contains 'worstArea' twice")


def test_an_unknown_key_is_named(handler: Any) -> None:
    """A key the model does not know is refused and named."""
    status, text = reason(handler, {**GOOD, "age": 61})
    assert (status, text) == (400, "'body' contains 'age', which the model does not know")


def test_a_long_unknown_key_is_cut(handler: Any) -> None:
    """A key is repeated to 64 characters, and lone surrogates are replaced."""
    _, text = reason(handler, {**GOOD, "k" * 1000: 1})
    assert "'" + "k" * 64 + "...'" in text
    assert "'?'" in reason(handler, {**GOOD, "\ud800": 1})[1]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("12.5", "a string"),
        (True, "a boolean"),
        (None, "null"),
        ([1.0], "an array"),
        ({"a": 1}, "an object"),
        (math.nan, "NaN or Infinity"),
        (math.inf, "NaN or Infinity"),
        (-math.inf, "NaN or Infinity"),
    ],
    ids=str,
)
def test_what_is_no_number_is_named(handler: Any, value: Any, what: str) -> None:
    """Anything but a number is refused by the field's name, without its value."""
    body = {**GOOD, "worstTexture": value}
    assert reason(handler, body) == (400, f"'worstTexture' must be a number, not {what}")


@pytest.mark.parametrize(
    "number", ["1e39", "-1e39", "1e999", "9" * 400, "-" + "9" * 5000, "3.4028235677973366e38"]
)
def test_numbers_beyond_float32_are_named(handler: Any, number: str) -> None:
    """What the trees' cast to float32 would make infinite is refused, as by scikit-learn."""
    body = json.dumps(GOOD).replace("26.58", number)
    assert reason(handler, body) == (
        400,
        "'worstTexture' is beyond what the model takes (float32)",
    )


def test_the_largest_float32_is_answered(handler: Any) -> None:
    """The largest double that rounds to a finite float32 is within the contract."""
    assert ask(handler, {**GOOD, "worstArea": 3.4028235677973362e38})[0] == 200


def test_integers_are_numbers(handler: Any) -> None:
    """Whole numbers without a point are taken."""
    assert ask(handler, {**GOOD, "worstArea": 1866})[0] == 200


def test_a_body_over_the_limit_is_413(article_compiled: CompiledModel, tmp_path: Path) -> None:
    """The limit counts bytes, not characters, also behind base64."""
    handler = make_handler(tmp_path, article_compiled, limit=200)
    good = json.dumps(GOOD)
    sentence = "'body' must be at most 200 bytes"
    assert ask(handler, good.ljust(200))[0] == 200
    assert reason(handler, good.ljust(201)) == (413, sentence)
    assert reason(handler, '"' + "é" * 100 + '"') == (413, sentence)
    for size, status in ((200, 200), (201, 413), (5000, 413)):
        body = base64.b64encode(good.ljust(size).encode()).decode()
        assert ask(handler, body, isBase64Encoded=True)[0] == status


def test_base64_bodies_work_the_same(handler: Any) -> None:
    """A request without a JSON content type arrives base64-encoded and is answered."""
    body = base64.b64encode(json.dumps(GOOD).encode()).decode()
    assert ask(handler, body, isBase64Encoded=True)[0] == 200
    assert reason(handler, "*not base64 é*", isBase64Encoded=True)[0] == 400
    not_text = base64.b64encode(b"\xff\xfe{}").decode()
    assert reason(handler, not_text, isBase64Encoded=True) == (400, "'body' must be JSON")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_405_with_allow(handler: Any, method: str) -> None:
    """Only POST is served, and the answer says so."""
    answer = handler({"requestContext": {"http": {"method": method}}}, None)
    assert answer["statusCode"] == 405
    assert answer["headers"]["allow"] == "POST"
    assert json.loads(answer["body"])["status"] == "405"


def test_deep_nesting_is_refused(handler: Any) -> None:
    """Nesting that would exhaust the stack is a 400."""
    assert reason(handler, "[" * 60_000)[0] == 400
    assert reason(handler, '{"a":' * 10_000 + "1" + "}" * 10_000)[0] == 400


def test_a_fault_of_ours_says_nothing(
    article_compiled: CompiledModel, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault is a 500; the log has the request id and the place, and no value."""

    class Broken(Model):
        """A model whose kernel fails with a value in its text."""

        def predict_row(self, values: tuple[float, ...]) -> float:
            raise RuntimeError(f"bad {values}")

    class Context:
        """Lambda's context."""

        aws_request_id = "the-request-id"

    broken = create_handler(Broken(article_compiled.content), 65_536)
    answer = broken({"body": json.dumps(GOOD)}, Context())
    assert answer["statusCode"] == 500
    assert answer["body"] == '{"reason":"internal error","prediction":"","status":"500"}'
    logged = capsys.readouterr().out
    assert "the-request-id" in logged
    assert "RuntimeError" in logged
    assert "0.07951" not in logged + answer["body"]


def test_a_consoles_test_event_is_answered(handler: Any) -> None:
    """A body that is an object already, as typed into AWS's console, works."""
    assert handler({"body": GOOD}, None)["statusCode"] == 200


def test_a_regressor_answers_with_a_float(tmp_path: Path) -> None:
    """A regressor's prediction is the float itself, to the last digit."""
    X, y = make_regression(100, 2, random_state=0)
    model = HistGradientBoostingRegressor(max_iter=5).fit(X, y)
    with loader.open_estimator(model, X=X) as trained:
        handler = make_handler(tmp_path, pipeline.compile_trained(trained))
    status, text = ask(handler, {"x0": X[0, 0], "x1": X[0, 1]})
    assert status == 200
    assert json.loads(text)["prediction"] == model.predict(X[:1])[0]
    assert reason(handler, '{"x0":1e999,"x1":0}')[1].endswith("(float64)")


def test_null_is_missing_where_the_model_answers_for_it(tmp_path: Path) -> None:
    """JSON null is NaN where the model itself answers for NaN, and refused elsewhere."""
    X = np.array([[0.0, 1.0], [np.nan, 2.0], [3.0, 4.0], [5.0, 6.0]] * 5)
    y = [0, 1, 0, 1] * 5
    model = DecisionTreeClassifier(random_state=0).fit(X, y)
    with loader.open_estimator(model, X=X, feature_names=["a", "b"]) as trained:
        handler = make_handler(tmp_path, pipeline.compile_trained(trained))
    assert json.loads(ask(handler, {"a": None, "b": 2})[1])["prediction"] == 1
    expected = model.predict([[0.0, np.nan]])[0]
    assert json.loads(ask(handler, {"a": 0, "b": None})[1])["prediction"] == expected
    with loader.open_estimator(GradientBoostingClassifier().fit(X[2:4], y[2:4]), X=X) as trained:
        handler = make_handler(tmp_path, pipeline.compile_trained(trained))
    assert reason(handler, {"x0": 0, "x1": None}) == (400, "'x1' must be a number, not null")


BODIES = st.one_of(
    st.text(),
    st.binary().map(lambda content: content.decode("latin-1")),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(json.dumps),
    st.dictionaries(
        st.sampled_from([*GOOD, "other"]),
        st.floats() | st.integers() | st.none() | st.text() | st.booleans(),
        max_size=6,
    ).map(json.dumps),
    st.fixed_dictionaries({name: st.floats() | st.integers() for name in GOOD}).map(json.dumps),
)


@given(body=BODIES)
@example(body=json.dumps(GOOD))
@example(body=json.dumps(GOOD, indent=2))
@example(body=json.dumps(GOOD).replace("0.07951", "-0.0"))
@example(body=json.dumps(GOOD).replace("0.07951", "1e-400"))
@example(body=json.dumps(GOOD).replace("0.07951", "0x1"))
@example(body=json.dumps(GOOD).replace("0.07951", "+1"))
@example(body=json.dumps(GOOD).replace("0.07951", "01"))
@example(body=json.dumps(GOOD).replace("0.07951", ".5"))
@example(body=json.dumps(GOOD).replace("0.07951", "5."))
@example(body=json.dumps(GOOD).replace("0.07951", "3.4028235677973366e38"))
@example(body=json.dumps(GOOD).replace("worstArea", "worst\\u0041rea"))
@example(body=json.dumps(GOOD) + "\0")
@example(body=json.dumps(GOOD) + ",")
@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_kernels_own_reading_agrees_with_the_careful_one(endpoint: Any, body: str) -> None:
    """What the kernel reads by itself, json reads the same; what it leaves may be anything."""
    event = {"body": body, "isBase64Encoded": False}
    plain = endpoint._predict_plainly(event)
    if plain is not None:
        assert plain == endpoint._model.predict_row(
            endpoint._read_values(endpoint._read_body(event))
        )


def test_a_plain_request_is_read_by_the_kernel(endpoint: Any) -> None:
    """The quick way is taken for a good request, in any order and with any white space."""
    for body in (json.dumps(GOOD), json.dumps(dict(reversed(GOOD.items())), indent=1)):
        event = {"body": body, "isBase64Encoded": False}
        assert endpoint._predict_plainly(event) is not None


@given(body=BODIES, encoded=st.booleans())
@example(body="[" * 65_536, encoded=False)
@example(body="{" * 6_000_000, encoded=False)
@example(body='"\ud800"', encoded=False)
@example(body='{"worstArea":' + "9" * 60_000 + "}", encoded=False)
@example(body=json.dumps({**GOOD, "worstArea": 10**300}), encoded=True)
@settings(
    max_examples=1500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_body_whatsoever_breaks_the_contract(handler: Any, body: str, encoded: bool) -> None:
    """Any body at all gets 200, 400 or 413, in the contract's form."""
    if encoded:
        body = base64.b64encode(body.encode("utf-8", "surrogatepass")).decode()
    status, text = ask(handler, body, isBase64Encoded=encoded)
    assert status in (200, 400, 413)
    values = json.loads(text)
    assert list(values) == ["reason", "prediction", "status"]
    assert values["status"] == str(status)
    text.encode("ascii")
