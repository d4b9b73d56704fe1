"""The inputs of an ONNX graph: the features that each takes, and rows in their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError

NUMBERS = {
    "tensor(double)": "float64",
    "tensor(float)": "float32",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}
"""Dtypes of the inputs that take numbers, by onnxruntime's name."""

TEXT = "tensor(string)"

CONVERT_AGAIN = "Convert the model again, with one input for all features or one for each."


class Input(NamedTuple):
    """One input of a graph."""

    name: str
    """Its name."""
    type: str
    """Its type, as onnxruntime names it."""
    width: int
    """Number of features that it takes."""
    is_flat: bool
    """Whether it takes (n_rows,) instead of (n_rows, width)."""


def input_of(one: Any, n_features: int | None) -> Input:
    """An input with its width.

    Raises:
        FileUnreadableError: it takes something other than features.
    """
    if one.type not in NUMBERS and one.type != TEXT:
        raise FileUnreadableError(
            f"The graph's input {one.name!r} is a {one.type}; poner feeds numbers and texts.",
            CONVERT_AGAIN,
        )
    shape = list(one.shape)
    if len(shape) not in (1, 2) or (isinstance(shape[0], int) and shape[0] != 1):
        raise FileUnreadableError(
            f"The graph's input {one.name!r} has the shape {shape}, which is not that of rows of "
            "features.",
            CONVERT_AGAIN,
        )
    if len(shape) == 1:
        return Input(one.name, one.type, 1, is_flat=True)
    width = shape[1] if isinstance(shape[1], int) else n_features
    if width is None or width < 1:
        raise FileUnreadableError(
            f"The graph's input {one.name!r} does not record how many features it takes.",
            "Give their names, in the graph's order: --features a,b,c.",
        )
    return Input(one.name, one.type, width, is_flat=False)


def as_texts(codes: Any, vocabulary: Sequence[str]) -> Any:
    """Texts by their category codes, as the array of objects that onnxruntime takes."""
    import numpy as np

    if np.isnan(codes).any():
        raise refusal("takes no missing text")
    texts = np.empty(codes.shape, dtype=object)
    texts[:] = [[vocabulary[int(code)] for code in row] for row in codes.tolist()]
    return texts


def as_numbers(values: Any, kind: str) -> Any:
    """Numbers as the input's type, if it has them."""
    import numpy as np

    dtype = np.dtype(NUMBERS[kind])
    with np.errstate(all="ignore"):
        cast = values.astype(dtype)
        if dtype.kind == "f":
            fits = np.isfinite(cast) | ~np.isfinite(values)
        else:
            fits = (cast.astype(np.float64) == values) & (np.abs(values) < 2.0**53)
    if not fits.all():
        raise refusal(f"takes no such number as {dtype}")
    return cast


def refusal(what: str) -> FileUnreadableError:
    """The error for rows that a graph does not answer."""
    return FileUnreadableError(f"The graph {what}.", "Give rows that the graph accepts.")
