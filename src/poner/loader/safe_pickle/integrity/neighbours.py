"""Checks neighbour models: nodes split the rows of their parent; all rows have one width."""

from __future__ import annotations

from typing import Any

from ..faults import damaged
from ..object_walk import is_neighbour_tree
from .shapes import is_array, is_within, require, width_of

TREE = "neighbour tree"
MODEL = "neighbours model"
"""How messages name the part that is checked."""

NORMS = frozenset({"X_norm_squared", "Y_norm_squared"})
"""Options that give compiled code arrays, whose lengths it does not check."""


def check_neighbour_tree(tree: Any) -> None:
    """KDTree and BallTree: sizes of data, order, nodes and bounds agree."""
    data, order, nodes, bounds, _, _, n_nodes, _, _, _, _, metric, *more = tree.__getstate__()
    weights = more[0] if more else None  # since 0.20
    n_rows, width = data.shape
    require(n_rows > 0 and width > 0, TREE, "is empty")
    fits = order.shape == (n_rows,) and is_within(order, n_rows)
    require(fits, TREE, "has the index of a row that does not exist")
    fits = weights is None or weights.shape == (n_rows,)
    require(fits, TREE, "has a wrong number of weights for its rows")
    fits = nodes.shape == (n_nodes,) and n_nodes > 0
    require(fits, TREE, "has a wrong number of nodes")
    fits = bounds.ndim == 3 and bounds.shape[0] in (1, 2) and bounds.shape[1:] == (n_nodes, width)
    require(fits, TREE, "has bounds of the wrong shape")
    if type(tree).__module__.endswith("kd_tree"):
        require(bounds.shape[0] == 2, TREE, "has bounds of the wrong shape")
    _check_nodes(nodes, n_rows)
    _check_metric(metric, width)


def _check_nodes(nodes: Any, n_rows: int) -> None:
    """The root has all rows, and two children split the rows of their parent."""
    import numpy as np

    begin, end, inner = nodes["idx_start"], nodes["idx_end"], nodes["is_leaf"] == 0
    whole = begin[0] == 0 and end[0] == n_rows and (begin <= end).all()
    require(whole, TREE, "has nodes with rows that do not exist")
    parents = np.flatnonzero(inner)
    left, right = 2 * parents + 1, 2 * parents + 2
    require(is_within(right, len(nodes)), TREE, "has a node without children")
    split = (
        (begin[left] == begin[parents]).all()
        and (end[left] == begin[right]).all()
        and (end[right] == end[parents]).all()
    )
    require(split, TREE, "has nodes that do not split their rows")


def _check_metric(metric: Any, width: int) -> None:
    """A distance's weights and matrix are as wide as the data."""
    from sklearn import metrics, neighbors

    home: Any = metrics if hasattr(metrics, "DistanceMetric") else neighbors  # before 1.3
    distance = home.DistanceMetric
    require(isinstance(metric, distance), TREE, "has no distance")
    name = type(metric).__name__
    _, vector, matrix, *more = metric.__getstate__()
    require(not more and not name.startswith("PyFunc"), "distance", "calls a function")
    if name.startswith("SEuclidean"):
        require(
            vector.shape == (width,), "distance", "has a wrong number of weights for its columns"
        )
    elif name.startswith("Minkowski"):
        unweighted = type(metric)(2).__getstate__()[1].shape
        fits = vector.shape in (unweighted, (width,))
        require(fits, "distance", "has a wrong number of weights for its columns")
    elif name.startswith("Mahalanobis"):
        fits = matrix.shape == (width, width)
        require(fits, "distance", "has a matrix of the wrong shape for its columns")
    elif name.startswith("Haversine"):
        require(width == 2, "distance", "needs two columns, latitude and longitude")


def check_distance(metric: Any) -> None:
    """A matrix of distances is square, whatever it is used for."""
    if type(metric).__name__.startswith("Mahalanobis"):
        shape = metric.__getstate__()[2].shape
        require(shape == shape[:1] * 2, "distance", "has a matrix that is not square")


def check_neighbours(model: Any) -> None:
    """Training rows have the model's width, and one target each."""
    state = vars(model)
    if "_fit_X" not in state:
        return
    fitted = model._fit_X
    require(len(getattr(fitted, "shape", ())) == 2, MODEL, "has no training rows")
    n_rows, width = fitted.shape
    require(
        width == width_of(model),
        MODEL,
        "has training rows whose width differs from the number of features",
    )
    require(model.n_samples_fit_ == n_rows, MODEL, "has a wrong number of training rows")
    if "_y" in state:
        require(
            len(model._y) == n_rows,
            MODEL,
            "has a number of targets that differs from its number of rows",
        )
    tree = state.get("_tree")
    if tree is not None:
        fits = is_neighbour_tree(tree) and tree.__getstate__()[0].shape == (n_rows, width)
        require(fits, MODEL, "has a tree whose rows are not its training rows")
    for name in ("effective_metric_params_", "metric_params"):
        options = state.get(name) or {}
        if NORMS & set(options):
            raise damaged(f"{name} holds {sorted(NORMS & set(options))[0]}")
    classes = state.get("classes_")
    if is_array(classes, "iufbOSU", 1) and is_array(state.get("_y"), "iu", 1):
        require(
            is_within(model._y, len(classes)), MODEL, "has the index of a class that does not exist"
        )


CHECKS = {
    **{
        f"sklearn.neighbors.{module}.{name}": check_neighbour_tree
        for module, names in {
            "_kd_tree": ("KDTree", "KDTree64", "KDTree32"),
            "_ball_tree": ("BallTree", "BallTree64", "BallTree32"),
        }.items()
        for name in names
    },
    "sklearn.metrics._dist_metrics.DistanceMetric": check_distance,
    "sklearn.neighbors._base.NeighborsBase": check_neighbours,
}
"""By class: what is checked of its objects."""
