"""Transformers that scikit-learn 0.22 removed: Imputer, and OneHotEncoder of whole numbers.

Source: scikit-learn 0.19 to 0.21, sklearn/preprocessing/imputation.py, data.py and _encoders.py,
read 2026-12-01.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_number, get_value, get_vector
from poner.compiler.operations.elementwise import Function, Replace
from poner.compiler.operations.lookup import OneHot, Recode
from poner.compiler.operations.plumbing import Above

_MOST_VALUES = 1 << 20
"""Of all columns of an encoder together; the kernel gets a key for each."""


def convert_imputer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """A value for each missing one; columns without any value in training are dropped."""
    if get_value(estimator, "axis") != 0:
        raise scope.unsupported("with axis=1 it fills in by rows")
    statistics = get_vector(estimator, "statistics_")
    if len(statistics) != scope.builder.width(source):
        raise scope.damaged("its fill values do not fit its columns")
    kept = np.flatnonzero(~np.isnan(statistics))
    if not len(kept):
        raise scope.unsupported("no column is left")
    named = get_value(estimator, "missing_values") == "NaN"
    wanted = np.nan if named else get_number(estimator, "missing_values")
    values = scope.builder.select(source, kept)
    return scope.builder.add(Replace(np.array([wanted]), statistics[kept]), values)


def encodes_whole_numbers(encoder: FittedObject) -> bool:
    """Whether a OneHotEncoder counts from 0 in each column: up to 0.19, and 0.20's legacy mode."""
    older = "feature_indices_" in encoder.attributes
    return older or bool(encoder.attributes.get("_legacy_mode"))


def convert_whole_number_encoder(encoder: FittedObject, scope: Scope, source: int) -> int:
    """A column of ones and zeros for each value seen; the other columns come after them."""
    builder = scope.builder
    mark = "" if "feature_indices_" in encoder.attributes else "_"
    chosen = _chosen(get_value(encoder, f"{mark}categorical_features"), scope, source)
    finite = builder.require(source)
    counts = np.zeros(0, np.int64)
    if chosen.any():
        counts = get_vector(encoder, f"{mark}n_values_").astype(np.int64)
    if len(counts) != chosen.sum() or np.any(np.less(counts, 1)) or np.sum(counts) > _MOST_VALUES:
        raise scope.damaged("its numbers of values do not fit its columns")
    parts = []
    if len(counts):
        whole = builder.map(Function.TRUNC, builder.select(finite, np.flatnonzero(chosen)))
        known = builder.add(Above(np.full(len(counts), -1.0)), whole)
        active = np.ones(int(np.sum(counts)), bool)
        if f"{mark}active_features_" in encoder.attributes:
            seen = get_vector(encoder, f"{mark}active_features_").astype(np.int64)
            active = np.isin(np.arange(len(active)), seen)
        places = builder.add(_recode(encoder, counts, active), known)
        widths = [int(part.sum()) for part in np.split(active, np.cumsum(counts)[:-1])]
        parts.append(builder.add(OneHot(np.cumsum(widths).astype("<u4")), places))
    if not chosen.all():
        parts.append(builder.select(finite, np.flatnonzero(~chosen)))
    return builder.join(parts)


def _chosen(columns: object, scope: Scope, source: int) -> NDArray[np.bool_]:
    """(n_columns,) whether a column is encoded: all, or a mask, or indices."""
    width = scope.builder.width(source)
    if columns is None or columns == "all":
        return np.ones(width, bool)
    if not isinstance(columns, (list, np.ndarray)):
        raise scope.damaged("its categorical_features name no columns")
    mask = np.zeros(width, bool)
    mask[np.asarray(columns, bool if _is_mask(columns) else np.int64)] = True
    return mask


def _is_mask(columns: list[object] | NDArray[np.generic]) -> bool:
    return len(columns) > 0 and np.asarray(columns).dtype.kind == "b"


def _recode(encoder: FittedObject, counts: NDArray[np.int64], active: NDArray[np.bool_]) -> Recode:
    """Each whole number's place among those of its column that were seen; -1 for the others."""
    columns = np.split(active, np.cumsum(counts)[:-1])
    return Recode(
        ends=np.cumsum(counts).astype("<u4"),
        keys=np.concatenate([np.arange(len(part), dtype=np.float64) for part in columns]),
        values=np.concatenate([np.where(part, np.cumsum(part) - 1.0, -1.0) for part in columns]),
        default=np.full(len(counts), -1.0),
        refuse_unknown=get_value(encoder, "handle_unknown") == "error",
    )


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.preprocessing.imputation.Imputer": convert_imputer,
}
