"""Reads responses: those of the HTTP contract, and any other as a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from poner.foreign_json import read_json
from poner.signature import PredictionValue

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Answer:
    """The answer for one row."""

    status: int
    """HTTP status."""
    reason: str
    """`OK`, or the reason why there is no prediction."""
    prediction: PredictionValue | None
    """The class or value, or a list of several outputs; None if there is no prediction."""


def read_answer(status: int, content: str | bytes) -> Answer:
    """Read a response of a function, or of AWS in its place.

    Args:
        status: the HTTP status.
        content: the body; bytes are read as JSON, whatever the headers say.
    """
    try:
        values = read_json(content, strict=True)
        reason, prediction = values["reason"], values["prediction"]
    except (ValueError, TypeError, KeyError):
        return Answer(status, _no_answer(content), None)
    if not isinstance(reason, str):
        return Answer(status, _no_answer(content), None)
    if status != 200:
        return Answer(status, reason, None)
    if not _is_prediction(prediction):
        return Answer(status, _no_answer(content), None)
    return Answer(status, reason, prediction)


def _is_prediction(value: Any) -> bool:
    """Whether a value is one class or number, or a list of these."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_scalar, value))
    return _is_scalar(value)


def _is_scalar(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)  # JSON allows 1e999, which Python reads as infinity
    return isinstance(value, str | int)


def _no_answer(content: str | bytes) -> str:
    if isinstance(content, bytes):
        content = content[: 4 * _SHOWN_CHARACTERS].decode("utf-8", "replace")
    return f"no answer of the function: {content[:_SHOWN_CHARACTERS]}"
