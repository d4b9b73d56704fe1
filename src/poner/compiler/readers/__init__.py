"""Readers: from a fitted estimator to steps of a Program, one file a family of estimators.

An estimator is matched by its exact class: a subclass may compute something else. To add one,
write its function in the file of its family and give it a row in that file's table.
"""

from __future__ import annotations

from poner.artifacts import TrainedModel
from poner.compiler.program import Output, Program, ProgramBuilder
from poner.compiler.readers import (
    binning,
    clusters,
    columns,
    distributions,
    encoders,
    forest,
    functions,
    gradient_boosting,
    hist_gradient_boosting,
    imputation,
    kernel_maps,
    linear,
    pipeline,
    polynomials,
    projections,
    scaling,
    selection,
    support_vectors,
    target_encoding,
)
from poner.compiler.readers.reading import (
    Prediction,
    PredictorReader,
    Scope,
    TransformerReader,
)

TRANSFORMERS: dict[str, TransformerReader] = {
    **binning.TRANSFORMERS,
    **clusters.TRANSFORMERS,
    **columns.TRANSFORMERS,
    **distributions.TRANSFORMERS,
    **encoders.TRANSFORMERS,
    **functions.TRANSFORMERS,
    **imputation.TRANSFORMERS,
    **kernel_maps.TRANSFORMERS,
    **pipeline.TRANSFORMERS,
    **polynomials.TRANSFORMERS,
    **projections.TRANSFORMERS,
    **scaling.TRANSFORMERS,
    **selection.TRANSFORMERS,
    **target_encoding.TRANSFORMERS,
}
"""The reader of each class that transforms, by its exact name."""

PREDICTORS: dict[str, PredictorReader] = {
    **clusters.PREDICTORS,
    **forest.PREDICTORS,
    **gradient_boosting.PREDICTORS,
    **hist_gradient_boosting.PREDICTORS,
    **linear.PREDICTORS,
    **pipeline.PREDICTORS,
    **projections.PREDICTORS,
    **selection.PREDICTORS,
    **support_vectors.PREDICTORS,
}
"""The reader of each class that predicts, by its exact name."""


def read_model(model: TrainedModel) -> tuple[Program, Prediction]:
    """The Program of a trained model, and the classes of what it predicts.

    Raises:
        NotSupportedError: no reader knows a class in it, or the reader its settings.
        ModelUnreadableError: the fitted state is damaged.
    """
    features = model.signature.features
    texts = {place for place, feature in enumerate(features) if feature.kind == "category"}
    builder = ProgramBuilder(len(features), categories=texts)
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
