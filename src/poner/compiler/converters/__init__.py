"""Converters turn a fitted estimator into steps of a Program, one file for a family of estimators.

An estimator is matched by its exact class, since a subclass may compute something else. To add one,
write its function in the file of its family, and give it a row in that file's table TRANSFORMERS or
PREDICTORS. Every module of this package is looked through for these tables.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from poner.artifacts import TrainedModel
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.program import Output, Program, ProgramBuilder
from poner.signature import category_places

_FAMILIES = [
    import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
]

TRANSFORMERS: dict[str, TransformerConverter] = {}
"""The converter of each class that transforms, by its exact name."""

PREDICTORS: dict[str, PredictorConverter] = {}
"""The converter of each class that predicts, by its exact name."""

for _family in _FAMILIES:
    TRANSFORMERS.update(getattr(_family, "TRANSFORMERS", {}))
    PREDICTORS.update(getattr(_family, "PREDICTORS", {}))


def convert_model(model: TrainedModel) -> tuple[Program, Prediction]:
    """The Program of a trained model, and the classes of what it predicts.

    Raises:
        NotSupportedError: no converter takes one of its classes, or one of their settings.
        ModelUnreadableError: the fitted state is damaged.
    """
    features = model.signature.features
    categories = set(category_places(model.signature.kinds))
    builder = ProgramBuilder(len(features), categories=categories)
    major, minor = model.provenance.sklearn_version.split(".")[:2]
    scope = Scope(
        builder=builder,
        version=(int(major), int(minor)),
        oracle=model.oracle,
        transformers=TRANSFORMERS,
        predictors=PREDICTORS,
        with_none=frozenset(model.missing_as_none),
        steps=(model.estimator.type_name.rpartition(".")[2],),
    )
    prediction = scope.predict(model.estimator, 0)
    registers = {
        Output.PREDICT: prediction.predict,
        Output.DECISION_FUNCTION: prediction.decision_function,
        Output.PREDICT_PROBA: prediction.predict_proba,
        Output.RAW: prediction.raw,
    }
    outputs = {output: place for output, place in registers.items() if place is not None}
    return builder.finish(outputs), prediction
