"""The distances that scikit-learn's neighbour searches name.

Source: scikit-learn 1.1 to 1.9, sklearn/neighbors/_base.py, sklearn/metrics/pairwise.py and
_dist_metrics.pyx, read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from poner.artifacts import FittedObject, FittedValue, FloatArray
from poner.compiler.converters.scope import Scope
from poner.compiler.fitted import get_value
from poner.compiler.operations.distances import Distances, Metric
from poner.compiler.operations.elementwise import Function, Pairing

SUPPORTED = "euclidean, manhattan, chebyshev, minkowski, cosine and nan_euclidean"


@dataclass(frozen=True)
class Distance:
    """A distance between two rows."""

    metric: Metric
    """The metric that the kernel computes."""
    root: float = 1.0
    """The kernel's result is the distance to this power."""
    exponent: float = 0.0
    """Minkowski's p."""
    weights: FloatArray | None = None
    """Minkowski's weights, one per feature."""
    cancels: bool = False
    """Whether scikit-learn computes it as a difference of larger numbers, which loses digits."""
    bounded: bool = False
    """If it `cancels`: whether those larger numbers are at most 1."""
    takes_missing: bool = False
    """Whether it accepts missing values."""
    reduced_by_pairs: bool = True
    """Whether scikit-learn's brute force (ArgKmin, RadiusNeighbors) computes it pair by pair. It
    computes Euclidean distances by matrix products, and cosine and nan_euclidean elsewhere."""

    def with_roots(self) -> Distance:
        """The same distance for values whose root has been taken."""
        return replace(self, root=1.0)


def read_distance(estimator: FittedObject, scope: Scope, n_features: int) -> Distance:
    """The distance by which a fitted estimator finds neighbours.

    Raises:
        NotSupportedError: the kernel has no such distance.
        ModelUnreadableError: the distance's parameters are malformed.
    """
    parameters = estimator.attributes.get("effective_metric_params_") or {}
    if not isinstance(parameters, dict):
        raise scope.damaged("the parameters of its metric are not a dict")
    name = get_value(estimator, "effective_metric_")
    brute = get_value(estimator, "_fit_method") == "brute"
    return name_distance(scope, name, parameters, n_features, brute=brute)


def name_distance(
    scope: Scope,
    name: FittedValue,
    parameters: dict[str, FittedValue],
    n_features: int,
    *,
    brute: bool = True,
) -> Distance:
    """The distance of that name; `brute`: scikit-learn compares each row with every point.

    Raises:
        NotSupportedError: the kernel has no such distance.
        ModelUnreadableError: the distance's parameters are malformed.
    """
    match name:
        case "euclidean" | "l2":
            return Distance(
                Metric.SQUARED_EUCLIDEAN, 2.0, cancels=brute, reduced_by_pairs=name == "l2"
            )
        case "sqeuclidean":
            return Distance(Metric.SQUARED_EUCLIDEAN, cancels=brute, reduced_by_pairs=False)
        case "manhattan" | "l1" | "cityblock":
            return Distance(Metric.MANHATTAN)
        case "chebyshev" | "infinity":
            return Distance(Metric.CHEBYSHEV)
        case "minkowski" | "p":
            return _read_minkowski(scope, parameters, n_features)
        case "cosine":
            return Distance(Metric.COSINE, cancels=True, bounded=True, reduced_by_pairs=False)
        case "nan_euclidean":
            return Distance(
                Metric.NAN_EUCLIDEAN, 2.0, cancels=True, takes_missing=True, reduced_by_pairs=False
            )
        case "precomputed":
            raise scope.unsupported(
                "its metric is precomputed, so its input is distances instead of features",
                f"Fit it with one of these: {SUPPORTED}.",
            )
        case str():
            raise scope.unsupported(
                f"the native engine does not compute its metric {name!r}",
                f"Fit it with one of these: {SUPPORTED}.",
            )
        case _:
            raise scope.unsupported(
                "its metric is a function of your own, which the native engine cannot compute",
                f"Fit it with one of these: {SUPPORTED}.",
            )


def _read_minkowski(scope: Scope, parameters: dict[str, FittedValue], n_features: int) -> Distance:
    p, weights = parameters.get("p", 2.0), parameters.get("w")
    if isinstance(p, bool) or not isinstance(p, int | float) or not p > 0:
        raise scope.damaged("the p of its metric is not a positive number")
    if weights is None and np.isinf(p):
        return Distance(Metric.CHEBYSHEV)
    if isinstance(weights, list):
        weights = np.array(weights)
    if weights is not None:
        if not isinstance(weights, np.ndarray) or weights.dtype.kind not in "biuf":
            raise scope.damaged("the weights of its metric are not numbers")
        if weights.shape != (n_features,) or np.isinf(p):
            raise scope.damaged("its metric needs one finite p and one weight for each feature")
        weights = weights.astype(np.float64)
    return Distance(
        Metric.MINKOWSKI, float(p), exponent=float(p), weights=weights, reduced_by_pairs=p != 2
    )


def add_distances_of(scope: Scope, source: int, points: FloatArray, distance: Distance) -> int:
    """The row's distance from each point, to the power of `distance.root`."""
    exponent = np.array([distance.exponent])
    return scope.builder.add(Distances(distance.metric, points, exponent, distance.weights), source)


def add_roots(scope: Scope, distances: int, distance: Distance) -> int:
    """The distances themselves."""
    if distance.root == 2.0:
        return scope.builder.map(Function.SQRT, distances)
    if distance.root == 1.0:
        return distances
    return scope.builder.combine(Pairing.POWER, distances, 1.0 / distance.root)
