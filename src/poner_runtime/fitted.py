"""Makes a fitted estimator take plain arrays and answer deterministically, here and on Lambda.

Runs on Python 3.8 and later, beside any scikit-learn, and without pandas.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

_K_MEANS = frozenset(
    ("sklearn.cluster._kmeans", "sklearn.cluster._bisect_k_means", "sklearn.cluster.k_means_")
)
"""Modules of KMeans and its kin; up to scikit-learn 0.21 it is the last one."""

_DEEPEST_WRAPPING = 20
"""Pipelines in searches in pipelines."""

_CENTRES = ("cluster_centers_", "center", "_X_mean")
"""Their attributes that are compared with rows, or added to what is."""


def settle(estimator: Any) -> None:
    """Change an estimator so that it takes plain float64 arrays and its answers are deterministic.

    With several jobs scikit-learn adds up trees in the order in which the threads end;
    `set_output` needs packages that are missing here; columns chosen by name need a DataFrame;
    a KMeans that was fitted on float32 refuses float64, so its centres become float64; an encoder
    that was fitted on objects refuses numbers, so categories that are all numbers become float64.
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
                state["n_jobs"] = None
            state.pop("_sklearn_output_config", None)
            if "_transformer_to_input_indices" in state:
                _choose_columns_by_position(state)
            if isinstance(state.get("categories_"), list):
                state["categories_"] = [_as_numbers(names) for names in state["categories_"]]
            if type(value).__module__ in _K_MEANS:
                state.update(_as_float64(state))
            waiting.extend(item for item in state.values() if _may_hold_more(item))


def names_of_columns(estimator: Any) -> Any:
    """The names of the columns that an estimator was fitted on; None if they had none."""
    return getattr(first_fitted(estimator), "feature_names_in_", None)


def first_fitted(estimator: Any) -> Any:
    """The estimator itself, or the first within it that says what table it was fitted on.

    A Pipeline or a union that begins with "passthrough" does not say, nor does what holds one.
    """
    for _ in range(_DEEPEST_WRAPPING):
        inner = _first_within(estimator)
        if getattr(estimator, "n_features_in_", None) is not None or inner is None:
            break
        estimator = inner
    return estimator


def _first_within(estimator: Any) -> Any:
    """The estimator within another that gets the same rows; None if there is none."""
    for name in ("steps", "transformer_list"):
        for _, step in getattr(estimator, name, None) or ():
            if step is not None and not isinstance(step, str):
                return step
    for name in ("best_estimator_", "estimator_", "regressor_", "estimators_"):
        part = getattr(estimator, name, None)
        if isinstance(part, (list, tuple)):
            part = part[0] if part else None
        if part is not None:
            return part
    return None


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


def _as_numbers(categories: Any) -> Any:
    """An encoder's categories of one column; as float64 if all of them are numbers or booleans."""
    if not isinstance(categories, np.ndarray) or categories.dtype.kind != "O":
        return categories
    if not all(_is_exact(name) for name in categories.ravel().tolist()):
        return categories
    return categories.astype(np.float64)


def _is_exact(value: Any) -> bool:
    """Whether a value is a number that float64 has, a boolean, or NaN."""
    if not isinstance(value, (bool, int, float, np.number, np.bool_)):
        return False
    try:
        return bool(float(value) == value or value != value)
    except (OverflowError, TypeError):  # too large, or complex
        return False


def _as_float64(state: dict[str, Any]) -> dict[str, Any]:
    """The centres among a state's attributes that are float32, as the same numbers in float64."""
    centres = {name: state[name] for name in _CENTRES if name in state}
    return {
        name: value.astype(np.float64)
        for name, value in centres.items()
        if getattr(value, "dtype", None) == np.float32
    }


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
        The matrix itself if no column holds texts or None.
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
        `rows` itself if no column holds texts or None.
    """
    if not categories and not missing_as_none:
        return rows
    gaps = rows != rows
    fitted = rows.astype(object).view(TextColumns)
    for column in missing_as_none:
        fitted[gaps[:, column], column] = None
    fitted.numbers = ~np.isin(np.arange(rows.shape[1]), [*categories, *missing_as_none])
    return fitted
