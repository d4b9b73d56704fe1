"""The handler beyond tests/contract: its own faults, and random bodies."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_regression
from sklearn.ensemble import HistGradientBoostingRegressor

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


def make_handler(folder: Path, compiled: CompiledModel) -> Any:
    """A handler for a compiled model, with its files in a folder."""
    compiled.save(folder / "model.poner")
    return create_handler(open_beside(str(folder / "lambda_function.py")))


@pytest.fixture(scope="module")
def handler(article_compiled: CompiledModel, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The handler of the article's model."""
    return make_handler(tmp_path_factory.mktemp("task"), article_compiled)


@pytest.fixture(scope="module")
def endpoint(article_compiled: CompiledModel) -> Endpoint:
    """The article's model behind the contract."""
    return Endpoint(Model(article_compiled.content))


def ask(handler: Any, body: Any, **event: Any) -> tuple[int, str]:
    """Status and body of the answer to a body."""
    if not isinstance(body, str | None):
        body = json.dumps(body)
    answer = handler({"body": body, "isBase64Encoded": False, **event}, None)
    return answer["statusCode"], answer["body"]


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

    broken = create_handler(Broken(article_compiled.content))
    answer = broken({"body": json.dumps(GOOD)}, Context())
    assert answer["statusCode"] == 500
    assert answer["body"] == '{"reason":"internal error","prediction":"","status":"500"}'
    logged = capsys.readouterr().out
    assert "the-request-id" in logged
    assert "RuntimeError" in logged
    assert "0.07951" not in logged + answer["body"]


def test_a_regressor_answers_with_a_float(tmp_path: Path) -> None:
    """A regressor's prediction is the float itself, to the last digit."""
    X, y = make_regression(100, 2, random_state=0)
    model = HistGradientBoostingRegressor(max_iter=5).fit(X, y)
    with loader.open_estimator(model, X=X) as trained:
        handler = make_handler(tmp_path, pipeline.compile_trained(trained))
    status, text = ask(handler, {"x0": X[0, 0], "x1": X[0, 1]})
    assert status == 200
    assert json.loads(text)["prediction"] == model.predict(X[:1])[0]


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
    """The kernel and json read the same values from every body that the kernel accepts."""
    event = {"body": body, "isBase64Encoded": False}
    plain = endpoint._predict_plainly(event)
    if plain is not None:
        assert plain == endpoint._model.predict_row(
            endpoint._read_values(endpoint._read_body(event))
        )


def test_a_plain_request_is_read_by_the_kernel(endpoint: Any) -> None:
    """The kernel reads a plain request in any order and with any white space."""
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
