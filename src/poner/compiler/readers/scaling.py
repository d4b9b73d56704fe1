"""Scalers: a shift and a factor a column.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_data.py, read 2026-11-22. Where
scikit-learn divides, so do we: a product with the reciprocal has changed answers of trees.
"""

from __future__ import annotations

from poner.artifacts import FittedObject
from poner.compiler.fitted import get_value, get_vector
from poner.compiler.operations import Pairing
from poner.compiler.readers.reading import Scope, TransformerReader


def read_standard_scaler(estimator: FittedObject, scope: Scope, source: int) -> int:
    """Minus the mean, divided by the scale; NaN passes, infinities are refused."""
    builder = scope.builder
    register = builder.require(source, allow_missing=True)
    if get_value(estimator, "with_mean"):
        register = builder.combine(Pairing.SUBTRACT, register, get_vector(estimator, "mean_"))
    if get_value(estimator, "with_std"):
        register = builder.combine(Pairing.DIVIDE, register, get_vector(estimator, "scale_"))
    return register


_DATA = "sklearn.preprocessing._data"

TRANSFORMERS: dict[str, TransformerReader] = {f"{_DATA}.StandardScaler": read_standard_scaler}
