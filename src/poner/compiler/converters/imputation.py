"""Imputers, which fill in missing values, and indicators of where they were.

Source: scikit-learn 1.1 to 1.9, sklearn/impute/_base.py, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.encoders import category_key
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import (
    get_array,
    get_list,
    get_matrix,
    get_number,
    get_object,
    get_value,
)
from poner.compiler.operations.distances import Distances, Impute, Metric, NeighbourWeights
from poner.compiler.operations.elementwise import Function, Pairing, Replace
from poner.compiler.operations.plumbing import Above, Require

_MISFIT = "its fill values do not fit its columns"

_DROPS_EMPTY_CONSTANTS = (1, 8)
"""The first version that drops a column without values even if a constant could fill it."""


def convert_simple_imputer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Fill in missing values; drop columns that had no value in training."""
    builder = scope.builder
    statistics = get_list(estimator, "statistics_")
    if len(statistics) != builder.width(source):
        raise scope.damaged(_MISFIT)
    checked = require_imputable(estimator, scope, source)
    kept = [place for place, value in enumerate(statistics) if not _is_nan(value)]
    constant = get_value(estimator, "strategy") == "constant"
    if estimator.attributes.get("keep_empty_features") or (
        constant and scope.version < _DROPS_EMPTY_CONSTANTS
    ):
        kept = list(range(len(statistics)))
    if not kept:
        raise scope.unsupported("no column is left")
    substitutes = np.array([_substitute(statistics[place], scope) for place in kept])
    if "float32" in _dtype_name(estimator):
        substitutes = substitutes.astype(np.float32).astype(np.float64)
    values = builder.select(checked, kept)
    wanted = _wanted(get_value(estimator, "missing_values"), scope, source)
    filled = builder.add(Replace(np.array([wanted]), substitutes), values)
    return add_indicator(estimator, scope, checked, filled)


def _substitute(value: FittedValue, scope: Scope) -> float:
    """The fill value as a number; for a text, its category code."""
    match value:
        case str():
            return scope.builder.codes[value]
        case None:
            return np.nan
        case bool() | int() | float():
            return float(value)
        case _:
            raise scope.damaged(_MISFIT)


