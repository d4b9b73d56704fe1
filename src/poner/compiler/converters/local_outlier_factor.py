"""The local outlier factor: the neighbours' density divided by the row's own.

Source: scikit-learn 1.1 to 1.9, sklearn/neighbors/_lof.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject
from poner.compiler.converters.distances import add_roots
from poner.compiler.converters.neighbours import add_neighbourhood
from poner.compiler.converters.scope import Prediction, PredictorConverter, Scope
from poner.compiler.fitted import get_array, get_number, get_vector
from poner.compiler.operations.elementwise import Function, Pairing
from poner.compiler.operations.rowwise import Reduction


def convert_local_outlier_factor(estimator: FittedObject, scope: Scope, source: int) -> Prediction:
    """1 (inlier) unless the neighbours' mean density exceeds the row's by the offset, else -1."""
    builder = scope.builder
    near = add_neighbourhood(estimator, scope, builder.require(source), count_name="n_neighbors_")
    n_points = builder.width(near.weights)
    densities = get_vector(estimator, "_lrd")
    reaches = get_array(estimator, "_distances_fit_X_", 2)
    count = int(get_number(estimator, "n_neighbors_"))
    if len(densities) != n_points or len(reaches) != n_points or reaches.shape[1] < count:
        raise scope.damaged("its densities and its points differ in number")
    reach = reaches[:, count - 1].astype(np.float64)
    distances = add_roots(scope, near.distances, near.distance)
    reached = builder.combine(Pairing.MAXIMUM, distances, reach)
    terms = builder.pair(Pairing.MULTIPLY, near.weights, reached)
    mean = builder.combine(Pairing.DIVIDE, builder.reduce(Reduction.SUM, terms), float(count))
    density = builder.map(Function.RECIPROCAL, builder.combine(Pairing.ADD, mean, 1e-10))
    others = builder.linear(near.weights, densities[None])
    ratio = builder.pair(
        Pairing.DIVIDE, builder.combine(Pairing.DIVIDE, others, float(count)), density
    )
    offset = get_number(estimator, "offset_")
    scores = builder.combine(Pairing.SUBTRACT, builder.map(Function.NEGATIVE, ratio), offset)
    builder.mark_ties(builder.combine(Pairing.DIVIDE, scores, max(abs(offset), 1.0)), "classes")
    labels = builder.combine(Pairing.GREATER_EQUAL, scores, 0.0)
    return Prediction(labels, ((-1, 1),), decision_function=scores)


PREDICTORS: dict[str, PredictorConverter] = {
    "sklearn.neighbors._lof.LocalOutlierFactor": convert_local_outlier_factor
}
