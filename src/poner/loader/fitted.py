"""Builds the FittedObject from the description that the child sends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from poner.artifacts import FittedObject, FittedValue
from poner.errors import ModelUnreadableError
from poner.loader.child.description import DEEPEST
from poner.loader.child_process import wrong_answer
from poner.loader.safe_pickle.object_walk import MOST_SHARING, MOST_UNFOLDED, NOT_COUNTED


def fitted_object(nodes: Sequence[Any], arrays: Sequence[NDArray[Any]]) -> FittedObject:
    """Build the objects of a description; an object that the model shares is built once.

    Args:
        nodes: the table of nodes, in the form of `child/description.py`. The child is untrusted,
            so every node is checked.
        arrays: the arrays of the description, of plain dtypes.

    Raises:
        ModelUnreadableError: the description is inconsistent, too deep or too large.
    """
    made: list[FittedValue] = []
    sizes = _Sizes()
    try:
        for node in nodes:
            made.append(_node(node, made, arrays))
            sizes.add(node)
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise wrong_answer() from error
    root = made[-1] if made else None
    if not isinstance(root, FittedObject):
        raise wrong_answer()
    return root


class _Sizes:
    """Depth and size of nodes; a shared part counts once for each reference to it.

    The child refuses a model whose walk would take too long (safe_pickle/object_walk.py). A child
    that a hostile file has taken over could describe such a model to the compiler, so the same
    limits hold here. They are twice as large as the child's, because a description has some nodes
    that the child does not count.
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.depths: list[int] = []

    def add(self, node: Any) -> None:
        """Count the next node, whose form is already checked.

        Raises:
            ModelUnreadableError: the node is too deep or too large.
        """
        held = node[-1]
        parts: Iterable[tuple[Any, Any]] = ()
        if isinstance(held, dict):
            parts = held.items()
        elif isinstance(held, list):
            parts = enumerate(held)
        size, depth = 1, 0
        for name, part in parts:
            if isinstance(part, list):
                size += 0 if name in NOT_COUNTED else self.sizes[part[0]]
                depth = max(depth, self.depths[part[0]] + 1)
        self.sizes.append(size)
        self.depths.append(depth)
        most = 2 * (MOST_UNFOLDED + MOST_SHARING * len(self.sizes))
        if depth > 2 * DEEPEST or size > most:
            raise ModelUnreadableError(
                "The model nests or shares its objects too much to be read.",
                "Fit a model with fewer nested or shared parts.",
            )


def _node(node: Any, made: list[FittedValue], arrays: Sequence[NDArray[Any]]) -> FittedValue:
    match node:
        case ["list", list() as items]:
            return [_value(item, made) for item in items]
        case ["dict", dict() as items]:
            return {name: _value(item, made) for name, item in items.items()}
        case ["object", str() as type_name, dict() as items]:
            return FittedObject(type_name, {name: _value(i, made) for name, i in items.items()})
        case ["text", str() as text]:
            return text
        case ["array", int() as index] if 0 <= index < len(arrays):
            return arrays[index]
    raise wrong_answer()


def _value(value: Any, made: list[FittedValue]) -> FittedValue:
    """The value of a scalar, or of a reference to an earlier node."""
    if isinstance(value, list):
        (index,) = value
        if type(index) is not int or not 0 <= index < len(made):
            raise wrong_answer()
        return made[index]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise wrong_answer()
