"""The graph of a pickle: what it would build, as inert values.

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
"""The state of an object that is given none, which differs from None."""


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
    """What is called, or the class of the instance."""
    is_call: bool
    """Whether it is made by a call (REDUCE); else it is a new instance (NEWOBJ)."""
    arguments: list[Any] = field(default_factory=list)
    """Of the call; a new instance takes none."""
    items: list[Any] = field(default_factory=list)
    """What is appended to it."""
    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    """What is set in it by key."""
    state: Any = NO_STATE
    """What it is given as state."""
    checked: Any = None
    """What a check found out about it, so that a part that is shared is looked at once."""


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
