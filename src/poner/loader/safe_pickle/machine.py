"""The state of a pickle virtual machine: its stack, marks and memo (protocols 0 to 5).

The machine builds nothing by itself. Whatever would import, call or change an object is a method
of a subclass: `listing` records it, `loading_machine` does it under the allow-list. Both run the
same opcodes with the same code (`opcodes`), so both understand every file alike.
"""

from __future__ import annotations

import _compat_pickle
import io
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from .faults import FileUnreadableError

DEEPEST_NESTING = 50
"""Pickles inside pickles (joblib's object arrays); a model needs three or four."""


class PickleMachine(ABC):
    """Reads one pickle from a stream and returns what it describes."""

    def __init__(self, stream: io.BytesIO, depth: int = 0) -> None:
        if depth > DEEPEST_NESTING:
            raise FileUnreadableError(f"The model file nests more than {DEEPEST_NESTING} pickles.")
        self.stream = stream
        self.depth = depth
        self.protocol = 0
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    # What a subclass decides.

    @abstractmethod
    def find_global(self, module: str, name: str) -> Any:
        """What stands for a global of the file."""

    @abstractmethod
    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """What stands for the result of calling a global (REDUCE)."""

    @abstractmethod
    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        """What stands for a new object that was not initialised (NEWOBJ)."""

    @abstractmethod
    def build(self, target: Any, state: Any) -> Any:
        """What stands for an object after it was given its state (BUILD)."""

    @abstractmethod
    def append(self, target: Any, items: list[Any]) -> None:
        """Add items to what should be a list."""

    @abstractmethod
    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Set items of what should be a dictionary."""

    @abstractmethod
    def make_set(self, kind: type, items: list[Any]) -> Any:
        """What stands for a set or frozenset."""

    @abstractmethod
    def add(self, target: Any, items: list[Any]) -> None:
        """Add items to what should be a set."""

    # What the protocol fixes.

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop_marked(self) -> list[Any]:
        """Everything above the last mark, which goes."""
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def named(self, module: str, name: str) -> Any:
        """Look up a global under its Python 3 name (protocols 0 to 2 write Python 2's)."""
        if self.protocol < 3:
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        return self.find_global(module, name)
