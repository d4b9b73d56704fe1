"""Transformers side by side, on columns of their own or all on the whole row.

Source: scikit-learn 1.1 to 1.9, sklearn/compose/_column_transformer.py and sklearn/pipeline.py,
read 2026-11-22.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FittedValue
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_list
from poner.compiler.operations.elementwise import Pairing

_MISFIT = "its transformers or their columns are malformed"


def convert_column_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Apply each transformer to its columns; `remainder` is the last of the transformers."""
    parts = []
    for number, entry in enumerate(get_list(estimator, "transformers_")):
        match entry:
            case [str(), "drop", _]:
                continue
            case [str() as name, transformer, columns]:
                places = _places(columns, scope, source)
                if len(places):
                    register = scope.builder.select(source, places)
                    inner = scope.inside(name, "transformers_", number, 1)
                    parts += _part(estimator, name, transformer, inner, register)
            case _:
                raise scope.damaged(_MISFIT)
    return _join(parts, scope)


def convert_feature_union(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Apply all transformers to the same row."""
    parts = []
    for number, entry in enumerate(get_list(estimator, "transformer_list")):
        match entry:
            case [str(), "drop"]:
                continue
            case [str() as name, transformer]:
                inner = scope.inside(name, "transformer_list", number, 1)
                parts += _part(estimator, name, transformer, inner, source)
            case _:
                raise scope.damaged(_MISFIT)
    return _join(parts, scope)


def _part(
    estimator: FittedObject, name: str, transformer: FittedValue, inner: Scope, source: int
) -> list[int]:
    """One transformer's result times its weight, as a list: empty if it has no columns."""
    match transformer:
        case "passthrough":
            register = source
        case FittedObject():
            register = inner.transform(transformer, source)
        case _:
            raise inner.damaged(_MISFIT)
    if not inner.builder.width(register):
        return []
    weights = estimator.attributes.get("transformer_weights")
    weight = weights.get(name) if isinstance(weights, dict) else None
    if weight is None:
        return [register]
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise inner.damaged(_MISFIT)
    return [inner.builder.combine(Pairing.MULTIPLY, register, float(weight))]


def _join(parts: list[int], scope: Scope) -> int:
    if not parts:
        raise scope.unsupported("no column is left")
    return scope.builder.join(parts)


def _places(columns: FittedValue, scope: Scope, source: int) -> NDArray[np.int64]:
    """Positions of columns, given as one position, several, a mask or a slice."""
    width = scope.builder.width(source)
    match columns:
        case bool():
            raise scope.damaged(_MISFIT)
        case int():
            wanted = np.array([columns])
        case FittedObject("builtins.slice", {"start": start, "stop": stop, "step": step}):
            bounds = (start, stop, step)
            if not all(bound is None or type(bound) is int for bound in bounds) or step == 0:
                raise scope.damaged(_MISFIT)
            return np.arange(width)[slice(*bounds)]
        case list() | np.ndarray():
            wanted = np.asarray(columns)
            if wanted.size == 0:
                return np.empty(0, dtype=np.int64)
        case _:
            raise scope.damaged(_MISFIT)
    if wanted.ndim == 1 and wanted.dtype.kind == "b" and len(wanted) == width:
        return np.flatnonzero(wanted)
    if wanted.ndim != 1 or wanted.dtype.kind not in "iu":
        raise scope.damaged(_MISFIT)
    wanted = wanted.astype(np.int64)
    if np.any((wanted < -width) | (wanted >= width)):
        raise scope.damaged(_MISFIT)
    return np.where(wanted < 0, wanted + width, wanted)


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.compose._column_transformer.ColumnTransformer": convert_column_transformer,
    "sklearn.pipeline.FeatureUnion": convert_feature_union,
}
