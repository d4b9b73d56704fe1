"""LabelPropagation and LabelSpreading: a weighted mean of the training rows' labels.

Source: scikit-learn 1.1 to 1.9, sklearn/semi_supervised/_label_propagation.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.pairwise_kernels import add_distances, add_kernel
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_classes, get_matrix, get_number, get_value
from poner.compiler.operations.distances import Metric, Neighbours, NeighbourWeights
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Reduction


def convert_label_propagation(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """Weights of the training rows times their label distributions, normalized to add up to 1."""
    builder = scope.builder
    points = get_matrix(estimator, "X_")
    labels = get_matrix(estimator, "label_distributions_")
    classes = get_classes(estimator)
    if labels.shape != (len(points), len(classes)):
        raise scope.damaged("its labels do not fit its training rows")
    weights = _add_weights(estimator, scope, source, points)
    sums = builder.linear(weights, labels.T)
    probabilities = builder.pair(Pairing.DIVIDE, sums, builder.reduce(Reduction.SUM, sums))
    return Prediction(builder.argmax(probabilities), (classes,), predict_proba=probabilities)


def _add_weights(estimator: FittedObject, scope: Scope, source: int, points: FloatArray) -> int:
    """The weight of each training row: an RBF kernel, or 1 for the nearest rows."""
    kernel = get_value(estimator, "kernel")
    if kernel == "rbf":
        return add_kernel(scope, source, points, "rbf", {"gamma": get_number(estimator, "gamma")})
    if kernel == "knn":
        finite = scope.builder.require(source)
        distances = add_distances(scope, finite, points, Metric.SQUARED_EUCLIDEAN)
        limit = np.array([get_number(estimator, "n_neighbors"), 0.0])
        return scope.builder.add(Neighbours(NeighbourWeights.UNIFORM, limit), distances)
    raise scope.unsupported("the native engine does not compute a kernel of your own")


_MODULE = "sklearn.semi_supervised._label_propagation"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_MODULE}.LabelPropagation": convert_label_propagation,
    f"{_MODULE}.LabelSpreading": convert_label_propagation,
}
