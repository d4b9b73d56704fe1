"""A pickle virtual machine that builds nothing by itself.

It keeps the stack, the marks and the memo as the pickle protocol (0 to 5) asks for; whatever would
import, call or change an object is left to a subclass. `listing` records it, `loading` does it
under the allow-list. Both read the same opcodes with the same code, so there is no file that one
of them reads differently from the other.

Opcodes and their arguments: `pickletools` of the standard library, and PEP 307, 3154, 574.
"""

from __future__ import annotations

import _compat_pickle
import io
import pickletools
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from .allowance import check_integer
from .faults import FileUnreadableError
from .opcodes import PUSHED, STEPS

DEEPEST_NESTING = 50
"""Pickles inside pickles (joblib's object arrays); a model needs three or four."""


class PickleMachine(ABC):
    """Reads one pickle from a stream and returns what it describes."""

    def __init__(self, stream: io.BytesIO, depth: int = 0) -> None:
        if depth > DEEPEST_NESTING:
            raise FileUnreadableError("The model file nests pickles without end.")
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

    def run(self) -> Any:
        """Read the stream up to and including the pickle's STOP.

        Raises:
            FileUnreadableError: it is not a pickle, or ends too early.
            FileRefusedError: it does what a fitted model has no need of.
        """
        steps = {name: step.__get__(self) for name, step in STEPS.items()}
        push, stack_names = self.push, PUSHED
        try:
            for opcode, argument, _ in pickletools.genops(self.stream):
                if opcode.name in stack_names:
                    if type(argument) is int:
                        check_integer(argument)
                    push(argument)
                elif opcode.name == "STOP":
                    return self.stack.pop()
                else:
                    steps[opcode.name](argument)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
            told = "" if isinstance(error, (IndexError, KeyError)) else f": {_last_line(error)}"
            raise FileUnreadableError(
                f"The model file is damaged, or no pickle, joblib or skops file{told}."
            ) from error
        raise FileUnreadableError("The model file ends too early.")

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


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].rstrip(".")[:200] if lines else type(error).__name__
