"""Readers: from a fitted estimator to steps of a Program, one file a family of estimators.

An estimator is matched by its exact class: a subclass may compute something else. To add one,
write its function in the file of its family and give it a row in that file's table.
"""

from __future__ import annotations

from poner.artifacts import TrainedModel
from poner.compiler.program import Output, Program, ProgramBuilder
from poner.compiler.readers import (
    adaboost,
    bagging,
    calibration,
    columns,
    discriminant,
    dummy,
    elliptic_envelope,
    encoders,
    forest,
    functions,
    generalized_linear,
    gradient_boosting,
    hist_gradient_boosting,
    imputation,
    isolation_forest,
    isotonic,
    label_propagation,
    linear,
    linear_classifiers,
    multiclass,
    multioutput,
    naive_bayes,
    neural_network,
    pipeline,
    scaling,
    searches,
    stacking,
    stochastic_gradient,
    target_transform,
    thresholds,
    voting,
)
from poner.compiler.readers.reading import (
    Prediction,
    PredictorReader,
    Scope,
    TransformerReader,
)

TRANSFORMERS: dict[str, TransformerReader] = {
    **columns.TRANSFORMERS,
    **discriminant.TRANSFORMERS,
    **encoders.TRANSFORMERS,
    **functions.TRANSFORMERS,
    **imputation.TRANSFORMERS,
    **isotonic.TRANSFORMERS,
    **pipeline.TRANSFORMERS,
    **scaling.TRANSFORMERS,
    **searches.TRANSFORMERS,
    **stacking.TRANSFORMERS,
    **voting.TRANSFORMERS,
}
"""The reader of each class that transforms, by its exact name."""

PREDICTORS: dict[str, PredictorReader] = {
    **adaboost.PREDICTORS,
    **bagging.PREDICTORS,
    **calibration.PREDICTORS,
    **discriminant.PREDICTORS,
    **dummy.PREDICTORS,
    **elliptic_envelope.PREDICTORS,
    **forest.PREDICTORS,
    **generalized_linear.PREDICTORS,
    **gradient_boosting.PREDICTORS,
    **hist_gradient_boosting.PREDICTORS,
    **isolation_forest.PREDICTORS,
    **isotonic.PREDICTORS,
    **label_propagation.PREDICTORS,
    **linear.PREDICTORS,
    **linear_classifiers.PREDICTORS,
    **multiclass.PREDICTORS,
    **multioutput.PREDICTORS,
    **naive_bayes.PREDICTORS,
    **neural_network.PREDICTORS,
    **pipeline.PREDICTORS,
    **searches.PREDICTORS,
    **stacking.PREDICTORS,
    **stochastic_gradient.PREDICTORS,
    **target_transform.PREDICTORS,
    **thresholds.PREDICTORS,
    **voting.PREDICTORS,
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
