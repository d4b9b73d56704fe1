"""What several checks ask of arrays."""

from __future__ import annotations

from typing import Any

from ..faults import FileUnreadableError

LARGEST_WIDTH = 1 << 24
"""Columns that any estimator takes, such as those of hashed texts."""


def require(holds: Any, what: str, fault: str) -> None:
    """Go on where something holds.

    Args:
        holds: whether it does.
        what: which part of a model is looked at, such as `tree`.
        fault: what is wrong with it, as the end of a sentence.

    Raises:
        FileUnreadableError: it does not hold.
    """
    if not holds:
        raise FileUnreadableError(f"The model file is damaged: a {what} {fault}.")


def is_array(value: Any, kinds: str, dimensions: int) -> bool:
    """Whether it is an array of these kinds of numbers (numpy's letters) and dimensions."""
    import numpy as np

    return isinstance(value, np.ndarray) and value.dtype.kind in kinds and value.ndim == dimensions


def is_within(places: Any, count: int) -> bool:
    """Whether each of these whole numbers is 0 or more and less than a count."""
    return not places.size or bool(places.min() >= 0 and places.max() < count)


def width_of(estimator: Any) -> int:
    """How many columns an estimator takes, which it checks of rows only if it knows.

    Raises:
        FileUnreadableError: it does not say.
    """
    width = vars(estimator).get("n_features_in_")
    if width is None or isinstance(width, bool) or int(width) != width:
        raise FileUnreadableError(
            f"The model file is damaged: a {type(estimator).__name__} does not say how many "
            "features it takes."
        )
    require(0 <= width <= LARGEST_WIDTH, type(estimator).__name__, "takes too many features")
    return int(width)
