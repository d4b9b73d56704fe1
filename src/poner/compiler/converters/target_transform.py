"""TransformedTargetRegressor: a regressor of a transformed target, transformed back.

Source: scikit-learn 1.1 to 1.9, sklearn/compose/_target.py and the inverse_transform of
sklearn/preprocessing/_data.py and _function_transformer.py, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.functions import convert_function_transformer
from poner.compiler.converters.pipeline import steps_of
from poner.compiler.converters.scaling import shift_and_scale
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_matrix, get_object, get_value, get_vector
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.lookup import Interpolate

_BOUNDS_THRESHOLD = 1e-7
"""Probabilities within this distance of 0 or 1 count as 0 or 1."""


def convert_transformed_target(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The regressor's value, transformed back."""
    inside = scope.inside("regressor_", "regressor_")
    prediction = inside.predict(get_object(estimator, "regressor_"), source)
    if prediction.classes is not None:
        raise scope.damaged("it holds no regressor")
    transformer = get_object(estimator, "transformer_")
    back = scope.inside("transformer_", "transformer_")
    return Prediction(convert_inverse(transformer, back, prediction.predict))


def convert_inverse(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row after the transformer's inverse_transform.

    Raises:
        NotSupportedError: the native engine does not compute this inverse.
    """
    converter = _INVERSES.get(estimator.type_name)
    if converter is None:
        name = estimator.type_name.rpartition(".")[2]
        raise scope.unsupported(f"the native engine does not compute the inverse of {name}")
    return converter(estimator, scope, source)


def _invert_function(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The inverse function of a FunctionTransformer."""
    swapped = {
        **estimator.attributes,
        "func": get_value(estimator, "inverse_func"),
        "kw_args": get_value(estimator, "inv_kw_args"),
    }
    return convert_function_transformer(replace(estimator, attributes=swapped), scope, source)


def _invert_shift_and_scale(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Multiply by the scale, then add the shift."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    shift, scale = shift_and_scale(estimator)
    if scale is not None:
        register = builder.combine(Pairing.MULTIPLY, register, scale)
    return register if shift is None else builder.combine(Pairing.ADD, register, shift)


def _invert_min_max_scaler(estimator: FittedObject, scope: Scope, source: int) -> int:
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    register = builder.combine(Pairing.SUBTRACT, register, get_vector(estimator, "min_"))
    return builder.combine(Pairing.DIVIDE, register, get_vector(estimator, "scale_"))


def _invert_max_abs_scaler(estimator: FittedObject, scope: Scope, source: int) -> int:
    register = scope.builder.require(source, allow_missing=True)
    return scope.builder.combine(Pairing.MULTIPLY, register, get_vector(estimator, "scale_"))


def _invert_power_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The scaler's inverse, then the inverse power of each column."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    if get_value(estimator, "standardize"):
        scaler = scope.inside("_scaler", "_scaler")
        register = _invert_shift_and_scale(get_object(estimator, "_scaler"), scaler, register)
    lambdas = get_vector(estimator, "lambdas_").tolist()
    if len(lambdas) != builder.width(register):
        raise scope.damaged("it needs a power for each target")
    box_cox = get_value(estimator, "method") == "box-cox"
    invert = _invert_box_cox if box_cox else _invert_yeo_johnson
    return builder.join(
        [invert(scope, builder.select(register, [k]), power) for k, power in enumerate(lambdas)]
    )


def _invert_box_cox(scope: Scope, source: int, power: float) -> int:
    """(x * lambda + 1) ^ (1 / lambda); since scikit-learn 1.6 through logarithms."""
    builder = scope.builder
    if power == 0:
        return builder.map(Function.EXP, source)
    scaled = builder.combine(Pairing.MULTIPLY, source, power)
    if scope.version < (1, 6):
        raised = builder.combine(Pairing.ADD, scaled, 1.0)
        return builder.combine(Pairing.POWER, raised, 1 / power)
    logarithm = builder.map(Function.LOG1P, scaled)
    return builder.map(Function.EXP, builder.combine(Pairing.DIVIDE, logarithm, power))


def _invert_yeo_johnson(scope: Scope, source: int, power: float) -> int:
    """The sum of one curve for values above 0 and one for values below; both are 0 at 0."""
    builder = scope.builder
    above = builder.combine(Pairing.MAXIMUM, source, 0.0)
    below = builder.combine(Pairing.MINIMUM, source, 0.0)
    tiny = float(np.spacing(1.0))
    if abs(power) < tiny:
        above = builder.map(Function.EXP, above)
    else:
        above = builder.combine(Pairing.MULTIPLY, above, power)
        above = builder.combine(Pairing.ADD, above, 1.0)
        above = builder.combine(Pairing.POWER, above, 1 / power)
    above = builder.combine(Pairing.SUBTRACT, above, 1.0)
    if abs(power - 2) > tiny:
        below = builder.combine(Pairing.MULTIPLY, below, -(2 - power))
        below = builder.combine(Pairing.ADD, below, 1.0)
        below = builder.combine(Pairing.POWER, below, 1 / (2 - power))
    else:
        below = builder.map(Function.EXP, builder.map(Function.NEGATIVE, below))
    below = builder.combine(Pairing.SUBTRACT, below, 1.0)
    return builder.pair(Pairing.SUBTRACT, above, below)


def _invert_quantile_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The value at a quantile level, interpolated between the fitted quantiles."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    quantiles = get_matrix(estimator, "quantiles_")
    references = get_vector(estimator, "references_")
    if quantiles.shape != (len(references), builder.width(register)):
        raise scope.damaged("it needs quantiles for each target")
    if get_value(estimator, "output_distribution") == "normal":
        register = builder.map(Function.NORMAL_CDF, register)
        register = _settle_bounds(scope, register)
    n_targets = quantiles.shape[1]
    ends = (np.arange(1, n_targets + 1) * len(references)).astype("<u4")
    xs, ys = np.tile(references, n_targets), np.ascontiguousarray(quantiles.T).ravel()
    return builder.add(Interpolate(ends, xs, ys), register)


def _settle_bounds(scope: Scope, register: int) -> int:
    """Probabilities within the threshold of 0 or 1 become 0 or 1."""
    builder = scope.builder
    lowered = builder.combine(Pairing.SUBTRACT, register, _BOUNDS_THRESHOLD)
    raised = builder.combine(Pairing.ADD, register, _BOUNDS_THRESHOLD)
    low = builder.combine(Pairing.LESS, lowered, 0.0)
    high = builder.combine(Pairing.GREATER, raised, 1.0)
    register = builder.pair(Pairing.SUBTRACT, register, low)  # levels up to 0: the first quantile
    return builder.pair(Pairing.ADD, register, high)  # levels from 1: the last


def _invert_pipeline(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The inverses of the steps, in reverse order."""
    for inside, step in reversed(list(steps_of(estimator, scope))):
        source = convert_inverse(step, inside, source)
    return source


_DATA = "sklearn.preprocessing._data"

_INVERSES: dict[str, Callable[[FittedObject, Scope, int], int]] = {
    "sklearn.preprocessing._function_transformer.FunctionTransformer": _invert_function,
    f"{_DATA}.StandardScaler": _invert_shift_and_scale,
    f"{_DATA}.MinMaxScaler": _invert_min_max_scaler,
    f"{_DATA}.MaxAbsScaler": _invert_max_abs_scaler,
    f"{_DATA}.RobustScaler": _invert_shift_and_scale,
    f"{_DATA}.PowerTransformer": _invert_power_transformer,
    f"{_DATA}.QuantileTransformer": _invert_quantile_transformer,
    "sklearn.pipeline.Pipeline": _invert_pipeline,
}
"""The inverse of each supported transformer, by class name."""

PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.compose._target.TransformedTargetRegressor": convert_transformed_target
}
