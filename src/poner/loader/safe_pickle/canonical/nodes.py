"""The graph of a pickle: inert values that stand for the objects which the pickle would build.

A value is None, a boolean, a number, a text, bytes, a `Global`, or one of the nodes below. Nodes
are compared by identity: a node that is used twice is one object that is shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Union


class Global(NamedTuple):
    """A class or function, by name."""

    module: str
    """Such as `sklearn.tree._classes`."""
    name: str
    """Such as `DecisionTreeClassifier`."""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Absent:
    """The type of `NO_STATE`."""


NO_STATE = Absent()
"""The state of an object that gets no state; different from the state None."""


@dataclass(eq=False)
class Items:
    """A tuple, list, set or frozenset."""

    kind: type
    """Which of the four."""
    items: list[Any] = field(default_factory=list)
    """Its items, in order; those of sets in any order."""


@dataclass(eq=False)
class Pairs:
    """A dictionary."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    """Keys and values, in order."""


@dataclass(eq=False)
class Made:
    """An object: made by a call, or as a new instance that is not initialised."""

    function: Global
    """The function that is called, or the class of the instance."""
    is_call: bool
    """Whether it is made by a call (REDUCE); else it is a new instance (NEWOBJ)."""
    arguments: list[Any] = field(default_factory=list)
    """Arguments of the call; of new instances, only named tuples have any."""
    items: list[Any] = field(default_factory=list)
    """Items that are appended to the object."""
    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    """Items that are set in the object by key."""
    state: Any = NO_STATE
    """The state that the object gets."""
    checked: Any = None
    """Cached result of a check, so that a shared object is checked once."""


Node = Union[Items, Pairs, Made]
NODES = (Items, Pairs, Made)


def parts_of(node: Node) -> Iterable[Any]:
    """The values that a node holds, in the order in which they are written."""
    if isinstance(node, Items):
        return node.items
    if isinstance(node, Pairs):
        return [value for pair in node.pairs for value in pair]
    held = [node.function, *node.arguments, *node.items]
    held += [value for pair in node.pairs for value in pair]
    return held if node.state is NO_STATE else [*held, node.state]
