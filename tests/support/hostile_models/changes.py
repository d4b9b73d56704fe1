"""States that were right when they were given, and change afterwards."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from tests.support.hostile_models.trees import histogram
from tests.support.hostile_models.writing import (
    Called,
    Code,
    Maker,
    get,
    made,
    put,
    state_of,
    write,
)

MAKERS: dict[str, Maker] = {}

RECONSTRUCT = np.array([1]).__reduce__()[0]
EMPTY = (np.ndarray, (0,), b"b")


def hostile(make: Maker) -> Maker:
    """Note what makes a file; its docstring is its name."""
    MAKERS[str(make.__doc__).rstrip(".")] = make
    return make


def hostile_nodes() -> Any:
    """Nodes that lead out of their tree."""
    nodes = histogram()._predictors[0][0].nodes.copy()
    nodes["left"][0] = 2**31
    return nodes


@hostile
def _predictor_twice() -> bytes:
    """A histogram tree that gets its state twice."""
    predictor = histogram()._predictors[0][0]
    state = {**state_of(predictor), "nodes": hostile_nodes()}
    return write(predictor, state, b"b")


@hostile
def _tree_twice() -> bytes:
    """A tree that gets its state twice."""
    from sklearn.tree import DecisionTreeRegressor

    model = DecisionTreeRegressor(max_depth=2).fit(np.eye(4), np.arange(4))
    maker, arguments, state = model.tree_.__reduce__()
    return write(Called(maker, arguments, state), {**state, "max_depth": 0}, b"b")


@hostile
def _array_twice() -> bytes:
    """A histogram tree whose array gets its state twice."""
    predictor = histogram()._predictors[0][0]
    array = Code(Called(RECONSTRUCT, EMPTY), put(0), predictor.nodes.__reduce__()[2], b"b")
    state = {**state_of(predictor), "nodes": array}
    again = hostile_nodes().__reduce__()[2]
    return write(made(type(predictor)), state, b"b", get(0), again, b"b0")


@hostile
def _list_grows() -> bytes:
    """A histogram model whose list of trees grows."""
    model = histogram()
    state = state_of(model)
    state["_predictors"] = Code(state["_predictors"], put(0))
    other = histogram()._predictors[0]
    other[0].nodes = hostile_nodes()
    return write(made(type(model)), state, b"b", get(0), other, b"a0")


@hostile
def _width_shrinks() -> bytes:
    """A model whose attributes change in their dictionary."""
    model = histogram()
    return write(model, {"n_features_in_": 1}, b"b")


@hostile
def _dtype_grows() -> bytes:
    """A dtype that grows once an array was made of it."""
    dtype = Code(Called(np.dtype, ("V8", False, True)), put(0))
    array = Called(RECONSTRUCT, EMPTY, (1, (4,), dtype, False, b"a" * 32))
    fields = {"a": (np.dtype("f8"), 992)}
    grown = (3, "|", None, ("a",), fields, 1000, 1, 16)
    return write(array, get(0), grown, b"b0")


@hostile
def _field_grows() -> bytes:
    """A dtype that grows inside a record."""
    inner = Code(Called(np.dtype, ("V8", False, True)), put(0))
    record = (3, "|", None, ("a",), {"a": (inner, 0)}, 8, 1, 16)
    outer = Called(np.dtype, ("V8", False, True), record)
    array = Called(RECONSTRUCT, EMPTY, (1, (4,), outer, False, b"a" * 32))
    grown = (3, "|", None, ("a",), {"a": (np.dtype("f8"), 992)}, 1000, 1, 16)
    return write(array, get(0), grown, b"b0")


@hostile
def _options_grow() -> bytes:
    """A partial function whose options change."""
    keywords = Code({}, put(0))
    function = Called(functools.partial, (check_array,), (check_array, (), keywords, None))
    return write(function, get(0), "dtype", np.log1p, b"s0")
