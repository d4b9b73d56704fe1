"""Gives loaded objects their state, after looking at what the building itself relies on.

numpy and scikit-learn trust the state of a pickle: a dtype that calls pointers plain bytes, or an
array longer than its data, would read memory that is not theirs as soon as it is made. What a
finished model relies on, such as a tree's children, is checked when nothing changes any more
(`integrity`).
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any

from .array_forms import has_fields_inside, is_shape
from .bare_objects import BareObjects
from .faults import FileRefusedError, FileUnreadableError, damaged
from .pandas_columns import fill_texts
from .random_states import is_bit_generator, is_seed_sequence, set_random_state

BOOSTERS = {"lightgbm.basic": str, "xgboost.core": bytearray}
"""The type of the model inside a pickled Booster, by the Booster's module."""

HANDLES = ("_handle", "handle")
"""Attributes in which a Booster keeps its model: a text or bytes in a pickle, a pointer once it is
loaded. LightGBM renamed the attribute with version 4."""

NEIGHBOUR_TREE_PARTS = 13
"""Parts of the state of a KDTree or BallTree: the first is its rows, the last their weights."""


def set_state(target: Any, state: Any, objects: BareObjects) -> None:
    """BUILD: checked by kind, then through `__setstate__` or the attributes.

    The builder gives each object its state once, so that an array or a dtype that something else
    was made of stays as it was.

    Raises:
        FileUnreadableError: the state does not fit the object.
        FileRefusedError: it reaches for what makes the object what it is.
    """
    import numpy as np

    if type(target) is list:
        fill_texts(target, state, objects)
    elif isinstance(target, np.ndarray):
        _set_array(target, state, objects)
    elif isinstance(target, np.dtype):
        _set_dtype(target, state, objects)
    elif is_bit_generator(target):
        target.state = state[0] if isinstance(state, tuple) else state
    elif is_seed_sequence(target):
        pass  # how a generator was seeded: nothing asks it again
    elif type(target) is np.random.RandomState:
        set_random_state(target, state)
    elif isinstance(target, functools.partial):
        _set_partial(target, state)
    elif type(target).__name__ == "Booster" and type(target).__module__ in BOOSTERS:
        _set_booster(target, state)
    else:
        _set_attributes(target, state, objects)


def _set_partial(target: Any, state: Any) -> None:
    """State of a partial: (function, arguments, keywords, attributes); keywords alone are taken.

    What they are is checked when the model is finished.
    """
    function, arguments, keywords, attributes = state
    if function is not target.func or arguments != () or attributes:
        raise FileRefusedError("The model file changes what a partial function calls.")
    if type(keywords) is not dict:
        raise FileRefusedError("The model file gives a partial function more than options.")
    target.__setstate__((function, (), keywords, None))


def _set_attributes(target: Any, state: Any, objects: BareObjects) -> None:
    if type(state) is dict:
        check_names(state)
        objects.allowance.spend(len(state))
    name = type(target).__name__
    if name == "Tree":
        _check_nodes(state)
    setter = getattr(type(target), "__setstate__", None)
    if setter is _estimators_setter() and type(state) is dict:
        _set_estimator(target, state)
    elif setter is not None:
        if not isinstance(setter, types.FunctionType):
            _check_compiled(target, state)
        setter(target, state)
    elif type(state) is dict:
        target.__dict__.update(state)
    elif state is not None:
        raise damaged(f"the state of a {name} is inconsistent")


@functools.lru_cache(maxsize=None)
def _estimators_setter() -> Any:
    from sklearn.base import BaseEstimator

    return BaseEstimator.__setstate__


def _set_estimator(target: Any, state: Mapping[str, Any]) -> None:
    """What `BaseEstimator.__setstate__` does (scikit-learn 1.1 to 1.9), without its warning.

    Of another version's estimators, and of those without one, it puts the whole text into a
    warning that nobody sees; pipelines in pipelines take for ever to be written out.
    """
    kept = dict(state)
    if type(target).__module__.startswith("sklearn."):
        kept.pop("_sklearn_version", None)
    target.__dict__.update(kept)


def _check_compiled(target: Any, state: Any) -> None:
    """A compiled `__setstate__` takes the parts of a tuple by number, and looks for no end.

    As many parts must be there as a new object of the class has; a neighbour tree also adds up
    the weights of its rows at once (sklearn/neighbors/_binary_tree.pxi.tp, 1.1 to 1.9).
    """
    import numpy as np

    own = target.__getstate__()
    good = type(state) is type(own) and (type(own) is not tuple or len(state) == len(own))
    if good and type(own) is tuple and len(own) == NEIGHBOUR_TREE_PARTS:
        rows, weights = state[0], state[-1]
        is_table = isinstance(rows, np.ndarray) and rows.ndim == 2
        is_vector = isinstance(weights, np.ndarray) and weights.ndim == 1
        good = is_table and (weights is None or (is_vector and len(weights) == len(rows)))
    if not good:
        raise damaged(f"the state of a {type(target).__name__} is inconsistent")


