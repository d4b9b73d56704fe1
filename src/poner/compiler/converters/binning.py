"""KBinsDiscretizer: the bin that a value falls into.

Source: scikit-learn 1.1 to 1.9, sklearn/preprocessing/_discretization.py, read 2026-11-22.
"""

from __future__ import annotations

import numpy as np

from poner.artifacts import FittedObject, FloatArray
from poner.compiler.converters.scope import Scope, TransformerConverter
from poner.compiler.fitted import get_list, get_value
from poner.compiler.operations.lookup import Digitize, OneHot
from poner.compiler.operations.plumbing import CastFloat32

_MISFIT = "its bins do not fit its columns"


def convert_k_bins_discretizer(estimator: FittedObject, scope: Scope, source: int) -> int:
    """The index of each value's bin (the inner edges it has reached), or its one-hot columns."""
    builder = scope.builder
    edges = [_inner(part, scope) for part in get_list(estimator, "bin_edges_")]
    if len(edges) != builder.width(source):
        raise scope.damaged(_MISFIT)
    dtype = get_value(estimator, "dtype")
    if isinstance(dtype, FittedObject) and "float32" in str(dtype.attributes.get("name")):
        checked = builder.add(CastFloat32(False), source)
    else:
        checked = builder.require(source)
    counts = np.array([len(part) for part in edges])
    places = builder.add(Digitize(np.cumsum(counts).astype("<u4"), np.concatenate(edges)), checked)
    if get_value(estimator, "encode") == "ordinal":
        return places
    return builder.add(OneHot(np.cumsum(counts + 1).astype("<u4")), places)


def _inner(edges: object, scope: Scope) -> FloatArray:
    """The edges between the bins of a column, without the outermost two."""
    if not isinstance(edges, np.ndarray) or edges.ndim != 1 or edges.dtype.kind not in "fiu":
        raise scope.damaged(_MISFIT)
    if len(edges) < 2 or np.any(np.diff(edges) < 0):
        raise scope.damaged(_MISFIT)
    return np.asarray(edges[1:-1], dtype=np.float64)


TRANSFORMERS: dict[str, TransformerConverter] = {
    "sklearn.preprocessing._discretization.KBinsDiscretizer": convert_k_bins_discretizer
}
