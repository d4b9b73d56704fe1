"""Gives loaded objects their state, after looking at it.

numpy and scikit-learn trust the state of a pickle: a dtype that calls pointers plain bytes, an
array longer than its data or a tree whose child is not there would read memory that is not theirs.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from .faults import FileRefusedError, FileUnreadableError

BOOSTERS = {"lightgbm.basic": str, "xgboost.core": bytearray}
"""As what the Booster of a module keeps its model in a pickle."""

HANDLES = ("_handle", "handle")
"""Where it does; a pointer once it is loaded. LightGBM renamed it with version 4."""

DAMAGED = "The model file is damaged: {} does not hold together."


def set_state(target: Any, state: Any) -> None:
    """BUILD: checked by kind, then through `__setstate__` or the attributes.

    Raises:
        FileUnreadableError: the state does not fit the object.
        FileRefusedError: it reaches for what makes the object what it is.
    """
    import numpy as np

    if isinstance(target, np.ndarray):
        _set_array(target, state)
    elif isinstance(target, np.dtype):
        _set_dtype(target, state)
    elif isinstance(target, np.random.BitGenerator):
        target.state = state[0] if isinstance(state, tuple) else state
    elif isinstance(target, np.random.SeedSequence):
        pass  # how a generator was seeded: nothing asks it again
    elif isinstance(target, functools.partial):
        _set_partial(target, state)
    elif type(target).__name__ == "Booster" and type(target).__module__ in BOOSTERS:
        _set_booster(target, state)
    else:
        _set_attributes(target, state)


def _set_partial(target: Any, state: Any) -> None:
    """State of a partial: (function, arguments, keywords, attributes); keywords alone are taken."""
    function, arguments, keywords, attributes = state
    if function is not target.func or arguments != () or attributes:
        raise FileRefusedError("The model file changes what a partial function calls.")
    if type(keywords) is not dict or not all(map(_is_option, keywords.values())):
        raise FileRefusedError("The model file gives a partial function more than options.")
    target.__setstate__((function, (), keywords, None))


def _is_option(value: Any) -> bool:
    """What check_array's options may be: plain values, dtypes, and lists of these."""
    import numpy as np

    if isinstance(value, (list, tuple)):
        return all(map(_is_option, value))
    if isinstance(value, type):
        return issubclass(value, np.generic)
    return value is None or isinstance(value, (bool, int, float, str, np.dtype))


def _set_attributes(target: Any, state: Any) -> None:
    if type(state) is dict:
        check_names(state)
    name = type(target).__name__
    if name == "Tree":
        check_tree(state, target)
    elif name == "TreePredictor":
        check_predictor(state)
    elif type(state) is dict and "_predictors" in state:
        check_histogram(state)
    setter = getattr(type(target), "__setstate__", None)
    if setter is not None:
        setter(target, state)
    elif type(state) is dict:
        target.__dict__.update(state)
    elif state is not None:
        raise FileUnreadableError(DAMAGED.format(f"the state of a {name}"))


def _set_booster(target: Any, state: Any) -> None:
    """State of a booster: the model as its library wrote it, never a pointer.

    What is in it goes to a parser in C++ that was not made for hostile files: it is read in the
    confined child only, and a parser that breaks ends that child.
    """
    kind = BOOSTERS[type(target).__module__]
    held = [state[key] for key in HANDLES if key in state] if type(state) is dict else []
    if not held or any(type(model) is not kind for model in held):
        raise FileUnreadableError(DAMAGED.format("a booster"))
    check_names(state)
    try:
        target.__setstate__(state)
    except Exception as error:  # each library has an error of its own, with a trace in its text
        library = type(target).__module__.partition(".")[0]
        raise FileUnreadableError(
            f"The model file is damaged: {library} cannot read its booster."
        ) from error


def check_names(state: Mapping[Any, Any]) -> None:
    """Attribute names: texts, and none of Python's own."""
    for name in state:
        if type(name) is not str or (name.startswith("__") and name.endswith("__")):
            raise FileRefusedError("The model file sets attributes that no fitted model has.")


def _set_array(target: Any, state: Any) -> None:
    """State of an array: (version, shape, dtype, is_fortran, bytes or list); masked: two more."""
    import numpy as np

    masked = isinstance(target, np.ma.MaskedArray)
    if type(state) is not tuple or len(state) != (7 if masked else 5):
        raise FileUnreadableError(DAMAGED.format("an array"))
    _, shape, dtype, _, data = state[:5]
    if not isinstance(dtype, np.dtype) or not _is_shape(shape):
        raise FileUnreadableError(DAMAGED.format("an array"))
    count = 1
    for length in shape:
        count *= length
    if dtype.hasobject:
        fits = dtype.kind == "O" and type(data) is list and len(data) == count
    else:
        fits = type(data) in (bytes, bytearray) and len(data) == count * dtype.itemsize
    if masked:
        fits = fits and dtype.fields is None and type(state[5]) is bytes and len(state[5]) == count
    if not fits:
        raise FileUnreadableError(DAMAGED.format("an array"))
    target.__setstate__(state)


