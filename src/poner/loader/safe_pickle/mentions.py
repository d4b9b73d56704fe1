"""Finds the globals that a listed file names for parts of the model that no prediction uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .unused import is_sampler, is_unused


class Mention:
    """An inert stand-in for a global, or for an object that the file would make."""

    def __init__(self, name: tuple[str, str] | None, arguments: tuple[Any, ...] = ()) -> None:
        self.name = name
        """Module and name of the global; None for an object."""
        self.arguments = arguments
        """For an object: the global that would make it, then the arguments."""
        self.state: Any = None
        """The state that the object would get."""
        self.items: list[Any] = []
        """The items that the object would get, if it is a container."""

    @property
    def maker(self) -> tuple[str, str]:
        """The global that would make the object; two empty texts if there is none."""
        first = self.arguments[0] if self.arguments else None
        return (first.name if isinstance(first, Mention) else None) or ("", "")


def unused_names(root: Any, more: dict[int, list[Any]]) -> set[tuple[str, str]]:
    """The globals that the file names only for parts of the model that no prediction uses.

    Args:
        root: the listed model.
        more: items of plain containers that the containers themselves do not hold, by id.
    """
    left_out: list[Any] = []
    used = _names(root, more, left_out)
    return _names(left_out, more, []) - used


def _names(root: Any, more: dict[int, list[Any]], left_out: list[Any]) -> set[tuple[str, str]]:
    """The globals in a listed value; unused parts of it are added to `left_out`."""
    found: set[tuple[str, str]] = set()
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or not isinstance(value, (Mention, list, tuple, dict)):
            continue
        seen.add(id(value))
        waiting.extend(more.get(id(value), ()))
        if not isinstance(value, Mention):
            waiting.extend(value.values() if isinstance(value, dict) else value)
        elif value.name is not None:
            found.add(value.name)
        elif is_sampler(value.maker[0]):
            left_out.append([value.arguments, value.items, value.state])
        else:
            waiting.extend((value.arguments, value.items))
            waiting.extend(_used_state(value, left_out))
    return found


def _used_state(value: Mention, left_out: list[Any]) -> Iterable[Any]:
    """The parts of an object's state that a prediction may read."""
    if not isinstance(value.state, dict):
        return [value.state]
    module = value.maker[0]
    left_out.extend(part for name, part in value.state.items() if is_unused(module, name))
    return [part for name, part in value.state.items() if not is_unused(module, name)]
