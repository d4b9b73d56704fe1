"""An answer follows the contract, or the error shows what came instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from poner.client import Answer, read_answer


def answer(prediction: str, reason: str = '"OK"', status: int = 200) -> Answer:
    """An answer whose prediction and reason are these pieces of JSON."""
    return read_answer(status, f'{{"reason": {reason}, "prediction": {prediction}}}'.encode())


@pytest.mark.parametrize("value", [1, 0, True, False, 1.5, "yes", "", [1.5, "a", True], 10**40])
def test_classes_numbers_and_lists_of_them_are_predictions(value: Any) -> None:
    """Classes, numbers and lists of them come back unchanged."""
    assert answer(json.dumps(value)).prediction == value


@pytest.mark.parametrize(
    "prediction",
    ["null", "{}", '{"a": 1}', "[]", "[[1]]", "[null]", "[{}]", "NaN", "-Infinity", "1e999"],
)
def test_anything_else_is_none(prediction: str) -> None:
    """A 200 without a prediction is an error that shows the answer."""
    found = answer(prediction)
    assert found.prediction is None
    assert found.reason.startswith("no answer of the function: ")
    assert prediction in found.reason


@pytest.mark.parametrize("reason", ["null", "1", "[]", '{"a": "b"}'])
def test_a_reason_is_a_text(reason: str) -> None:
    """A reason is a text, with any status."""
    for status in (200, 400):
        found = answer("1", reason, status)
        assert found.prediction is None
        assert found.reason.startswith("no answer of the function: ")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Sign in to the network</html>",
        b"\xff\xfe\x00\xd8",
        b"[" * 100_000,
        b'{"reason": "OK", "prediction": ' + b"[" * 100_000,
        b'{"reason": "OK", "prediction": ' + b'{"a":' * 100_000,
        b'{"reason": "OK", "prediction": ' + b"9" * 1_000_000 + b"}",
        b'["reason", "prediction"]',
        b'"reason"',
        b"null",
        b"{}",
    ],
    ids=lambda content: repr(content[:40]),
)
def test_what_is_no_answer_is_shown(content: bytes) -> None:
    """An invalid answer is shown up to 200 characters."""
    found = read_answer(200, content)
    assert found.prediction is None
    assert found.reason.startswith("no answer of the function: ")
    assert len(found.reason) < 240
