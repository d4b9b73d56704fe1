"""Takes a fitted estimator of any class apart into plain data.

The result is a table of nodes and a list of arrays. A node is one of::

    ["list", [value, ...]]              also for tuples, sets and arrays of objects
    ["dict", {text: value, ...}]
    ["object", type name, {attribute: value, ...}]
    ["array", index into the list of arrays]
    ["text", text]                      a long text, stored once however often it is used

and a value is null, a boolean, a number, a text, or `[index of a node]`. A node refers only to
earlier nodes, so a shared object is stored once, cycles are impossible, and one pass reads the
table. The last node is the estimator.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError
from .array_block import is_plain

DEEPEST = 100
"""Most levels of objects inside objects; Pipelines of stacks of forests need about 30."""


LONGEST_TEXT_IN_PLACE = 64
"""Most characters of a text that is written in place; a longer text becomes a node."""

MOST_BYTES = 2 << 30
"""Most bytes of arrays and long keys together: twice the size of the largest model file."""


class Description(NamedTuple):
    """An estimator taken apart."""

    nodes: list[Any]
    """The table; the last node is the estimator."""
    arrays: list[Any]
    """numpy arrays of plain dtypes."""


def describe(estimator: Any) -> Description:
    """Take an estimator apart.

    Raises:
        FileUnreadableError: the estimator is nested too deeply or too large.
    """
    table = _Table()
    table.value(estimator, 0)
    return Description(table.nodes, table.arrays)


class _Table:
    def __init__(self) -> None:
        import numpy as np

        self.np = np
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.places: dict[int, int] = {}
        """Index of each object's node, by the object's id."""
        self.open: dict[int, Any] = {}
        """Objects whose parts are being described, by id."""
        self.kept: list[Any] = []
        """Objects that already have a node, kept alive so that Python does not reuse an id."""
        self.left_bytes = MOST_BYTES
        """Bytes that arrays and long keys may still take."""

    def value(self, value: Any, depth: int) -> Any:
        """A scalar unchanged; any other value as `[index]`."""
        kind = type(value)
        if value is None or kind is bool or kind is int or kind is float:
            return value
        if kind is str and len(value) <= LONGEST_TEXT_IN_PLACE:
            return value
        if isinstance(value, self.np.generic):
            return self._scalar(value)
        place = self.places.get(id(value))
        if place is None:
            place = self._place(value, depth)
        return [place]

    def _scalar(self, value: Any) -> Any:
        plain = value.item()
        if isinstance(plain, (bool, int, float, str)):
            return plain
        return [self._add(["object", type_name(type(value)), {}])]

    def _place(self, value: Any, depth: int) -> int:
        if depth > DEEPEST:
            raise FileUnreadableError("The model nests objects too deeply.")
        if id(value) in self.open:  # the object contains itself: an empty node ends the cycle
            return self._add(["object", type_name(type(value)), {}])
        self.open[id(value)] = value
        node = self._node(value, depth + 1)
        del self.open[id(value)]
        place = self.places[id(value)] = self._add(node)
        self.kept.append(value)
        return place

    def _add(self, node: list[Any]) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _node(self, value: Any, depth: int) -> list[Any]:
        if type(value) is str:
            return ["text", value]
        if isinstance(value, self.np.ndarray):
            return self._array(value, depth)
        if isinstance(value, dict):
            return ["dict", self._mapping(value, depth)]
        if isinstance(value, (list, tuple, set, frozenset)):
            return ["list", [self.value(item, depth) for item in value]]
        name = type_name(type(value))
        return ["object", name, self._mapping(state_of(value, name), depth)]

    def _array(self, value: Any, depth: int) -> list[Any]:
        if value.dtype.hasobject:
            return ["list", self._nested(value.tolist(), value.ndim, depth)]
        if isinstance(value, self.np.ma.MaskedArray):
            return ["object", "numpy.ma.MaskedArray", {}]  # search results, never a prediction
        if not is_plain(value.dtype):
            return ["object", "numpy.ndarray", {}]  # dates
        self._spend(value.nbytes)
        self.arrays.append(self.np.asarray(value))
        return ["array", len(self.arrays) - 1]

    def _nested(self, items: Any, dimensions: int, depth: int) -> list[Any]:
        """Nested lists for an array of objects."""
        if dimensions == 0:
            return [self.value(items, depth)]
        if dimensions == 1:
            return [self.value(item, depth) for item in items]
        return [[self._add(["list", self._nested(i, dimensions - 1, depth)])] for i in items]

    def _mapping(self, state: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        described = {}
        for key, value in state.items():
            name = str(key)
            if len(name) > LONGEST_TEXT_IN_PLACE:  # a key is written again for each object
                self._spend(len(name))
            described[name] = self.value(value, depth)
        return described

    def _spend(self, size: int) -> None:
        self.left_bytes -= size
        if self.left_bytes < 0:
            raise FileUnreadableError("The model has more parts than any fitted model.")


def type_name(kind: type) -> str:
    """Module and name of a class, such as `sklearn.svm._classes.SVC`."""
    return f"{kind.__module__}.{kind.__qualname__}"


def state_of(value: Any, name: str) -> Mapping[str, Any]:
    """The state of an object that a prediction may need; empty for an unknown type."""
    read = SPECIAL_STATES.get(name)
    if read is not None:
        return read(value)
    if isinstance(value, type):
        return {"name": type_name(value)}
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        return {"name": f"{value.__module__}.{value.__qualname__}"}
    if hasattr(value, "__dict__") and (name.startswith(TAKEN_APART) or is_estimator(value)):
        return dict(vars(value))
    return {}


def is_estimator(value: Any) -> bool:
    """Whether a class of the user's own follows scikit-learn's protocol."""
    return callable(getattr(type(value), "get_params", None))


def _tree_state(tree: Any) -> Mapping[str, Any]:
    return {
        **tree.__getstate__(),
        "n_features": tree.n_features,
        "n_classes": tree.n_classes,
        "n_outputs": tree.n_outputs,
    }


def _sparse_state(matrix: Any) -> Mapping[str, Any]:
    matrix = matrix.tocsr()
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    return {**parts, "shape": list(matrix.shape)}


def _spline_state(spline: Any) -> Mapping[str, Any]:
    return {"t": spline.t, "c": spline.c, "k": spline.k, "extrapolate": spline.extrapolate}


def _bounds(value: Any) -> Mapping[str, Any]:
    return {"start": value.start, "stop": value.stop, "step": value.step}


def _ufunc_state(ufunc: Any) -> Mapping[str, Any]:
    """The ufunc's name. A ufunc does not record its module: numpy's own, else scipy.special's."""
    import numpy as np

    module = "numpy" if getattr(np, ufunc.__name__, None) is ufunc else "scipy.special"
    return {"name": f"{module}.{ufunc.__name__}"}


def _function_state(function: Any) -> Mapping[str, Any]:
    """The name of an array function of numpy, which since numpy 1.25 has a type of its own."""
    return {"name": f"{function.__module__}.{function.__name__}"}


TAKEN_APART = ("sklearn.", "_loss.")
"""Modules whose objects are described by their attributes."""

SPARSE = tuple(f"{kind}_{form}" for kind in ("csr", "csc", "coo") for form in ("matrix", "array"))

SPECIAL_STATES: dict[str, Callable[[Any], Mapping[str, Any]]] = {
    "sklearn.tree._tree.Tree": _tree_state,
    "scipy.interpolate._bsplines.BSpline": _spline_state,
    "builtins.slice": _bounds,
    "builtins.range": _bounds,
    "numpy.ufunc": _ufunc_state,
    "numpy._ArrayFunctionDispatcher": _function_state,
    **{
        f"scipy.sparse.{module}.{name}": _sparse_state
        for name in SPARSE
        for module in (f"_{name[:3]}", name[:3])
    },
}
"""For types that keep their state outside attributes: the function that reads the state."""
