"""Makes a fitted estimator take plain arrays and answer deterministically, here and on Lambda.

Runs on Python 3.7 and later, beside any scikit-learn, and without pandas.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np


def settle(estimator: Any) -> None:
    """Change an estimator so that it takes plain arrays and its answers are deterministic.

    With several jobs scikit-learn adds up trees in the order in which the threads end;
    `set_output` needs packages that are missing here; columns chosen by name need a DataFrame.
    """
    seen: set[int] = set()
    waiting: list[Any] = [estimator]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif hasattr(value, "dtype") and getattr(value.dtype, "hasobject", False):
            waiting.extend(value.ravel().tolist() if value.ndim else [])
        elif _is_settled_inside(type(value)) and hasattr(value, "__dict__"):
            state = vars(value)
            if "n_jobs" in state:
                state["n_jobs"] = 1  # None came with 0.20
            state.pop("_sklearn_output_config", None)
            if "_transformer_to_input_indices" in state:
                _choose_columns_by_position(state)
            waiting.extend(item for item in state.values() if _may_hold_more(item))


def _is_settled_inside(kind: type) -> bool:
    """Whether a class is from scikit-learn, or is an estimator of another package or the user."""
    return kind.__module__.startswith("sklearn.") or hasattr(kind, "get_params")


def _choose_columns_by_position(state: dict[str, Any]) -> None:
    """Make a ColumnTransformer choose columns by the positions that it keeps beside their names."""
    positions = state["_transformer_to_input_indices"]
    state["transformers_"] = [
        (name, transformer, _by_position(columns, positions.get(name)))
        for name, transformer, columns in state["transformers_"]
    ]


def _by_position(columns: Any, positions: list[int] | None) -> Any:
    """A single column stays a single number, so that its transformer gets a vector."""
    if positions is None or isinstance(columns, numbers.Integral):
        return columns
    if isinstance(columns, str):
        return int(positions[0])
    return [int(position) for position in positions]


def _may_hold_more(value: Any) -> bool:
    return value is not None and not isinstance(value, (bool, int, float, str))


class TextColumns(np.ndarray):
    """An array of objects of which a selection of number columns is an array of float64.

    In a DataFrame each column has its own dtype. scikit-learn would select objects from an array
    of objects even for a transformer that gets only numbers, and many transformers cannot
    compute with objects.
    """

    numbers: np.ndarray[Any, Any] | None = None
    """(n_columns,) whether a column holds only numbers; None if that is unknown."""

    def __array_finalize__(self, source: Any) -> None:
        self.numbers = getattr(source, "numbers", None)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if not isinstance(part, TextColumns):
            return part
        if self.numbers is None or not isinstance(key, tuple) or len(key) != 2:
            return part if isinstance(key, (slice, list, np.ndarray)) else np.asarray(part)
        numbers = part.numbers = self.numbers if key[1] is Ellipsis else self.numbers[key[1]]
        if np.all(numbers):
            return np.asarray(part, dtype=np.float64)
        return part if part.ndim == 2 else np.asarray(part)


def as_fitted(
    matrix: np.ndarray[Any, Any],
    vocabulary: Sequence[str],
    categories: Collection[int],
    missing_as_none: Collection[int],
) -> np.ndarray[Any, Any]:
    """Rows as the model was fitted on them, from numbers and category codes.

    Args:
        matrix: (n_rows, n_features) float64; NaN where a value is missing.
        vocabulary: the texts behind the category codes: code c stands for `vocabulary[c]`.
        categories: indices of the columns that hold category codes.
        missing_as_none: indices of the columns whose missing values become None instead of NaN.

    Returns:
        The matrix itself if the rows hold neither texts nor None.
    """
    if not categories:
        return as_columns(matrix, categories, missing_as_none)
    rows = matrix.astype(object)
    values = np.array([*vocabulary, np.nan], dtype=object)
    for column in categories:
        codes = matrix[:, column]
        rows[:, column] = values[np.where(np.isnan(codes), len(vocabulary), codes).astype(np.intp)]
    return as_columns(rows, categories, missing_as_none)


def as_columns(
    rows: np.ndarray[Any, Any], categories: Collection[int], missing_as_none: Collection[int]
) -> np.ndarray[Any, Any]:
    """Rows as the model was fitted on them, from rows that hold the texts themselves.

    Args:
        rows: (n_rows, n_features) float64, or objects if a column holds texts; NaN where a value
            is missing.
        categories: indices of the columns that hold texts.
        missing_as_none: indices of the columns whose missing values become None instead of NaN.

    Returns:
        `rows` itself if it holds neither texts nor None.
    """
    gaps = rows != rows
    with_none = [column for column in missing_as_none if gaps[:, column].any()]
    if not categories and not with_none:
        return rows
    fitted = rows.astype(object).view(TextColumns)
    for column in with_none:
        fitted[gaps[:, column], column] = None
    fitted.numbers = ~np.isin(np.arange(rows.shape[1]), [*categories, *with_none])
    return fitted
