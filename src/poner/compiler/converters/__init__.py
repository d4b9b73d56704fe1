"""Converters: from a fitted estimator to steps of a Program, one file a family of estimators.

An estimator is matched by its exact class: a subclass may compute something else. To add one,
write its function in the file of its family and give it a row in that file's TRANSFORMERS or
PREDICTORS. The tables of all files in this folder are merged here.
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

TRANSFORMERS: dict[str, TransformerConverter] = {}
"""The converter of each class that transforms, by the class's exact name."""

PREDICTORS: dict[str, PredictorConverter] = {}
"""The converter of each class that predicts, by the class's exact name."""


def _merge_tables() -> None:
    """Put the tables of all files in this folder together; no class is in two files."""
    for file in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = import_module(file.name)
        for name, merged in (("TRANSFORMERS", TRANSFORMERS), ("PREDICTORS", PREDICTORS)):
            table = getattr(module, name, {})
            twice = merged.keys() & table.keys()
            assert not twice, f"{file.name} has a second converter of {', '.join(twice)}"
            merged.update(table)


_merge_tables()


def convert_model(model: TrainedModel) -> tuple[Program, Prediction]:
    """The Program of a trained model, and the classes of what it predicts.

    Raises:
        NotSupportedError: no converter knows a class in it, or the converter its settings.
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
