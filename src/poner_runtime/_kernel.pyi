from typing import Any

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

def open_model(content: bytes, /) -> Any: ...
def list_outputs(model: Any, /) -> tuple[tuple[int, int], ...]: ...
def evaluate_row(
    model: Any, output: int, values: tuple[float, ...], /
) -> float | tuple[float, ...]: ...
def predict_body(
    model: Any, names: tuple[bytes, ...], kinds: bytes, texts: bytes, body: bytes, /
) -> float | tuple[float, ...] | None: ...
def evaluate(model: Any, output: int, rows: Any, /) -> bytearray: ...
