"""Dummy estimators: the same answer for every row.

Source: scikit-learn 1.1 to 1.9, sklearn/dummy.py, read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.scope import Classes, Prediction, PredictorConverter, Scope
from poner.compiler.fitted import (
    check_shape,
    get_arrays,
    get_flag,
    get_outputs_classes,
    get_text,
    get_value,
    get_vector,
)
from poner.compiler.operations.plumbing import Constant


def convert_dummy_regressor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """One constant for each output."""
    return Prediction(_add_constant(get_vector(estimator, "constant_"), scope, source))


def convert_dummy_classifier(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """One class for each output; probabilities are 1 and 0, or the classes' shares in training."""
    if get_flag(estimator, "sparse_output_"):
        raise scope.unsupported("it answers with a sparse matrix")
    classes = get_outputs_classes(estimator)
    priors = _priors(estimator, classes)
    strategy = get_text(estimator, "_strategy")
    match strategy:
        case "prior" | "most_frequent":
            chosen = [int(np.argmax(prior)) for prior in priors]
        case "constant":
            chosen = _constants(estimator, classes, scope)
        case _:
            raise scope.unsupported(
                f"a dummy of the strategy {strategy!r} answers at random",
                "Use the strategy 'prior', 'most_frequent' or 'constant'.",
            )
    if strategy != "prior":
        priors = [np.eye(len(p))[place] for p, place in zip(priors, chosen, strict=True)]
    return Prediction(
        _add_constant(np.array(chosen, dtype=np.float64), scope, source),
        classes,
        _add_constant(np.concatenate(priors), scope, source),
    )


def _add_constant(values: FloatArray, scope: Scope, source: int) -> int:
    """A constant step that still reads the row, so that rows refused before it stay refused."""
    return scope.builder.add(Constant(np.ascontiguousarray(values, dtype=np.float64)), source)


def _priors(estimator: FittedObject, classes: tuple[Classes, ...]) -> list[FloatArray]:
    """The share of each class in training, output by output."""
    one = len(classes) == 1 and isinstance(get_value(estimator, "class_prior_"), np.ndarray)
    found: list[Any] = (
        [get_vector(estimator, "class_prior_")] if one else get_arrays(estimator, "class_prior_", 1)
    )
    shapes = tuple(len(prior) for prior in found)
    check_shape(estimator, "class_prior_", shapes, tuple(len(names) for names in classes))
    return [np.asarray(prior, dtype=np.float64) for prior in found]


def _constants(estimator: FittedObject, classes: tuple[Classes, ...], scope: Scope) -> list[int]:
    """The index of each output's constant among its classes."""
    given = _flat(get_value(estimator, "constant"))
    try:
        return [names.index(value) for names, value in zip(classes, given, strict=True)]
    except ValueError:
        raise scope.damaged("its constant is not one of its classes") from None


def _flat(value: FittedValue) -> list[Any]:
    """One value per output, from a number, a list or an array."""
    if isinstance(value, np.ndarray):
        return list(value.ravel().tolist())
    if isinstance(value, list):
        return [item for part in value for item in _flat(part)]
    return [value]


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.dummy.DummyClassifier": convert_dummy_classifier,
    "sklearn.dummy.DummyRegressor": convert_dummy_regressor,
}
