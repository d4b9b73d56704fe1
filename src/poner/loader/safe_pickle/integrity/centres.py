"""Centres of clusters and classes are as wide as the rows that are compared with them."""

from __future__ import annotations

from typing import Any

from .shapes import is_array, require, width_of

CLUSTERING = "clustering"
"""How messages name the part that is checked."""

CENTRES = ("cluster_centers_", "subcluster_centers_", "centroids_")
"""Attributes that hold a row for each centre."""

MOST_THREADS = 1024
"""Threads that a model may have been fitted with."""


def check_centres(model: Any) -> None:
    """KMeans and its kin, Birch, MeanShift, AffinityPropagation, NearestCentroid."""
    state = vars(model)
    for name in CENTRES:
        centres = state.get(name)
        if centres is None or not len(getattr(centres, "shape", ())):
            continue
        if len(centres) or (name == "cluster_centers_" and "_n_threads" in state):
            fits = len(centres.shape) == 2 and centres.shape[1] == width_of(model)
            require(
                fits and centres.shape[0],
                CLUSTERING,
                "has centres whose width differs from the number of features",
            )
    norms = state.get("_subcluster_norms")
    if norms is not None:
        fits = is_array(norms, "f", 1) and len(norms) == len(model.subcluster_centers_)
        require(fits, CLUSTERING, "has a number of norms that differs from its number of centres")
    threads = state.get("_n_threads", 1)
    require(
        type(threads) is int and 0 < threads <= MOST_THREADS,
        CLUSTERING,
        "has no valid number of threads",
    )


def check_bisecting(model: Any) -> None:
    """Each node of a BisectingKMeans is a centre as wide as the rows."""
    if "_bisecting_tree" not in vars(model):
        return
    width, waiting, seen = width_of(model), [model._bisecting_tree], set()
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        require(id(node) not in seen, CLUSTERING, "has a node with two parents")
        seen.add(id(node))
        fits = is_array(node.center, "f", 1) and len(node.center) == width
        require(fits, CLUSTERING, "has centres whose width differs from the number of features")
        waiting += [node.left, node.right]


CHECKS = {
    "sklearn.cluster._kmeans._BaseKMeans": check_centres,
    "sklearn.cluster._bisect_k_means.BisectingKMeans": check_bisecting,
    "sklearn.cluster._birch.Birch": check_centres,
    "sklearn.cluster._mean_shift.MeanShift": check_centres,
    "sklearn.cluster._affinity_propagation.AffinityPropagation": check_centres,
    "sklearn.neighbors._nearest_centroid.NearestCentroid": check_centres,
}
"""By class: what is checked of its objects."""
