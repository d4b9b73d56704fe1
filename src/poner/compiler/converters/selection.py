"""Feature selectors: some of the columns.

Source: scikit-learn 1.1 to 1.9, sklearn/feature_selection, read 2026-11-22. Most of them choose
columns when they transform, by many kinds of scores: so the model itself is asked.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, Table
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import get_object


def convert_selector(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The columns that the selector keeps, found by transforming a row of column positions."""
    builder = scope.builder
    width = builder.width(source)
    positions = Table.of_numbers(np.arange(float(width))[None])
    left = scope.oracle.answer("transform", positions, scope.place).ravel()
    if not left.size:
        raise scope.unsupported("no column is left")
    columns = left.astype(np.int64)
    if not np.array_equal(columns, left) or columns.min() < 0 or columns.max() >= width:
        raise scope.damaged("it selects columns that do not exist")
    missing = scope.takes_missing(width, "transform")
    infinite = missing and scope.takes_missing(width, "transform", np.inf)
    checked = builder.require(source, allow_missing=missing, allow_infinite=infinite)
    return builder.select(checked, columns)


def convert_elimination(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The prediction of the last fitted estimator from the selected columns."""
    selected = convert_selector(estimator, scope, source)
    inner = scope.inside("estimator", "estimator_")
    return inner.predict(get_object(estimator, "estimator_"), selected)


_SELECTION = "sklearn.feature_selection"
_UNIVARIATE = (
    "SelectKBest",
    "SelectPercentile",
    "SelectFpr",
    "SelectFdr",
    "SelectFwe",
    "GenericUnivariateSelect",
)

TRANSFORMERS: dict[str, TransformerConverter] = {
    **{f"{_SELECTION}._univariate_selection.{name}": convert_selector for name in _UNIVARIATE},
    f"{_SELECTION}._from_model.SelectFromModel": convert_selector,
    f"{_SELECTION}._rfe.RFE": convert_selector,
    f"{_SELECTION}._rfe.RFECV": convert_selector,
    f"{_SELECTION}._variance_threshold.VarianceThreshold": convert_selector,
    f"{_SELECTION}._sequential.SequentialFeatureSelector": convert_selector,
}
PREDICTORS: dict[str, PredictorConverter] = {
    f"{_SELECTION}._rfe.RFE": convert_elimination,
    f"{_SELECTION}._rfe.RFECV": convert_elimination,
}
