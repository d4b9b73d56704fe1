"""Builds the FittedObject from the description that the reader gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from poner.artifacts import FittedObject, FittedValue
from poner.errors import ModelUnreadableError


def fitted_object(nodes: Sequence[Any], arrays: Sequence[NDArray[Any]]) -> FittedObject:
    """Put a description together; objects that were shared are shared again.

    Args:
        nodes: as `reader/describe.py` says; from an untrusted child, so everything is checked.
        arrays: of plain dtypes.

    Raises:
        ModelUnreadableError: the description does not hold together.
    """
    made: list[FittedValue] = []
    try:
        for node in nodes:
            made.append(_node(node, made, arrays))
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise _nonsense() from error
    root = made[-1] if made else None
    if not isinstance(root, FittedObject):
        raise _nonsense()
    return root


def _nonsense() -> ModelUnreadableError:
    return ModelUnreadableError(
        "The process that read the model described it wrongly.",
        "Check where the model file comes from.",
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
    raise _nonsense()


def _value(value: Any, made: list[FittedValue]) -> FittedValue:
    """A scalar, or a node before this one."""
    if isinstance(value, list):
        (index,) = value
        if type(index) is not int or not 0 <= index < len(made):
            raise _nonsense()
        return made[index]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise _nonsense()