def _check_nodes(state: Any) -> None:
    """A tree reads as many nodes as it is told, also to give them back."""
    import numpy as np

    nodes = state.get("nodes") if type(state) is dict else None
    if not isinstance(nodes, np.ndarray) or nodes.ndim != 1 or nodes.dtype.names is None:
        raise damaged("a tree is inconsistent")
    if type(state.get("node_count")) is not int or state["node_count"] != len(nodes):
        raise damaged("a tree is inconsistent")


def _set_booster(target: Any, state: Any) -> None:
    """State of a booster: the model as its library wrote it, never a pointer.

    What is in it goes to a parser in C++ that was not made for hostile files: it is read in the
    confined child only, and a parser that breaks ends that child.
    """
    kind = BOOSTERS[type(target).__module__]
    held = [state[key] for key in HANDLES if key in state] if type(state) is dict else []
    if not held or any(type(model) is not kind for model in held):
        raise damaged("a booster is inconsistent")
    check_names(state)
    try:
        target.__setstate__(state)
    except Exception as error:  # each library has an error of its own, with a trace in its text
        library = type(target).__module__.partition(".")[0]
        raise FileUnreadableError(
            f"{library} cannot read its booster in the model file.",
            f"Name the version that saved it with --require {library}==VERSION, or save it again.",
        ) from error


def check_names(state: Mapping[Any, Any]) -> None:
    """Attribute names: texts, and none of Python's own."""
    for name in state:
        if type(name) is not str or (name.startswith("__") and name.endswith("__")):
            raise FileRefusedError("The model file sets attributes that no fitted model has.")


def _set_array(target: Any, state: Any, objects: BareObjects) -> None:
    """State of an array: (version, shape, dtype, is_fortran, bytes or list); masked: two more."""
    import numpy as np

    masked = isinstance(target, np.ma.MaskedArray)
    if type(state) is not tuple or len(state) != (7 if masked else 5):
        raise damaged("an array is inconsistent")
    _, shape, dtype, _, data = state[:5]
    if not isinstance(dtype, np.dtype) or not is_shape(shape):
        raise damaged("an array is inconsistent")
    objects.settle(dtype)
    count = objects.allowance.check_shape(shape, dtype.itemsize)
    if dtype.hasobject:
        fits = dtype.kind == "O" and type(data) is list and len(data) == count
    else:
        fits = type(data) in (bytes, bytearray) and len(data) == count * dtype.itemsize
    if masked:
        fits = fits and dtype.fields is None and type(state[5]) is bytes and len(state[5]) == count
    if not fits:
        raise damaged("an array is inconsistent")
    target.__setstate__(state)


def _set_dtype(target: Any, state: Any, objects: BareObjects) -> None:
    """State of a dtype: (version, byte order, subarray, names, fields, size, alignment, flags).

    The dtype is made anew from names, fields and size, which numpy checks; what the file says of
    flags, where a pointer could be called a number, is not used.
    """
    if type(state) is not tuple or len(state) < 8 or state[2] is not None:
        raise damaged("a dtype is inconsistent")
    _, order, _, names, fields, size, _, _ = state[:8]
    if order not in ("<", ">", "|", "=", "!"):
        raise damaged("a dtype is inconsistent")
    if names is None:
        made = target.newbyteorder(order) if order in ("<", ">") else target
    else:
        made = _structured(names, fields, size, objects)
        objects.allowance.check_shape((), made.itemsize)
    target.__setstate__(made.__reduce__()[2])


def _structured(names: Any, fields: Any, size: Any, objects: BareObjects) -> Any:
    import numpy as np

    if type(names) is not tuple or type(fields) is not dict or type(size) is not int:
        raise damaged("a dtype is inconsistent")
    described: dict[str, Any] = {"names": [], "formats": [], "offsets": [], "itemsize": size}
    for name in names:
        dtype, offset = _field(fields.get(name))
        objects.settle(dtype)
        described["names"].append(name)
        described["formats"].append(dtype)
        described["offsets"].append(offset)
    layout: Any = described
    made = np.dtype(layout)
    if not has_fields_inside(made):
        raise damaged("a dtype is inconsistent")
    return made


def _field(field: Any) -> tuple[Any, int]:
    """A field holds plain values; records inside records would be walked for ever."""
    import numpy as np

    if type(field) is tuple and len(field) == 2:
        dtype, offset = field
        plain = isinstance(dtype, np.dtype) and dtype.names is None and not dtype.hasobject
        if plain and type(offset) is int:
            return dtype, offset
    raise damaged("a dtype is inconsistent")
