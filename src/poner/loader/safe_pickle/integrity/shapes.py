"""Conditions that several checks need: kinds, dimensions and ranges of arrays."""

from __future__ import annotations

from typing import Any

from ..faults import FileUnreadableError, damaged

LARGEST_WIDTH = 1 << 24
"""Most columns of an estimator; hashed texts have the most."""


def require(holds: Any, what: str, fault: str) -> None:
    """Refuse a model where a condition fails.

    Args:
        holds: the condition.
        what: the part of the model that is checked, such as `tree`.
        fault: what is wrong with that part, as the end of a sentence.

    Raises:
        FileUnreadableError: the condition fails.
    """
    if not holds:
        raise damaged(f"a {what} {fault}")


def is_array(value: Any, kinds: str, dimensions: int) -> bool:
    """Whether a value is an array of these dtype kinds (numpy's letters) and dimensions."""
    import numpy as np

    return isinstance(value, np.ndarray) and value.dtype.kind in kinds and value.ndim == dimensions


def is_within(places: Any, count: int) -> bool:
    """Whether all indices lie in [0, count)."""
    return not places.size or bool(places.min() >= 0 and places.max() < count)


def width_of(estimator: Any) -> int:
    """Number of columns of an estimator; without that number it would not check its rows.

    Raises:
        FileUnreadableError: the estimator does not say.
    """
    width = vars(estimator).get("n_features_in_")
    if width is None or isinstance(width, bool) or int(width) != width:
        raise FileUnreadableError(
            f"The model file is damaged: a {type(estimator).__name__} does not say how many "
            "features it takes."
        )
    require(0 <= width <= LARGEST_WIDTH, type(estimator).__name__, "takes too many features")
    return int(width)
