"""Walks a finished model: every object that can be reached, each once, parts before the whole.

Nothing here recurses, so no depth ends the process. Objects that are shared are counted as often
as they are reached from the root: whatever asks a model part by part (scikit-learn's get_params,
the compiler) walks it like that, and a file of 1 KB can share lists so that it never ends.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator
from typing import Any

from .faults import FileUnreadableError
from .newest_names import newest_name
from .random_states import has_bit_generators, is_generator

MOST_UNFOLDED = 100_000
"""Objects that every model may have when shared ones are counted as often as they are reached."""

MOST_SHARING = 20
"""How many times as many as it has objects, beyond that."""

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
    """Every object but plain values; what an object holds comes before it.

    Raises:
        FileUnreadableError: shared objects make it larger than anything could walk.
    """
    found, unfolded = _walk(root)
    if unfolded > MOST_UNFOLDED + MOST_SHARING * len(found):
        raise FileUnreadableError(
            "The model file shares objects so that its model is too large to be walked: "
            f"{len(found)} objects, reached in more than {MOST_UNFOLDED} ways.",
            "Fit it again with fewer nested or shared parts.",
        )
    return found


def every_part(root: Any) -> list[Any]:
    """The same of a model that is the user's own, however it shares its objects."""
    return _walk(root)[0]


def _walk(root: Any) -> tuple[list[Any], int]:
    """Every object, and how many they are when shared ones count as often as they are reached."""
    found: list[Any] = []
    unfolded: dict[int, int] = {}
    """By id: how many objects it is when shared ones count as often as they are reached."""
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
    """What an object holds but for plain values, and whether it counts."""
    import numpy as np

    leaves = (*LEAVES, np.generic)
    for name, part in named_parts(value):
        if not isinstance(part, leaves):
            yield part, name not in NOT_COUNTED


def named_parts(value: Any) -> Iterable[tuple[Any, Any]]:
    """What an object holds, each with its key, attribute or None."""
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
    elif isinstance(value, np.random.RandomState) and has_bit_generators():
        yield None, value._bit_generator
    elif is_generator(value):
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
    """Attributes that a class keeps outside `__dict__`, under the names they have there."""
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
    """Whether it is a KDTree or a BallTree, which keep their parts outside attributes."""
    module, _ = newest_name(type(value).__module__, type(value).__name__)
    return module in ("sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree")
