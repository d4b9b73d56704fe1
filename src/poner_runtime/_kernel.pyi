from collections.abc import Sequence
from typing import Any, Required, TypedDict

MISSING: int
BEYOND: int
UNKNOWN: int
PREDICT: int
DECISION_FUNCTION: int
PREDICT_PROBA: int
RAW: int

class BadModelError(ValueError): ...

class RefusedError(ValueError):
    args: tuple[int, int, int]

class Served(TypedDict, total=False):
    wire_names: Required[Sequence[str]]
    is_text: Required[Sequence[int]]
    missing: Required[Sequence[int]]
    ignored: Required[Sequence[int]]
    vocabulary: Required[Sequence[str] | None]
    classes: Required[Sequence[Sequence[str]] | None]
    number_type: Required[str]
    body_limit_bytes: Required[int]

def open_model(content: bytes, /) -> Any: ...
def list_outputs(model: Any, /) -> tuple[tuple[int, int], ...]: ...
def describe(model: Any, /) -> Served: ...
def evaluate_row(
    model: Any, output: int, values: tuple[float, ...], /
) -> float | tuple[float, ...]: ...
def predict_body(model: Any, body: bytes, /) -> float | tuple[float, ...] | None: ...
def evaluate(model: Any, output: int, rows: Any, /) -> bytearray: ...
