"""Gives loaded objects their state, and checks first the parts that building the object relies on.

numpy and scikit-learn trust the state in a pickle. A dtype that declares pointers as plain bytes,
or an array longer than its data, would read foreign memory as soon as it is made. Parts that only
predictions rely on, such as a tree's children, are checked in the finished model (`integrity`).
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any

from .array_forms import has_fields_inside, is_shape
from .bare_objects import BareObjects
from .faults import FileRefusedError, FileUnreadableError, damaged

BOOSTERS = {"lightgbm.basic": str, "xgboost.core": bytearray}
"""The type of the model inside a pickled Booster, by the Booster's module."""

HANDLES = ("_handle", "handle")
"""Attributes in which a Booster keeps its model: as text or bytes in a pickle, as a pointer after
loading. LightGBM renamed the attribute in version 4."""

NEIGHBOUR_TREE_PARTS = 13
"""Number of parts in the state of a KDTree or BallTree; the first holds the rows, the last their
weights."""


def set_state(target: Any, state: Any, objects: BareObjects) -> None:
    """Give an object its state (BUILD): check it by the object's kind, then set it.

    The builder gives each object its state only once, so an array or a dtype that is already part
    of another object does not change.

    Raises:
        FileUnreadableError: the state does not fit the object.
        FileRefusedError: the state changes more than a fitted model's would.
    """
    import numpy as np

    if isinstance(target, np.ndarray):
        _set_array(target, state, objects)
    elif isinstance(target, np.dtype):
        _set_dtype(target, state, objects)
    elif isinstance(target, np.random.BitGenerator):
        target.state = state[0] if isinstance(state, tuple) else state
    elif isinstance(target, np.random.SeedSequence):
        pass  # no prediction needs the seed of a generator
    elif isinstance(target, functools.partial):
        _set_partial(target, state)
    elif type(target).__name__ == "Booster" and type(target).__module__ in BOOSTERS:
        _set_booster(target, state)
    else:
        _set_attributes(target, state, objects)


def _set_partial(target: Any, state: Any) -> None:
    """State of a partial: (function, arguments, keywords, attributes); it may hold keywords only.

    `integrity` checks the values of the keywords in the finished model.
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
    """Do the same as `BaseEstimator.__setstate__` (scikit-learn 1.1 to 1.9), without its warning.

    For an estimator of another version, or without a version, that warning would contain the
    estimator as text. Writing nested pipelines as text can take for ever.
    """
    kept = dict(state)
    if type(target).__module__.startswith("sklearn."):
        kept.pop("_sklearn_version", None)
    target.__dict__.update(kept)


def _check_compiled(target: Any, state: Any) -> None:
    """Refuse a state with a wrong number of parts: a compiled `__setstate__` does not check it.

    The state of a new object of the class gives the right number. A neighbour tree also adds up
    the weights of its rows at once (sklearn/neighbors/_binary_tree.pxi.tp, 1.1 to 1.9), so their
    number is checked here too.
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
    """Refuse a tree whose node_count differs from its nodes: the tree would read beyond them."""
    import numpy as np

    nodes = state.get("nodes") if type(state) is dict else None
    if not isinstance(nodes, np.ndarray) or nodes.ndim != 1 or nodes.dtype.names is None:
        raise damaged("a tree is inconsistent")
    if type(state.get("node_count")) is not int or state["node_count"] != len(nodes):
        raise damaged("a tree is inconsistent")


def _set_booster(target: Any, state: Any) -> None:
    """State of a booster: the model as its library wrote it, never a pointer.

    The library's parser in C++ was not made for hostile files. It runs in the confined child only,
    and a crash of the parser ends that child.
    """
    kind = BOOSTERS[type(target).__module__]
    held = [state[key] for key in HANDLES if key in state] if type(state) is dict else []
    if not held or any(type(model) is not kind for model in held):
        raise damaged("a booster is inconsistent")
    check_names(state)
    try:
        target.__setstate__(state)
    except Exception as error:  # each library raises a class of its own, with a trace in its text
        library = type(target).__module__.partition(".")[0]
        raise FileUnreadableError(
            f"The installed {library} cannot read the booster in the model file.",
            f"Name the version that saved the model with --require {library}==VERSION, or save the "
            "model again.",
        ) from error


def check_names(state: Mapping[Any, Any]) -> None:
    """Refuse names of attributes that are not texts, or that Python reserves (`__name__`)."""
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

    A new dtype is made from names, fields and size, which numpy checks. The file's flags, which
    could declare a pointer as a number, are ignored.
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
    """The dtype and offset of a field of plain values; records inside records are refused."""
    import numpy as np

    if type(field) is tuple and len(field) == 2:
        dtype, offset = field
        plain = isinstance(dtype, np.dtype) and dtype.names is None and not dtype.hasobject
        if plain and type(offset) is int:
            return dtype, offset
    raise damaged("a dtype is inconsistent")
