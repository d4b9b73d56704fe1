"""Makes instances without a state, dictionaries and sets, within what the file may take."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import Any

from .allowance import Allowance, is_plain_number_key
from .faults import FileRefusedError

PLAIN_KEYS = (str, int, float, bool, bytes, type(None))
"""What may be a key: hashing a tuple of tuples of tuples can take for ever."""


class BareObjects:
    """The objects of one file, before each gets its state."""

    def __init__(self, allowance: Allowance, own_modules: frozenset[str]) -> None:
        self.allowance = allowance
        """What the whole file may still take."""
        self.own_modules = own_modules
        """Top-level modules of the user's own."""
        self.awaiting: dict[int, Any] = {}
        """Objects by id that were made and have no state yet: each gets one, once."""
        self.classes: set[type] = set()
        """Classes whose instances the file may give a state."""
        self.named_types: set[type] = set()
        """Classes the file names, to be handed to scikit-learn's own reconstructors."""

    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        """An instance that was not initialised, of a class that may have instances."""
        if not isinstance(kind, type) or kind not in self.classes:
            raise FileRefusedError(
                "The model file creates an instance of something other than a class it may use."
            )
        if arguments:
            return _named_tuple(kind, arguments)
        maker: Any = kind.__new__
        made = maker(kind)
        self.awaiting[id(made)] = made
        return made

    def settle(self, dtype: Any) -> None:
        """Let a dtype get no state any more: an array was made of it, whose size depends on it."""
        self.awaiting.pop(id(dtype), None)

    def append(self, target: Any, items: list[Any]) -> None:
        """Lists only."""
        if type(target) is not list:
            raise FileRefusedError("The model file appends to something that is not a list.")
        target.extend(items)

    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Dictionaries and the subclasses on the list."""
        if not isinstance(target, dict):
            raise FileRefusedError(
                "The model file sets items of something that is not a dictionary."
            )
        ordered = isinstance(target, collections.OrderedDict)
        for key, value in pairs:
            self.check_key(key)
            if ordered:
                collections.OrderedDict.__setitem__(target, key, value)
            else:
                dict.__setitem__(target, key, value)

    def make_set(self, kind: type, items: list[Any]) -> Any:
        """A set of plain items."""
        for item in items:
            self.check_key(item)
        self.allowance.spend(len(items))
        return kind(items)

    def add(self, target: Any, items: list[Any]) -> None:
        """Sets only."""
        if type(target) is not set:
            raise FileRefusedError("The model file adds to something that is not a set.")
        for item in items:
            self.check_key(item)
            target.add(item)

    def check_key(self, key: Any) -> None:
        """Plain values and flat tuples of them, of which no two are made to have the same hash.

        Raises:
            FileRefusedError: it is something else.
        """
        if type(key) is str:
            return
        parts: tuple[Any, ...] = (key,)
        if type(key) is tuple:
            self.allowance.check_tuple_key()
            self.allowance.spend(len(key))
            parts = key
        for part in parts:
            is_plain = isinstance(part, PLAIN_KEYS) or _is_number(part)
            if not is_plain or not is_plain_number_key(part):
                raise FileRefusedError("The model file has a dictionary key that is not plain.")


def _named_tuple(kind: type, arguments: tuple[Any, ...]) -> Any:
    """A named tuple, such as IterativeImputer keeps: no other class takes arguments."""
    if not issubclass(kind, tuple) or len(getattr(kind, "_fields", ())) != len(arguments):
        raise FileRefusedError("The model file makes an object with arguments.")
    return tuple.__new__(kind, arguments)


def _is_number(value: Any) -> bool:
    import numpy as np

    return isinstance(value, np.generic) and value.dtype.kind in "biufSU"
