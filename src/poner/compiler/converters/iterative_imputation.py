"""IterativeImputer: each column predicted from the others, round after round.

Source: scikit-learn 1.1 to 1.9, sklearn/impute/_iterative.py, read 2026-11-22. Rows are
imputed independently of each other. scikit-learn differs for a batch of missing values only: it
returns its first fill.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.imputation import add_indicator, convert_simple_imputer
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_array, get_list, get_number, get_object, get_value, get_vector
from poner.compiler.operations.elementwise import Pairing, Replace

_MISFIT = "its rounds do not fit its columns"


def convert_iterative_imputer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The first fill, then the predictions of each round's regressors in their order."""
    builder = scope.builder
    if get_value(estimator, "sample_posterior"):
        raise scope.unsupported(
            "it draws its values at random", "Fit it with sample_posterior=False."
        )
    initial = get_object(estimator, "initial_imputer_")
    filled = convert_simple_imputer(initial, scope.inside("first", "initial_imputer_"), source)
    kept = _kept(estimator, initial, scope, builder.width(source))
    if builder.width(filled) != len(kept):
        raise scope.damaged(_MISFIT)
    raw = builder.select(_with_nan(estimator, scope, source), kept)
    rounds = get_list(estimator, "imputation_sequence_") if get_number(estimator, "n_iter_") else []
    for place, entry in enumerate(rounds):
        match entry:
            case [int() as column, neighbours, FittedObject() as regressor]:
                inner = scope.inside(f"round {place}", "imputation_sequence_", place, 2)
                columns = scope.check_columns(neighbours, len(kept))
                if not 0 <= column < len(kept):
                    raise scope.damaged(_MISFIT)
                prediction = inner.predict(regressor, builder.select(filled, columns)).predict
                value = _clip(estimator, scope, column, prediction, kept)
                imputed = builder.pair(Pairing.FILL, builder.select(raw, [column]), value)
                order = np.arange(len(kept))
                order[column] = len(kept)
                filled = builder.select(builder.join([filled, imputed]), order)
            case _:
                raise scope.damaged(_MISFIT)
    return add_indicator(estimator, scope, source, filled)


def _with_nan(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row with NaN for each missing value."""
    missing = get_number(estimator, "missing_values")
    if missing != missing:
        return source
    gaps = np.full(scope.builder.width(source), np.nan)
    return scope.builder.add(Replace(np.array([missing]), gaps), source)


def _kept(
    estimator: FittedObject, initial: FittedObject, scope: Scope, width: int
) -> NDArray[np.int64]:
    """Columns that had values in training; all columns if empty ones are kept."""
    if estimator.attributes.get("keep_empty_features"):
        return np.arange(width)
    if "_is_empty_feature" in estimator.attributes:  # since 1.4
        empty = get_array(estimator, "_is_empty_feature", 1)
    else:
        empty = np.isnan(get_vector(initial, "statistics_"))
    if len(empty) != width or empty.dtype.kind != "b":
        raise scope.damaged(_MISFIT)
    return np.flatnonzero(~empty)


def _clip(
    estimator: FittedObject, scope: Scope, column: int, value: int, kept: NDArray[np.int64]
) -> int:
    """Clip to the limits of the column; limits are listed for the kept columns only."""
    builder = scope.builder
    for name, pairing in (("_min_value", Pairing.MAXIMUM), ("_max_value", Pairing.MINIMUM)):
        limits: FloatArray = get_vector(estimator, name)
        if len(limits) <= column or len(limits) < len(kept) or builder.width(value) != 1:
            raise scope.damaged(_MISFIT)
        value = builder.combine(pairing, value, limits[column])
    return value


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.impute._iterative.IterativeImputer": convert_iterative_imputer
}
