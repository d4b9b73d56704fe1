"""Converters: from a fitted estimator to steps of a Program, one file a family of estimators.

An estimator is matched by its exact class: a subclass may compute something else. To add one,
write its function in the file of its family and give it a row in that file's table.
"""

from __future__ import annotations

from poner.artifacts import TrainedModel
from poner.compiler.converters import (
    adaboost,
    bagging,
    binning,
    calibration,
    clusters,
    columns,
    discriminant,
    distributions,
    dummy,
    elliptic_envelope,
    encoders,
    forest,
    functions,
    gaussian_process,
    generalized_linear,
    gradient_boosting,
    hist_gradient_boosting,
    imputation,
    isolation_forest,
    isotonic,
    iterative_imputation,
    kernel_maps,
    kernel_ridge,
    label_propagation,
    linear,
    linear_classifiers,
    local_outlier_factor,
    multiclass,
    multioutput,
    naive_bayes,
    nearest_centroid,
    neighbours,
    neural_network,
    pipeline,
    polynomials,
    projections,
    scaling,
    searches,
    selection,
    stacking,
    stochastic_gradient,
    support_vectors,
    target_encoding,
    target_transform,
    thresholds,
    voting,
)
from poner.compiler.converters.scope import (
    Prediction,
    PredictorConverter,
    Scope,
    TransformerConverter,
)
from poner.compiler.program import Output, Program, ProgramBuilder

TRANSFORMERS: dict[str, TransformerConverter] = {
    **binning.TRANSFORMERS,
    **clusters.TRANSFORMERS,
    **columns.TRANSFORMERS,
    **discriminant.TRANSFORMERS,
    **distributions.TRANSFORMERS,
    **encoders.TRANSFORMERS,
    **functions.TRANSFORMERS,
    **imputation.TRANSFORMERS,
    **isotonic.TRANSFORMERS,
    **iterative_imputation.TRANSFORMERS,
    **kernel_maps.TRANSFORMERS,
    **pipeline.TRANSFORMERS,
    **polynomials.TRANSFORMERS,
    **projections.TRANSFORMERS,
    **scaling.TRANSFORMERS,
    **searches.TRANSFORMERS,
    **selection.TRANSFORMERS,
    **stacking.TRANSFORMERS,
    **target_encoding.TRANSFORMERS,
    **voting.TRANSFORMERS,
}
"""The converter of each class that transforms, by its exact name."""

PREDICTORS: dict[str, PredictorConverter] = {
    **adaboost.PREDICTORS,
    **bagging.PREDICTORS,
    **calibration.PREDICTORS,
    **clusters.PREDICTORS,
    **discriminant.PREDICTORS,
    **dummy.PREDICTORS,
    **elliptic_envelope.PREDICTORS,
    **forest.PREDICTORS,
    **gaussian_process.PREDICTORS,
    **generalized_linear.PREDICTORS,
    **gradient_boosting.PREDICTORS,
    **hist_gradient_boosting.PREDICTORS,
    **isolation_forest.PREDICTORS,
    **isotonic.PREDICTORS,
    **kernel_ridge.PREDICTORS,
    **label_propagation.PREDICTORS,
    **linear.PREDICTORS,
    **linear_classifiers.PREDICTORS,
    **local_outlier_factor.PREDICTORS,
    **multiclass.PREDICTORS,
    **multioutput.PREDICTORS,
    **naive_bayes.PREDICTORS,
    **nearest_centroid.PREDICTORS,
    **neighbours.PREDICTORS,
    **neural_network.PREDICTORS,
    **pipeline.PREDICTORS,
    **projections.PREDICTORS,
    **searches.PREDICTORS,
    **selection.PREDICTORS,
    **stacking.PREDICTORS,
    **stochastic_gradient.PREDICTORS,
    **support_vectors.PREDICTORS,
    **target_transform.PREDICTORS,
    **thresholds.PREDICTORS,
    **voting.PREDICTORS,
}
"""The converter of each class that predicts, by its exact name."""


def convert_model(model: TrainedModel) -> tuple[Program, Prediction]:
    """The Program of a trained model, and the classes of what it predicts.

    Raises:
        NotSupportedError: no converter knows a class in it, or the converter its settings.
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