def require_imputable(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The register, for rows without infinities, and without NaN unless NaN means missing.

    In tables of objects scikit-learn does not check for infinities.
    """
    missing = get_value(estimator, "missing_values")
    return scope.builder.require(
        source,
        allow_missing=_is_nan(missing) or _is_absent(missing),
        allow_infinite="object" in _dtype_name(estimator),
    )


def _wanted(missing: FittedValue, scope: Scope, source: int) -> float:
    """The number that stands for a missing value in the register."""
    if _is_absent(missing):
        return np.nan
    if isinstance(missing, str):
        for column in range(scope.builder.width(source)):
            category_key(missing, scope, source, column)
        return scope.builder.codes[missing]
    if not isinstance(missing, int | float):
        raise scope.damaged(_MISFIT)
    return float(missing)


def _is_absent(missing: FittedValue) -> bool:
    """Whether a value is None or pandas.NA."""
    return missing is None or (
        isinstance(missing, FittedObject) and missing.type_name.endswith(".NAType")
    )


def _dtype_name(estimator: FittedObject) -> str:
    """The dtype that an imputer was fitted on, such as `numpy.dtypes.float32dtype`."""
    dtype = estimator.attributes.get("_fit_dtype")
    return dtype.type_name.lower() if isinstance(dtype, FittedObject) else ""


def add_indicator(estimator: FittedObject, scope: Scope, source: int, imputed: int) -> int:
    """The imputed columns, followed by the indicator's columns if the imputer has one."""
    if not get_value(estimator, "add_indicator"):
        return imputed
    indicator = get_object(estimator, "indicator_")
    columns = _indicated(indicator, scope, source)
    if not len(columns):
        return imputed
    return scope.builder.join([imputed, _indicate(indicator, scope, source, columns)])


def convert_knn_imputer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Fill in the mean of the nearest training rows that have the value."""
    builder = scope.builder
    if get_value(estimator, "metric") != "nan_euclidean":
        raise scope.unsupported("its metric is a function, which the native engine cannot compute")
    if get_value(estimator, "add_indicator") and scope.version < _INDICATES_ALWAYS:
        raise scope.unsupported(
            "before scikit-learn 1.3 it drops the indicator of rows without gaps"
        )
    width = builder.width(source)
    donors, valid = _donors(estimator, scope, width)
    checked = require_imputable(estimator, scope, source)
    wanted = _wanted(get_value(estimator, "missing_values"), scope, source)
    row = checked
    if wanted == wanted:
        row = builder.add(Replace(np.array([wanted]), np.full(width, np.nan)), checked)
    squares = builder.add(Distances(Metric.NAN_EUCLIDEAN, donors, np.zeros(1)), row)
    operation = Impute(
        weights=_weights(estimator, scope),
        donors=donors,
        means=_means(estimator, donors),
        most=np.array([_most_donors(estimator, len(donors), scope)], dtype="<u4"),
        count_far=scope.version < _LEAVES_OUT_FAR,
    )
    distances = builder.map(Function.SQRT, squares)
    builder.mark_ties(builder.add(replace(operation, gaps=True), row, distances), "neighbours")
    imputed = builder.add(operation, row, distances)
    if estimator.attributes.get("keep_empty_features"):
        zeros = builder.constant(np.zeros(width))
        places = np.where(valid, np.arange(width), width + np.arange(width))
        imputed = builder.select(builder.join([imputed, zeros]), places)
    else:
        imputed = builder.select(imputed, np.flatnonzero(valid))
    return add_indicator(estimator, scope, checked, imputed)


_INDICATES_ALWAYS = (1, 3)
_LEAVES_OUT_FAR = (1, 6)
"""The first version whose uniform mean omits donors that share no column with the row."""

MOST_DONORS = 1024
"""The most donors that the kernel has room for (kernel/imputation.c)."""


def _donors(
    estimator: FittedObject, scope: Scope, width: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The training rows, NaN where values are missing, and which columns have values."""
    rows = get_matrix(estimator, "_fit_X")
    gaps = get_array(estimator, "_mask_fit_X", 2)
    if rows.shape[1] != width or gaps.shape != rows.shape or gaps.dtype.kind != "b":
        raise scope.damaged(_MISFIT)
    donors = np.where(gaps, np.nan, rows)
    valid = ~np.all(np.isnan(donors), axis=0)
    if not valid.any():
        raise scope.unsupported("no column is left")
    return donors, valid


def _means(estimator: FittedObject, donors: FloatArray) -> FloatArray:
    """Each column's mean as scikit-learn computes it, in the precision of the training rows."""
    rows = get_array(estimator, "_fit_X", 2)
    columns = [np.ma.masked_array(rows[:, i], np.isnan(donors[:, i])) for i in range(rows.shape[1])]
    return np.array([float(np.ma.filled(column.mean(), np.nan)) for column in columns])


def _weights(estimator: FittedObject, scope: Scope) -> NeighbourWeights:
    match get_value(estimator, "weights"):
        case "uniform":
            return NeighbourWeights.UNIFORM
        case "distance":
            return NeighbourWeights.INVERSE_DISTANCE
        case _:
            raise scope.unsupported(
                "its weights are a function, which the native engine cannot compute"
            )


def _most_donors(estimator: FittedObject, n_donors: int, scope: Scope) -> int:
    most = int(get_number(estimator, "n_neighbors"))
    if most < 1:
        raise scope.damaged(_MISFIT)
    if MOST_DONORS < most < n_donors:
        raise scope.unsupported(f"it has more than {MOST_DONORS} neighbours")
    return min(most, n_donors)


def convert_missing_indicator(estimator: FittedObject, scope: Scope, source: int) -> int:
    """1 where a value is missing, else 0; for all columns or those with gaps in training."""
    builder = scope.builder
    checked = builder.require(source, allow_missing=_is_nan(get_value(estimator, "missing_values")))
    columns = _indicated(estimator, scope, checked)
    if not len(columns):
        raise scope.unsupported("no column is left")
    only = get_value(estimator, "features") == "missing-only"
    if only and get_value(estimator, "error_on_new"):
        checked = _refuse_new(estimator, scope, checked, columns)
    return _indicate(estimator, scope, checked, columns)


def _indicated(indicator: FittedObject, scope: Scope, source: int) -> NDArray[np.int64]:
    """The columns that the indicator reports."""
    width = scope.builder.width(source)
    if get_value(indicator, "features") == "all":
        return np.arange(width)
    columns = get_list(indicator, "features_")
    return scope.check_columns(columns, width) if columns else np.empty(0, dtype=np.int64)


def _indicate(
    indicator: FittedObject, scope: Scope, source: int, columns: NDArray[np.int64]
) -> int:
    builder = scope.builder
    wanted = _wanted(get_value(indicator, "missing_values"), scope, source)
    values = builder.select(source, columns)
    if wanted != wanted:
        return builder.map(Function.ISNAN, values)
    return builder.combine(Pairing.EQUAL, values, wanted)


def _refuse_new(
    indicator: FittedObject, scope: Scope, source: int, columns: NDArray[np.int64]
) -> int:
    """The register, for rows that have gaps only in columns that had gaps in training."""
    builder = scope.builder
    width = builder.width(source)
    others = np.setdiff1d(np.arange(width), columns)
    if not len(others):
        return source
    wanted = _wanted(get_value(indicator, "missing_values"), scope, source)
    values = builder.select(source, others)
    if wanted != wanted:
        checked = builder.add(Require(allow_missing=False, allow_infinite=True), values)
    else:
        present = builder.combine(Pairing.NOT_EQUAL, values, wanted)
        checked = builder.add(Above(np.zeros(len(others))), present)
    return builder.select(builder.join([source, checked]), np.arange(width))


def _is_nan(value: FittedValue) -> bool:
    return isinstance(value, float) and value != value


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.impute._knn.KNNImputer": convert_knn_imputer,
    "sklearn.impute._base.SimpleImputer": convert_simple_imputer,
    "sklearn.impute._base.MissingIndicator": convert_missing_indicator,
}
