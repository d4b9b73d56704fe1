"""NearestCentroid: the class whose centroid is nearest.

Source: scikit-learn 1.1 to 1.9, sklearn/neighbors/_nearest_centroid.py and
sklearn/discriminant_analysis.py (DiscriminantAnalysisPredictionMixin), read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.distances import (
    Distance,
    add_distances_of,
    add_roots,
    name_distance,
)
from poner.compiler.converters.neighbours import mark_nearest_ties
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_classes, get_matrix, get_value, get_vector
from poner.compiler.operations.elementwise import Pairing
from poner.compiler.operations.rowwise import Reduction, Softmax


def convert_nearest_centroid(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """The nearest centroid; since scikit-learn 1.6 the best score if priors differ."""
    builder = scope.builder
    classes = get_classes(estimator)
    centres = get_matrix(estimator, "centroids_")
    metric = get_value(estimator, "metric")
    distance = name_distance(scope, metric, {}, centres.shape[1])
    source = builder.require(source)
    if centres.shape != (len(classes), builder.width(source)):
        raise scope.damaged("its centres and its classes differ in number")
    distances = add_distances_of(scope, source, centres, distance)
    nearest = builder.reduce(Reduction.ARGMIN, distances)
    mark_nearest_ties(scope, source, centres, distance, distances)
    if scope.version < (1, 6):
        return Prediction(nearest, (classes,))
    priors = get_vector(estimator, "class_prior_")
    if len(priors) != len(classes):
        raise scope.damaged("its priors and its classes differ in number")
    scores = _add_scores(estimator, scope, source, centres, distance)
    label = nearest if np.isclose(priors, 1 / len(classes)).all() else builder.argmax(scores)
    if metric != "euclidean":
        return Prediction(label, (classes,))
    shown = scores
    if len(classes) == 2:
        second, first = builder.select(scores, [1]), builder.select(scores, [0])
        shown = builder.pair(Pairing.SUBTRACT, second, first)
    return Prediction(label, (classes,), builder.add(Softmax(), scores), shown)


def _add_scores(
    estimator: FittedObject, scope: Scope, source: int, centres: FloatArray, distance: Distance
) -> int:
    """Minus the squared distances, in units of the spread within classes, plus the log priors."""
    builder = scope.builder
    spread = get_vector(estimator, "within_class_std_dev_")
    if len(spread) != centres.shape[1]:
        raise scope.damaged("its `within_class_std_dev_` needs one value for each feature")
    spread = np.where(spread == 0.0, 1.0, spread)
    scaled = builder.combine(Pairing.DIVIDE, source, spread)
    distances = add_distances_of(scope, scaled, centres / spread, distance)
    distances = add_roots(scope, distances, distance)
    squares = builder.pair(Pairing.MULTIPLY, distances, distances)
    with np.errstate(divide="ignore", invalid="ignore"):
        offsets = 2.0 * np.log(get_vector(estimator, "class_prior_"))
    return builder.combine(Pairing.ADD, builder.combine(Pairing.MULTIPLY, squares, -1.0), offsets)


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.neighbors._nearest_centroid.NearestCentroid": convert_nearest_centroid
}
