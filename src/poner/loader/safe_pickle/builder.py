"""Builds the objects of a model file as the allow-list permits.

In place of a global that the file may call, the model gets a `Constructor`, which checks the
arguments. So no attribute of a model can hold a function that reads files or runs programs.
"""

from __future__ import annotations

from typing import Any

from . import states
from .allowance import Allowance
from .allowed import CALL, NEW, roles_of
from .bare_objects import BareObjects
from .constructors import Constructor, constructor
from .faults import FileRefusedError, FileUnreadableError
from .imports import refused, resolve
from .joblib_arrays import WRAPPERS, ArrayWrapper


class Builder(BareObjects):
    """Names, calls and changes what the list permits; the same for pickles and skops files."""

    def __init__(self, allowance: Allowance, own_modules: frozenset[str]) -> None:
        super().__init__(allowance, own_modules)
        self.found: dict[tuple[str, str], Any] = {}
        """The object that stands for each global that the file has named."""

    def find_global(self, module: str, name: str) -> Any:
        """The global, or the Constructor that stands for it."""
        key = (module, name)
        if key not in self.found:
            self.found[key] = self._find(module, name)
        return self.found[key]

    def _find(self, module: str, name: str) -> Any:
        roles = roles_of(module, name, self.own_modules)
        if not roles:
            raise refused(module, name, "name")
        if (module, name) in WRAPPERS:
            self.classes.add(ArrayWrapper)
            return ArrayWrapper
        if CALL in roles:
            return constructor(module, name, lambda: resolve(module, name))
        found = resolve(module, name, self.own_modules)
        if isinstance(found, type):
            self.named_types.add(found)
            if NEW in roles:
                self.classes.add(found)
        return found

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """Call a Constructor, which checks the arguments; any other function is refused."""
        if not isinstance(function, Constructor):
            raise FileRefusedError("The model file calls a function that it may only refer to.")
        made = function.make(self, arguments)
        self.classes.add(type(made))
        self.awaiting[id(made)] = made
        return made

    def build(self, target: Any, state: Any) -> Any:
        """Give an object of an allowed class its state, checked by `states`."""
        if type(target) not in self.classes or isinstance(target, (type, Constructor)):
            raise FileRefusedError("The model file changes an object outside the model.")
        if self.awaiting.pop(id(target), None) is None:
            raise FileRefusedError("The model file gives an object its state twice.")
        if isinstance(target, ArrayWrapper):
            target.set_state(state)
            return self.array_behind(target)
        states.set_state(target, state, self)
        return target

    def array_behind(self, wrapper: ArrayWrapper) -> Any:
        """The array whose bytes follow its wrapper; only joblib's pickles contain such arrays."""
        raise FileUnreadableError("The model file ends too early.")
