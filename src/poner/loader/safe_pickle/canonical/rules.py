"""Rules for the graph of a fitted model: its names, calls and states.

The parent checks a graph against these rules. The graph comes from a process that may have read a
hostile file, so the rules repeat, on inert values, the checks of constructors.py and states.py.
A graph that keeps the rules names only globals of the allow-list, calls only functions that make
parts of a model, and gives numpy only states that stay inside the model's own memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..allowed import CALL, NAME, NEW, roles_of
from ..faults import FileRefusedError
from ..pandas_columns import PACKAGES
from ..states import HANDLES
from .calls import check_arguments
from .nodes import NODES, Global, Items, Made, Pairs, parts_of
from .numpy_states import check_numpy_state

LONGEST_KEY_BYTES = 1 << 16
"""Longest text in a set; sorting a set reads each text several times."""

MOST_SORTED_BYTES = 1 << 26
"""Most bytes of texts in all sets together; a file can put one text into many sets."""

VECTORIZERS = "sklearn.feature_extraction.text"
"""Module of the vectorizers, whose parameter `input` can make them open files."""

BOOSTERS = {Global("lightgbm.basic", "Booster"), Global("xgboost.core", "Booster")}
NAMED_TUPLES = {Global("sklearn.impute._iterative", "_ImputerTriplet")}
"""Classes whose new objects take their items as arguments."""


def check_graph(graph: Any, own_modules: frozenset[str] = frozenset()) -> None:
    """Check a graph against the rules.

    Args:
        graph: as `decode` gives it.
        own_modules: top-level modules of the user's own, whose classes and functions may be
            named and made, but never called.

    Raises:
        FileRefusedError: the graph breaks a rule; the message says which.
    """
    seen: set[int] = set()
    waiting = [graph]
    sorted_bytes = 0
    if not isinstance(graph, Made):
        raise _refused("is not an object")
    while waiting:
        value = waiting.pop()
        if isinstance(value, Global):
            check_role(value, (NAME, NEW), own_modules)
        elif isinstance(value, NODES) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(_check_node(value, own_modules))
            sorted_bytes += _sorted_bytes(value)
            if sorted_bytes > MOST_SORTED_BYTES:
                raise _refused("has sets of more than 64 MB of texts")


def check_role(name: Global, roles: Iterable[str], own_modules: frozenset[str]) -> None:
    """Refuse a name that may be used in none of these ways.

    Raises:
        FileRefusedError: no such role is allowed.
    """
    if name.module.partition(".")[0] in PACKAGES:
        raise FileRefusedError(f"The rewritten model would use {name}.", [str(name)])
    if not roles_of(name.module, name.name, own_modules).intersection(roles):
        raise FileRefusedError(f"The rewritten model would use {name}.", [str(name)])


def _check_node(node: Any, own_modules: frozenset[str]) -> Iterable[Any]:
    """Check one node, and return the values inside it that remain to be checked."""
    if isinstance(node, Made):
        return _check_made(node, own_modules)
    if isinstance(node, Pairs):
        _check_keys(key for key, _ in node.pairs)
    elif node.kind in (set, frozenset):
        _check_keys(node.items)
    return parts_of(node)


def _sorted_bytes(node: Any) -> int:
    """Characters that the encoder compares when it sorts a set; 0 for any other node."""
    if not isinstance(node, Items) or node.kind not in (set, frozenset):
        return 0
    parts = (part for item in node.items for part in _parts_of_key(item))
    return sum(len(part) if isinstance(part, (str, bytes)) else 8 for part in parts)


def _parts_of_key(key: Any) -> list[Any]:
    """The values of a flat tuple, or the one value."""
    return key.items if isinstance(key, Items) and key.kind is tuple else [key]


def _check_made(node: Made, own_modules: frozenset[str]) -> Iterable[Any]:
    check_role(node.function, (CALL if node.is_call else NEW,), own_modules)
    _check_keys(key for key, _ in node.pairs)
    if node.is_call:
        check_arguments(node)
        for argument in node.arguments:  # a class that may only be called may be an argument
            if isinstance(argument, Global):
                check_role(argument, (NAME, NEW, CALL), own_modules)
    elif node.arguments and not _may_be_named_tuple(node.function, own_modules):
        raise _refused(f"makes a {node.function} with arguments")
    check_numpy_state(node)
    _check_names(node.state)
    if node.function in BOOSTERS:
        _check_booster(node.state)
    if node.function.module == VECTORIZERS:
        _check_vectorizer(node.state)
    values = [value for pair in node.pairs for value in pair]
    arguments = [value for value in node.arguments if not isinstance(value, Global)]
    return [*arguments, *node.items, *values, node.state]


def _may_be_named_tuple(name: Global, own_modules: frozenset[str]) -> bool:
    """Whether a new object may take arguments: IterativeImputer's triplets, and the user's own."""
    return name in NAMED_TUPLES or name.module.partition(".")[0] in own_modules


def _check_vectorizer(state: Any) -> None:
    """A vectorizer takes texts, not names of files (as in integrity/parameters.py)."""
    for name, value in state.pairs if isinstance(state, Pairs) else ():
        if name == "input" and value != "content":
            raise _refused("has a vectorizer that opens files")


def _check_keys(keys: Iterable[Any]) -> None:
    """Keys and items of sets are plain values, numpy's numbers, or flat tuples of these."""
    seen = set()
    for key in keys:
        parts = _parts_of_key(key)
        if id(key) in seen and isinstance(key, NODES):
            raise _refused("has a key twice")
        seen.add(id(key))
        for part in parts:
            is_number = isinstance(part, Made) and part.function.name == "scalar"
            if isinstance(part, (*NODES, Global)) and not is_number:
                raise _refused("has a dictionary key that is not plain")
            if isinstance(part, (str, bytes)) and len(part) > LONGEST_KEY_BYTES:
                raise _refused("has a dictionary key of more than 65,536 characters")


def _check_names(state: Any) -> None:
    """A state sets attributes by their names, and none of Python's own."""
    states = state.items if isinstance(state, Items) and state.kind is tuple else [state]
    for part in states:
        for name, _ in part.pairs if isinstance(part, Pairs) else ():
            if isinstance(name, str) and name.startswith("__") and name.endswith("__"):
                raise _refused("sets attributes that no fitted model has")
    if isinstance(state, Pairs) and not all(type(name) is str for name, _ in state.pairs):
        raise _refused("sets attributes that no fitted model has")


def _check_booster(state: Any) -> None:
    pairs = state.pairs if isinstance(state, Pairs) else []
    held = [value for name, value in pairs if name in HANDLES]
    if not held or not all(map(_is_text_or_bytes, held)):
        raise _refused("has a booster without a model")


def _is_text_or_bytes(value: Any) -> bool:
    return type(value) in (str, bytes) or (
        isinstance(value, Made) and value.function == Global("builtins", "bytearray")
    )


def _refused(what: str) -> FileRefusedError:
    return FileRefusedError(f"The rewritten model {what}.")
