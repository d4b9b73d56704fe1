"""Estimators that wrap a fitted estimator: searches, FrozenEstimator, SelfTrainingClassifier.

Source: scikit-learn 1.1 to 1.9, sklearn/model_selection/_search.py,
_search_successive_halving.py, sklearn/frozen/_frozen.py and
sklearn/semi_supervised/_self_training.py, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace

from poner.artifacts import FittedObject
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import get_object

_INSIDE = {
    **{
        f"sklearn.model_selection._search.{name}": "best_estimator_"
        for name in ("GridSearchCV", "RandomizedSearchCV")
    },
    **{
        f"sklearn.model_selection._search_successive_halving.{name}": "best_estimator_"
        for name in ("HalvingGridSearchCV", "HalvingRandomSearchCV")
    },
    "sklearn.frozen._frozen.FrozenEstimator": "estimator",
}
"""The attribute that holds the wrapped estimator."""

_SELF_TRAINING = ("estimator_", "base_estimator_")
"""The attribute's name since scikit-learn 1.6, and before."""


def convert_wrapped(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The prediction of the wrapped estimator."""
    name = _INSIDE[estimator.type_name]
    inside = scope.inside(name, name).predict(get_object(estimator, name), source)
    return replace(inside, raw=None)


def convert_wrapped_transformer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The row as the wrapped estimator transforms it."""
    name = _INSIDE[estimator.type_name]
    return scope.inside(name, name).transform(get_object(estimator, name), source)


def convert_self_training(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The prediction of the last round's classifier."""
    name = next((name for name in _SELF_TRAINING if name in estimator.attributes), "estimator_")
    return scope.inside(name, name).predict(get_object(estimator, name), source)


TRANSFORMERS: dict[str, TransformerConverter] = dict.fromkeys(_INSIDE, convert_wrapped_transformer)
PREDICTORS: dict[str, PredictorConverter] = {
    **dict.fromkeys(_INSIDE, convert_wrapped),
    "sklearn.semi_supervised._self_training.SelfTrainingClassifier": convert_self_training,
}
