"""Makes instances without a state, dictionaries and sets, within the file's allowance."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import Any

from .allowance import Allowance, is_plain_number_key
from .faults import FileRefusedError

PLAIN_KEYS = (str, int, float, bool, bytes, type(None))
"""Types of keys, also inside a flat tuple. Hashing nested tuples could take for ever."""


class BareObjects:
    """The objects of one file, before each gets its state."""

    def __init__(self, allowance: Allowance, own_modules: frozenset[str]) -> None:
        self.allowance = allowance
        """The bytes, items and keys that the whole file may still use."""
        self.own_modules = own_modules
        """Top-level modules of the user's own."""
        self.awaiting: dict[int, Any] = {}
        """Objects without a state yet, by id: each may get a state once."""
        self.classes: set[type] = set()
        """Classes whose instances the file may give a state."""
        self.named_types: set[type] = set()
        """Classes that the file names and may hand to scikit-learn's own reconstructors."""

    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        """An uninitialised instance of a class that the file may make instances of."""
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
        """Forbid a later state for a dtype: an array was made with it and depends on its size."""
        self.awaiting.pop(id(dtype), None)

    def append(self, target: Any, items: list[Any]) -> None:
        """Append items to a list; any other target is refused."""
        if type(target) is not list:
            raise FileRefusedError("The model file appends to something that is not a list.")
        target.extend(items)

    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Set items of a dictionary or of an allowed subclass; any other target is refused."""
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
        """Add items to a set; any other target is refused."""
        if type(target) is not set:
            raise FileRefusedError("The model file adds to something that is not a set.")
        for item in items:
            self.check_key(item)
            target.add(item)

    def check_key(self, key: Any) -> None:
        """Refuse a key that is not a plain value or a flat tuple of plain values.

        Raises:
            FileRefusedError: the key is of another kind, or its hash could collide with others.
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
    """A named tuple, such as IterativeImputer holds; no other new object has arguments."""
    if not issubclass(kind, tuple) or len(getattr(kind, "_fields", ())) != len(arguments):
        raise FileRefusedError("The model file makes an object with arguments.")
    return tuple.__new__(kind, arguments)


def _is_number(value: Any) -> bool:
    import numpy as np

    return isinstance(value, np.generic) and value.dtype.kind in "biufSU"
