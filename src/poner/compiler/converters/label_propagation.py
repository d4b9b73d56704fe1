"""LabelPropagation and LabelSpreading: a weighted mean of the training rows' labels.

Source: scikit-learn 1.1 to 1.9, sklearn/semi_supervised/_label_propagation.py, read 2026-11-22.
"""

from __future__ import annotations

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.neighbourhoods import add_neighbourhood
from poner.compiler.converters.pairwise_kernels import add_kernel
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_classes, get_matrix, get_number, get_object, get_value
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
    sums = _add_sums(estimator, scope, source, points, labels)
    probabilities = builder.pair(Pairing.DIVIDE, sums, builder.reduce(Reduction.SUM, sums))
    return Prediction(builder.argmax(probabilities), (classes,), predict_proba=probabilities)


def _add_sums(
    estimator: FittedObject, scope: Scope, source: int, points: FloatArray, labels: FloatArray
) -> int:
    """The labels of the training rows, weighted by an RBF kernel or 1 for the nearest, added up."""
    kernel = get_value(estimator, "kernel")
    if kernel == "rbf":
        gamma = get_number(estimator, "gamma")
        weights = add_kernel(scope, source, points, "rbf", {"gamma": gamma})
        return scope.builder.linear(weights, labels.T)
    if kernel == "knn":
        near = add_neighbourhood(get_object(estimator, "nn_fit"), scope, source)
        if near.n_points != len(labels):
            raise scope.damaged("its neighbours and its labels differ in number")
        return near.mean(scope.builder, labels)
    raise scope.unsupported("the native engine does not compute a kernel of your own")


_MODULE = "sklearn.semi_supervised._label_propagation"

PREDICTORS: dict[str, PredictorConverter] = {
    f"{_MODULE}.LabelPropagation": convert_label_propagation,
    f"{_MODULE}.LabelSpreading": convert_label_propagation,
}
