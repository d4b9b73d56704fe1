"""Scalers: a shift and a factor per column.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_data.py and (TfidfTransformer)
sklearn/feature_extraction/text.py, read 2026-11-22. Where
scikit-learn divides, the kernel divides: multiplying by the reciprocal changed answers of trees.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_diagonal, get_number, get_value, get_vector
from poner.compiler.operations.elementwise import Function, Pairing, Replace
from poner.compiler.operations.rowwise import Reduction
from poner.errors import ModelUnreadableError


def convert_shift_and_scale(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Minus the mean or center, divided by the scale; NaN passes, infinities are refused."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    shift, scale = shift_and_scale(estimator)
    if shift is not None:
        register = builder.combine(Pairing.SUBTRACT, register, shift)
    return register if scale is None else builder.combine(Pairing.DIVIDE, register, scale)


def shift_and_scale(estimator: FittedObject) -> tuple[FloatArray | None, FloatArray | None]:
    """What a StandardScaler or RobustScaler subtracts and divides by; None: no such step."""
    standard = estimator.type_name == _STANDARD
    shifts = get_value(estimator, "with_mean" if standard else "with_centering")
    scales = get_value(estimator, "with_std" if standard else "with_scaling")
    shift = get_vector(estimator, "mean_" if standard else "center_") if shifts else None
    return shift, get_vector(estimator, "scale_") if scales else None


def convert_min_max_scaler(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Times the scale, plus the minimum; clipped to the range if `clip`; NaN passes."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    register = builder.combine(Pairing.MULTIPLY, register, get_vector(estimator, "scale_"))
    register = builder.combine(Pairing.ADD, register, get_vector(estimator, "min_"))
    if estimator.attributes.get("clip"):
        register = builder.clip(register, *_pair(estimator, "feature_range"))
    return register


def _pair(estimator: FittedObject, name: str) -> tuple[float, float]:
    """An attribute that is two numbers."""
    value = get_value(estimator, name)
    try:
        low, high = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelUnreadableError(
            f"A scaler's `{name}` is not two numbers.", "Fit and save the model again."
        ) from None
    return float(low), float(high)


def convert_max_abs_scaler(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Divided by the scale; since scikit-learn 1.9 clipped to -1 to 1 if `clip`; NaN passes."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    register = builder.combine(Pairing.DIVIDE, register, get_vector(estimator, "scale_"))
    if estimator.attributes.get("clip"):
        register = builder.clip(register, -1.0, 1.0)
    return register


_SMALLEST_NORM = 10 * np.finfo(np.float64).eps
"""Rows with a smaller norm are left unchanged."""


def convert_normalizer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Each row divided by its norm."""
    builder = scope.builder
    row = builder.require(source)
    match get_value(estimator, "norm"):
        case "l1":
            norm = builder.reduce(Reduction.SUM, builder.map(Function.ABSOLUTE, row))
        case "l2":
            norm = builder.map(Function.SQRT, builder.reduce(Reduction.SUM_SQUARES, row))
        case "max":
            norm = builder.reduce(Reduction.MAXIMUM_ABSOLUTE, row)
        case norm_name:
            raise scope.unsupported(f"the norm {norm_name!r} is not known")
    large = builder.combine(Pairing.GREATER_EQUAL, norm, _SMALLEST_NORM)
    divisor = builder.pair(Pairing.MULTIPLY, norm, large)
    return builder.pair(Pairing.DIVIDE_OR_KEEP, row, divisor)


def convert_tfidf_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Counts, or 1 plus their logarithms, times weights of columns; then normalized rows."""
    builder = scope.builder
    row = builder.require(source)
    if get_value(estimator, "sublinear_tf"):
        zeros, ones = np.zeros(1), np.ones(builder.width(row))
        logarithm = builder.map(Function.LOG, builder.add(Replace(zeros, ones), row))
        grown = builder.combine(Pairing.ADD, logarithm, 1.0)
        row = builder.pair(Pairing.MULTIPLY, grown, builder.combine(Pairing.NOT_EQUAL, row, 0.0))
    if "idf_" in estimator.attributes:
        row = builder.combine(Pairing.MULTIPLY, row, get_vector(estimator, "idf_"))
    elif "_idf_diag" in estimator.attributes:  # before 1.5
        weights = get_diagonal(estimator, "_idf_diag")
        row = builder.combine(Pairing.MULTIPLY, row, weights)
    match get_value(estimator, "norm"):
        case None:
            return row
        case "l1":
            norm = builder.reduce(Reduction.SUM_ABSOLUTE, builder.require(row))
        case "l2":
            squares = builder.reduce(Reduction.SUM_SQUARES, builder.require(row))
            norm = builder.map(Function.SQRT, squares)
        case name:
            raise scope.unsupported(f"the norm {name!r} is not known")
    return builder.pair(Pairing.DIVIDE_OR_KEEP, row, norm)


def convert_binarizer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """1 for values above the threshold, else 0."""
    builder = scope.builder
    threshold = get_number(estimator, "threshold")
    return builder.combine(Pairing.GREATER, builder.require(source), threshold)


def convert_kernel_centerer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Kernel values as for points shifted to have their mean at the origin."""
    builder = scope.builder
    row = builder.require(source)
    columns = get_vector(estimator, "K_fit_rows_")
    mean = builder.combine(Pairing.DIVIDE, builder.reduce(Reduction.SUM, row), float(len(columns)))
    row = builder.combine(Pairing.SUBTRACT, row, columns)
    row = builder.pair(Pairing.SUBTRACT, row, mean)
    return builder.combine(Pairing.ADD, row, get_number(estimator, "K_fit_all_"))


_DATA = "sklearn.preprocessing._data"
_STANDARD = f"{_DATA}.StandardScaler"

TRANSFORMERS: dict[str, TransformerConverter] = {
    _STANDARD: convert_shift_and_scale,
    f"{_DATA}.MinMaxScaler": convert_min_max_scaler,
    f"{_DATA}.MaxAbsScaler": convert_max_abs_scaler,
    f"{_DATA}.RobustScaler": convert_shift_and_scale,
    f"{_DATA}.Normalizer": convert_normalizer,
    f"{_DATA}.Binarizer": convert_binarizer,
    f"{_DATA}.KernelCenterer": convert_kernel_centerer,
    "sklearn.feature_extraction.text.TfidfTransformer": convert_tfidf_transformer,
}
