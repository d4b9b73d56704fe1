"""The trees in which scikit-learn keeps points: KDTree and BallTree.

Source: scikit-learn 0.19 to 1.9, sklearn/neighbors/_binary_tree.pxi.tp, read 2026-12-01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Scope
from poner.compiler.fitted import get_array, get_matrix, get_object, get_value

_FIELDS = frozenset({"idx_start", "idx_end", "radius"})


@dataclass(frozen=True)
class PointTree:
    """A complete tree: the children of node i are 2 i + 1 and 2 i + 2, and halve its points."""

    order: NDArray[np.intp]
    """(n_points,) the points in the order of the leaves."""
    points: FloatArray
    """(n_points, n_features) in this order."""
    bounds: FloatArray
    """(2, n_nodes, n_features) lowest and highest values of a KDTree; (1, ...) centres."""
    radii: FloatArray | None
    """(n_nodes,) around the centres; None of a KDTree."""


def read_tree(estimator: FittedObject, scope: Scope, shape: tuple[int, ...]) -> PointTree | None:
    """The tree of an estimator; None where it searches by brute force.

    Args:
        estimator: it has the attributes `_fit_method` and `_tree`.
        scope: names the estimator in errors.
        shape: (n_points, n_features) of its points.

    Raises:
        ModelUnreadableError: scikit-learn makes no such tree.
    """
    method = get_value(estimator, "_fit_method")
    if method not in ("kd_tree", "ball_tree"):
        return None
    tree = get_object(estimator, "_tree")
    points, bounds = get_matrix(tree, "data"), get_array(tree, "node_bounds", 3)
    order, nodes = get_array(tree, "idx_array", 1), get_array(tree, "node_data", 1)
    if points.shape != shape or not np.array_equal(np.sort(order), np.arange(len(points))):
        raise scope.damaged("the points of its tree are not its own")
    sides = 2 if method == "kd_tree" else 1
    if bounds.shape != (sides, len(nodes), shape[1]) or bounds.dtype.kind != "f":
        raise scope.damaged("the nodes and the bounds of its tree do not fit each other")
    if not set(nodes.dtype.names or ()) >= _FIELDS or not _is_halved(nodes, len(points)):
        raise scope.damaged("the nodes of its tree do not halve its points")
    radii = None if method == "kd_tree" else nodes["radius"].astype(np.float64)
    order = order.astype(np.intp)
    return PointTree(order, points[order], bounds.astype(np.float64), radii)


def _is_halved(nodes: NDArray[np.void], n_points: int) -> bool:
    """Whether the nodes fill a complete tree, in which the left child has the smaller half."""
    n_levels = len(nodes).bit_length()
    if len(nodes) != 2**n_levels - 1 or len(nodes) // 2 >= n_points:
        return False
    begin, end = np.zeros(1, np.int64), np.full(1, n_points)
    wanted = [(begin, end)]
    for _ in range(n_levels - 1):
        middle = begin + (end - begin) // 2
        begin = np.stack([begin, middle], axis=1).ravel()
        end = np.stack([middle, end], axis=1).ravel()
        wanted.append((begin, end))
    starts, ends = (np.concatenate(part) for part in zip(*wanted, strict=True))
    return np.array_equal(nodes["idx_start"], starts) and np.array_equal(nodes["idx_end"], ends)
