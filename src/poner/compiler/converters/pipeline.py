"""Pipelines: transforming steps in order, then a last step that transforms or predicts.

Source: scikit-learn 1.1 to 1.9, sklearn/pipeline.py, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Iterator

from poner.artifacts import FittedObject
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.fitted import get_list


def convert_pipeline(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The prediction of the last step, on the row that the steps before it transform."""
    steps = list(steps_of(estimator, scope))
    if not steps:
        raise scope.unsupported("it has no step that predicts")
    *before, (inside, last) = steps
    for inner, step in before:
        source = inner.transform(step, source)
    return inside.predict(last, source)


def convert_transforming_pipeline(estimator: FittedObject, scope: Scope, source: int) -> int:
    """All steps transform."""
    for inner, step in steps_of(estimator, scope):
        source = inner.transform(step, source)
    return source


def steps_of(estimator: FittedObject, scope: Scope) -> Iterator[tuple[Scope, FittedObject]]:
    """The steps without those that pass the row through, each in its own scope."""
    for number, entry in enumerate(get_list(estimator, "steps")):
        match entry:
            case [str(), None | "passthrough"]:
                continue
            case [str() as name, FittedObject() as step]:
                yield scope.inside(name, "steps", number, 1), step
            case _:
                raise scope.damaged("a step of the pipeline is not an estimator")


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.pipeline.Pipeline": convert_transforming_pipeline
}
PREDICTORS: dict[str, PredictorConverter] = {"sklearn.pipeline.Pipeline": convert_pipeline}
