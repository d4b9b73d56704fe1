"""The handler beyond tests/contract: odd texts, and both ways to read a body."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from poner_runtime.handler import Endpoint, create_handler
from poner_runtime.model import Model, open_beside
from tests.support.mixing import COLORS, FEATURES, SHAPES, mixed_model

GOOD = {"size": 1.5, "color": "red", "shape": "round", "age": 2.0}


def make_handler(folder: Path, kind: str = "value", **options: Any) -> Any:
    """The handler of a mixed model."""
    mixed_model(kind, **options).save(folder / "model.poner")
    return create_handler(open_beside(str(folder / "lambda_function.py")))


@pytest.fixture(scope="module")
def handler(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The handler of the model that answers with a value."""
    return make_handler(tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    """The same model behind the contract."""
    return Endpoint(Model(mixed_model().content))


def ask(handler: Any, **changes: Any) -> tuple[int, Any, str]:
    """Status, prediction and reason for the good request with some changes."""
    body = json.dumps({**GOOD, **changes})
    answer = handler({"body": body, "isBase64Encoded": False}, None)
    values = json.loads(answer["body"])
    assert list(values) == ["reason", "prediction", "status"]
    assert values["status"] == str(answer["statusCode"])
    return answer["statusCode"], values["prediction"], values["reason"]


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("shape", [*SHAPES, None, "unheard of"])
def test_texts_are_looked_up(handler: Any, color: str, shape: Any, ensure_ascii: bool) -> None:
    """A known text counts as itself, escaped or not; an unknown one and null as the model says."""
    body = json.dumps({**GOOD, "color": color, "shape": shape}, ensure_ascii=ensure_ascii)
    answer = json.loads(handler({"body": body, "isBase64Encoded": False}, None)["body"])
    place = 7.0 if shape is None else SHAPES.index(shape) if shape in SHAPES else 9.0
    assert answer["prediction"] == 1.5 + 10 * COLORS.index(color) + 100 * place + 2.0


def test_null_is_taken_where_the_model_takes_it(handler: Any) -> None:
    """Null is a missing value for `age`, and refused for `size`."""
    assert ask(handler, age=None)[1] == 1.5 + 0.5
    assert ask(handler, size=None) == (400, "", "'size' must be a number, not null")


def test_several_values_are_an_array(tmp_path: Path) -> None:
    """A regressor of several outputs answers with all of them, in order; a good one directly."""
    handler = make_handler(tmp_path, "values")
    assert ask(handler) == (200, [3.5, 1.5], "OK")
    body = json.dumps(GOOD)
    answer = handler({"body": body, "isBase64Encoded": False}, None)["body"]
    assert answer == '{"reason":"OK","prediction":[3.5,1.5],"status":"200"}'
    assert ask(handler, shape="unheard of") == (200, [903.5, 1.5], "OK")


def test_several_classes_are_an_array(tmp_path: Path) -> None:
    """A classifier of several outputs answers with the class of each."""
    handler = make_handler(tmp_path, "classes", classes=(("no", "yes"), (False, True)))
    assert ask(handler)[1] == ["no", False]
    assert ask(handler, color="añil", size=15)[1] == ["yes", False]
    assert ask(handler, size=25)[1] == ["yes", True]


def test_thousands_of_texts_are_searched_by_the_kernel() -> None:
    """The kernel reads requests of a model with thousands of texts."""
    compiled = mixed_model(more_strings=5000)
    endpoint = Endpoint(Model(compiled.content))
    event = {"body": json.dumps(GOOD), "isBase64Encoded": False}
    assert endpoint._predict_plainly(event) == 3.5
    assert json.loads(endpoint.answer(event)["body"])["prediction"] == 3.5


def test_a_plain_request_with_texts_is_read_by_the_kernel(endpoint: Any) -> None:
    """The kernel reads plain requests with known texts and null, in any order."""
    for change in ({}, {"color": "añil"}, {"shape": None, "age": None}, {"shape": ""}):
        body = json.dumps({**GOOD, **change}, ensure_ascii=False)
        assert endpoint._predict_plainly({"body": body, "isBase64Encoded": False}) is not None
    for change in ({"color": "puce"}, {"color": 'say "x"'}, {"size": None}, {"color": None}):
        body = json.dumps({**GOOD, **change}, ensure_ascii=False)
        assert endpoint._predict_plainly({"body": body, "isBase64Encoded": False}) is None


VALUES = st.one_of(
    st.sampled_from([*COLORS, *SHAPES]), st.text(), st.none(), st.floats(), st.booleans()
)


@given(
    values=st.fixed_dictionaries({feature.wire_name: VALUES for feature in FEATURES}),
    cut=st.none() | st.integers(0, 100),
    ensure_ascii=st.booleans(),
)
@example(values={**GOOD, "color": "re\ud800d"}, cut=None, ensure_ascii=True)
@example(values={**GOOD, "color": "red\x00"}, cut=None, ensure_ascii=True)
@example(values={**GOOD, "color": "n"}, cut=None, ensure_ascii=False)
@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_kernels_own_reading_agrees_with_the_careful_one(
    endpoint: Any, values: Any, cut: int | None, ensure_ascii: bool
) -> None:
    """The kernel and json read the same values from every body that the kernel accepts."""
    body = json.dumps(values, ensure_ascii=ensure_ascii)[:cut]
    event = {"body": body, "isBase64Encoded": False}
    plain = endpoint._predict_plainly(event)
    if plain is not None:
        assert plain == endpoint._model.predict_row(
            endpoint._read_values(endpoint._read_body(event))
        )
