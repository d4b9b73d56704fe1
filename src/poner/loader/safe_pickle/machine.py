"""The state of a pickle virtual machine: its stack, marks and memo (protocols 0 to 5).

The machine builds nothing. Every step that would import, call or change an object is a method of
a subclass: `listing` records the step, `loading_machine` takes it under the allow-list. Both run
the same code for each opcode (`opcodes`), so both understand every file in the same way.
"""

from __future__ import annotations

import _compat_pickle
import io
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from .faults import FileUnreadableError

DEEPEST_NESTING = 50
"""Most levels of pickles inside pickles (joblib's object arrays); a model needs three or four."""


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
        """The object that stands for a global of the file."""

    @abstractmethod
    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """The object that stands for the result of calling a global (REDUCE)."""

    @abstractmethod
    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        """The object that stands for a new, uninitialised object (NEWOBJ)."""

    @abstractmethod
    def build(self, target: Any, state: Any) -> Any:
        """The object that stands for an object after it got its state (BUILD)."""

    @abstractmethod
    def append(self, target: Any, items: list[Any]) -> None:
        """Append items to a list; the target may be of any type."""

    @abstractmethod
    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Set items of a dictionary; the target may be of any type."""

    @abstractmethod
    def make_set(self, kind: type, items: list[Any]) -> Any:
        """The object that stands for a set or frozenset."""

    @abstractmethod
    def add(self, target: Any, items: list[Any]) -> None:
        """Add items to a set; the target may be of any type."""

    # What the protocol fixes.

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop_marked(self) -> list[Any]:
        """Remove and return everything above the last mark, and remove the mark."""
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def named(self, module: str, name: str) -> Any:
        """Look up a global by its Python 3 name; protocols 0 to 2 write the name of Python 2."""
        if self.protocol < 3:
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        return self.find_global(module, name)
