"""Walks a finished model: visits every reachable object once, parts before the whole.

Nothing here recurses, so no nesting can overflow the stack. A shared object counts once for each
way that leads to it from the root, because other code (scikit-learn's get_params, the compiler)
walks a model in this way: a file of 1 KB can share lists so that such a walk never ends.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator
from typing import Any

from .faults import FileUnreadableError

MOST_UNFOLDED = 100_000
"""Most objects of any model, where a shared object counts once for each way that leads to it."""

MOST_SHARING = 20
"""Additional objects for each object of the model, counted in the same way."""

LEAVES = (
    str,
    int,
    float,
    complex,
    bytes,
    bytearray,
    type(None),
    type,
    range,
    slice,
    types.FunctionType,
    types.BuiltinFunctionType,
)
"""Kinds of objects that hold no others."""

NOT_COUNTED = frozenset({"next_leaf_", "prev_leaf_"})
"""Attributes that chain the leaves of Birch's tree, which is counted from its root."""


def walk(root: Any) -> list[Any]:
    """Every object apart from plain values; the parts of an object come before the object.

    Raises:
        FileUnreadableError: shared objects make the model too large to be walked.
    """
    found, unfolded = _walk(root)
    if unfolded > MOST_UNFOLDED + MOST_SHARING * len(found):
        raise FileUnreadableError(
            "The model file shares its objects too much to be read: "
            f"{len(found)} objects are reached in more than {MOST_UNFOLDED} ways.",
            "Fit a model with fewer nested or shared parts.",
        )
    return found


def every_part(root: Any) -> list[Any]:
    """The same as `walk` for a trusted model in memory, without a limit."""
    return _walk(root)[0]


def _walk(root: Any) -> tuple[list[Any], int]:
    """Every object, and their number if a shared one counts once for each way that leads to it."""
    found: list[Any] = []
    unfolded: dict[int, int] = {}
    """By id: the number of objects in an object, counted in that way, itself included."""
    opened = {id(root)}
    path = [(root, _parts(root), True)]
    counts = [1]
    while path:
        value, parts, counted = path[-1]
        for part, part_counts in parts:
            if id(part) in unfolded:
                counts[-1] += unfolded[id(part)] * part_counts
            elif id(part) not in opened:
                opened.add(id(part))
                path.append((part, _parts(part), part_counts))
                counts.append(1)
                break
        else:
            path.pop()
            found.append(value)
            unfolded[id(value)] = count = counts.pop()
            if path:
                counts[-1] += count * counted
    return found, unfolded[id(root)]


def _parts(value: Any) -> Iterator[tuple[Any, bool]]:
    """The parts of an object apart from plain values, each with whether it counts."""
    import numpy as np

    leaves = (*LEAVES, np.generic)
    for name, part in named_parts(value):
        if not isinstance(part, leaves):
            yield part, name not in NOT_COUNTED


def named_parts(value: Any) -> Iterable[tuple[Any, Any]]:
    """The parts of an object, each with its key, its attribute's name or None."""
    import numpy as np

    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            yield from ((None, part) for part in np.asarray(value).ravel().tolist())
    elif isinstance(value, dict):
        yield from list(value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from ((None, part) for part in list(value))
    elif isinstance(value, functools.partial):
        yield from enumerate((value.args, value.keywords))
    elif isinstance(value, np.random.RandomState):
        yield None, value._bit_generator
    elif isinstance(value, np.random.Generator):
        yield None, value.bit_generator
    elif is_neighbour_tree(value):
        yield from enumerate(value.__getstate__())
    yield from _attributes(value)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    state = getattr(value, "__dict__", None)
    if isinstance(state, dict):
        yield from list(state.items())
    kind: Any = type(value)
    for name in _slots(kind):
        if hasattr(value, name):
            yield name, getattr(value, name)


@functools.lru_cache(maxsize=None)
def _slots(kind: type) -> tuple[str, ...]:
    """Names of the attributes that a class keeps in slots, outside `__dict__`."""
    names = []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if name.startswith("__") and not name.endswith("__"):
                name = f"_{base.__name__.lstrip('_')}{name}"
            if name not in ("__dict__", "__weakref__"):
                names.append(name)
    return tuple(names)


def is_neighbour_tree(value: Any) -> bool:
    """Whether an object is a KDTree or a BallTree, which keep their parts outside attributes."""
    kind = type(value)
    return kind.__module__ in ("sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree")