def _is_shape(shape: Any) -> bool:
    return (
        type(shape) is tuple
        and len(shape) <= 32
        and all(type(length) is int and length >= 0 for length in shape)
    )


def _set_dtype(target: Any, state: Any) -> None:
    """State of a dtype: (version, byte order, subarray, names, fields, size, alignment, flags).

    The dtype is made anew from names, fields and size, which numpy checks; what the file says of
    flags, where a pointer could be called a number, is not used.
    """
    if type(state) is not tuple or len(state) < 8 or state[2] is not None:
        raise FileUnreadableError(DAMAGED.format("a dtype"))
    _, order, _, names, fields, size, _, _ = state[:8]
    if order not in ("<", ">", "|", "=", "!"):
        raise FileUnreadableError(DAMAGED.format("a dtype"))
    if names is None:
        made = target.newbyteorder(order) if order in ("<", ">") else target
    else:
        made = _structured(names, fields, size)
    target.__setstate__(made.__reduce__()[2])


def _structured(names: Any, fields: Any, size: Any) -> Any:
    import numpy as np

    if type(names) is not tuple or type(fields) is not dict or type(size) is not int:
        raise FileUnreadableError(DAMAGED.format("a dtype"))
    described: dict[str, Any] = {"names": [], "formats": [], "offsets": [], "itemsize": size}
    for name in names:
        dtype, offset = _field(fields.get(name))
        described["names"].append(name)
        described["formats"].append(dtype)
        described["offsets"].append(offset)
    layout: Any = described
    return np.dtype(layout)


def _field(field: Any) -> tuple[Any, int]:
    import numpy as np

    if type(field) is tuple and len(field) == 2:
        dtype, offset = field
        if isinstance(dtype, np.dtype) and type(offset) is int and not dtype.hasobject:
            return dtype, offset
    raise FileUnreadableError(DAMAGED.format("a dtype"))


def check_tree(state: Any, tree: Any) -> None:
    """A tree's state: children come after their parent, features are columns.

    Raises:
        FileUnreadableError: walking it would leave the tree, or never end.
    """
    import numpy as np

    nodes = state.get("nodes") if type(state) is dict else None
    if not isinstance(nodes, np.ndarray) or nodes.ndim != 1 or nodes.dtype.names is None:
        raise FileUnreadableError(DAMAGED.format("a tree"))
    if len(nodes) != state.get("node_count") or len(nodes) == 0:
        raise FileUnreadableError(DAMAGED.format("a tree"))
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    inner = left != -1
    if inner.any():
        own = np.flatnonzero(inner)
        _check_children(own, left[inner], right[inner], len(nodes))
        if feature[inner].min() < 0 or feature[inner].max() >= tree.n_features:
            raise FileUnreadableError(DAMAGED.format("a tree"))


def check_predictor(state: Any) -> None:
    """The same for a tree of the histogram models, and its sets of categories."""
    import numpy as np

    nodes = state.get("nodes") if type(state) is dict else None
    if not isinstance(nodes, np.ndarray) or nodes.ndim != 1 or nodes.dtype.names is None:
        raise FileUnreadableError(DAMAGED.format("a tree"))
    inner = nodes["is_leaf"] == 0
    bitsets = state.get("raw_left_cat_bitsets")
    sets_used = nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)]
    if len(nodes) == 0 or (len(sets_used) and sets_used.max() >= len(bitsets)):
        raise FileUnreadableError(DAMAGED.format("a tree"))
    own = np.flatnonzero(inner)
    _check_children(own, nodes["left"][inner], nodes["right"][inner], len(nodes))


def check_histogram(state: Mapping[str, Any]) -> None:
    """The trees of a histogram model look at columns that are there."""
    for predictors in state["_predictors"]:
        for predictor in predictors:
            nodes = predictor.nodes
            used = nodes["feature_idx"][nodes["is_leaf"] == 0]
            if len(used) and not 0 <= used.min() <= used.max() < state["n_features_in_"]:
                raise FileUnreadableError(DAMAGED.format("a tree"))


def _check_children(own: Any, left: Any, right: Any, count: int) -> None:
    if len(own) and not (
        (left > own).all() and (right > own).all() and left.max() < count and right.max() < count
    ):
        raise FileUnreadableError(DAMAGED.format("a tree"))
