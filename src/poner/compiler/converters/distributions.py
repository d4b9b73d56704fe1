"""Transformers that change the distribution of a column, by powers or by its quantiles.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_data.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.projections import own_dtype
from poner.compiler.converters.scaling import convert_shift_and_scale
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_matrix, get_object, get_value, get_vector
from poner.compiler.operations.elementwise import Function, Pairing, PowerMethod, PowerTransform
from poner.compiler.operations.lookup import Interpolate
from poner.compiler.operations.plumbing import Above

_MISFIT = "its powers or quantiles do not fit its columns"

_BY_LOG_SINCE = (1, 9)


def convert_power_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """A power of each column, standardized if `standardize` is set; NaN passes."""
    builder = scope.builder
    lambdas = get_vector(estimator, "lambdas_")
    register = builder.require(source, allow_missing=True)
    if len(lambdas) != builder.width(source):
        raise scope.damaged(_MISFIT)
    match get_value(estimator, "method"):
        case "box-cox":
            method = PowerMethod.BOX_COX
            register = builder.add(Above(np.zeros(len(lambdas))), register)
        case "yeo-johnson" if scope.version < _BY_LOG_SINCE:
            method = PowerMethod.YEO_JOHNSON
        case "yeo-johnson":
            method = PowerMethod.YEO_JOHNSON_BY_LOG
        case name:
            raise scope.unsupported(f"the method {name!r} is not known")
    complements = 2 - own_dtype(estimator, "lambdas_").ravel()
    register = builder.add(PowerTransform(method, lambdas, complements.astype(float)), register)
    if not get_value(estimator, "standardize"):
        return register
    return convert_shift_and_scale(get_object(estimator, "_scaler"), scope, register)


_NEAR_BOUND = 1e-7
_NORMAL_LOWEST, _NORMAL_HIGHEST = -5.199337582605575, 5.19933758270342
"""scipy.stats.norm.ppf at 1e-7 - np.spacing(1) and at 1 minus that."""


def convert_quantile_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """A value's quantile level, 0 to 1, or the normal distribution's value at that level.

    The level is the mean of a search from below and one from above: quantiles may be equal.
    """
    builder = scope.builder
    quantiles = get_matrix(estimator, "quantiles_")
    references = get_vector(estimator, "references_")
    width = builder.width(source)
    if quantiles.shape != (len(references), width) or not len(references):
        raise scope.damaged(_MISFIT)
    row = builder.require(source, allow_missing=True)
    ends = (np.arange(1, width + 1) * len(references)).astype("<u4")
    columns = np.ascontiguousarray(quantiles.T)
    below = builder.add(Interpolate(ends, columns.ravel(), np.tile(references, width)), row)
    above = builder.add(
        Interpolate(ends, -columns[:, ::-1].ravel(), -np.tile(references[::-1], width)),
        builder.map(Function.NEGATIVE, row),
    )
    both = builder.pair(Pairing.SUBTRACT, below, above)
    place = builder.combine(Pairing.MULTIPLY, both, 0.5)
    normal = get_value(estimator, "output_distribution") == "normal"
    if normal:
        near = builder.combine(Pairing.ADD, row, _NEAR_BOUND)
        highest = builder.combine(Pairing.GREATER, near, quantiles[-1])
        near = builder.combine(Pairing.SUBTRACT, row, _NEAR_BOUND)
        lowest = builder.combine(Pairing.LESS, near, quantiles[0])
        not_lowest = builder.combine(Pairing.EQUAL, lowest, 0.0)
    else:
        highest = builder.combine(Pairing.EQUAL, row, quantiles[-1])
        not_lowest = builder.combine(Pairing.NOT_EQUAL, row, quantiles[0])
    place = builder.pair(Pairing.MAXIMUM, place, highest)
    place = builder.pair(Pairing.MULTIPLY, place, not_lowest)
    if not normal:
        return place
    value = builder.map(Function.NORMAL_QUANTILE, place)
    return builder.clip(value, _NORMAL_LOWEST, _NORMAL_HIGHEST)


_DATA = "sklearn.preprocessing._data"

TRANSFORMERS: dict[str, TransformerConverter] = {
    f"{_DATA}.PowerTransformer": convert_power_transformer,
    f"{_DATA}.QuantileTransformer": convert_quantile_transformer,
}
