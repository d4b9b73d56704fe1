"""Loads a model file under the allow-list: the same list once more, and only what it permits.

A global that may be called never enters the model as such: the file gets a `Constructor`, which
checks its arguments, so no attribute of a model can be made to hold a function with power.
"""

from __future__ import annotations

import collections
import importlib
import io
import sys
import types
from collections.abc import Iterable
from typing import Any

from . import integrity, states
from .allowance import Allowance, is_plain_number_key, refuse_key
from .allowed import CALL, NEW, OWN_ROLES, roles_of
from .constructors import Constructor, constructor
from .faults import FileRefusedError, FileUnreadableError
from .formats import SKOPS, unpack
from .joblib_arrays import WRAPPERS, ArrayWrapper, read_array
from .machine import PickleMachine

OTHER_SPELLING = {"numpy.core": "numpy._core", "numpy._core": "numpy.core"}
"""numpy 2 renamed the package that old pickles name, and the other way round."""

MODULE_HOMES = {"_loss": "sklearn._loss._loss"}
"""Extension modules that name themselves without their package."""

PLAIN_KEYS = (str, int, float, bool, bytes, type(None))
"""What may be a key: hashing a tuple of tuples of tuples can take for ever."""


def load_content(content: bytes, own_modules: frozenset[str] = frozenset()) -> Any:
    """The object that a model file holds; `own_modules` are the user's own, by top-level name.

    The finished object is checked as a whole (`integrity`): nothing changes it afterwards.

    Raises:
        FileRefusedError: it names or does what the allow-list does not permit.
        FileUnreadableError: it is damaged.
    """
    format_name, _, content = unpack(content)
    if format_name == SKOPS:
        from .skops_files import load_skops

        loaded = load_skops(content, own_modules)
    else:
        loaded = LoadingMachine(io.BytesIO(content), own_modules=own_modules).run()
    integrity.check_graph(loaded)
    return loaded


def resolve(module: str, name: str) -> Any:
    """The object behind an allowed global.

    Raises:
        FileUnreadableError: this environment does not have it.
    """
    for place in _places(module):
        try:
            importlib.import_module(place)
        except ImportError:
            continue
        found = getattr(sys.modules.get(module, sys.modules[place]), name, None)
        if found is None:
            found = getattr(sys.modules[place], name, None)
        if found is not None:
            return found
    raise FileUnreadableError(
        f"The model needs {module}.{name}, which is not there beside its scikit-learn here.",
        "It was saved with another numpy or scipy: save it again on the Python that poner runs on.",
    )


def resolve_own(module: str, name: str, own_modules: frozenset[str]) -> Any:
    """The class or function behind a global of the user's own modules, which are imported.

    Raises:
        FileRefusedError: it is something that the module has from elsewhere, such as os.system.
        FileUnreadableError: the module cannot be imported, or does not have it.
    """
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        raise FileUnreadableError(
            f"The included module {module} imports {error.name}, which is not installed where "
            "the model is read.",
            f"Add it with --require {str(error.name).partition('.')[0]}==VERSION, or to include "
            "where it is your own.",
        ) from error
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise FileUnreadableError(
            f"Importing the included module {module} raised {type(error).__name__}: {lines[-1]}",
            "Make it importable by itself, then run the command again.",
        ) from error
    if found is None:
        raise FileUnreadableError(
            f"The model needs {module}.{name}, which the included module does not have.",
            "Include the module that the model was saved with.",
        )
    home = str(getattr(found, "__module__", None)).partition(".")[0]
    if not isinstance(found, (type, types.FunctionType)) or home not in own_modules:
        raise refused(module, name, "name")
    return found


def _places(module: str) -> list[str]:
    places = [MODULE_HOMES.get(module, module)]
    for spelling, other in OTHER_SPELLING.items():
        if module == spelling or module.startswith(spelling + "."):
            places.append(other + module[len(spelling) :])
    return places


def refused(module: str, name: str, what: str) -> FileRefusedError:
    """The refusal of a global."""
    return FileRefusedError(f"The model file would {what} {module}.{name}.", [f"{module}.{name}"])


class LoadingMachine(PickleMachine):
    """Runs a pickle for real, within the allow-list."""

    def __init__(
        self,
        stream: io.BytesIO,
        depth: int = 0,
        own_modules: frozenset[str] = frozenset(),
        allowance: Allowance | None = None,
    ) -> None:
        super().__init__(stream, depth)
        self.allowance = allowance or Allowance(len(stream.getbuffer()))
        """What the whole file may still take."""
        self.awaiting: dict[int, Any] = {}
        """Objects by id that were made and have no state yet: each gets one, once."""
        self.own_modules = own_modules
        """Top-level modules of the user's own."""
        self.classes: set[type] = set()
        """Classes whose instances the file may give a state."""
        self.named_types: set[type] = set()
        """Classes the file names, to be handed to scikit-learn's own reconstructors."""
        self.found: dict[tuple[str, str], Any] = {}

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
        if roles is OWN_ROLES:
            found = resolve_own(module, name, self.own_modules)
        else:
            found = resolve(module, name)
        if isinstance(found, type):
            self.named_types.add(found)
            if NEW in roles:
                self.classes.add(found)
        return found

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """Only through a Constructor's checks."""
        if not isinstance(function, Constructor):
            raise FileRefusedError("The model file calls what it may only name.")
        made = function.make(self, arguments)
        self.classes.add(type(made))
        self.awaiting[id(made)] = made
        return made

    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        """An instance that was not initialised, of a class that may have instances."""
        if not isinstance(kind, type) or kind not in self.classes:
            raise FileRefusedError("The model file makes an object of what it may only name.")
        if arguments:
            return _named_tuple(kind, arguments)
        maker: Any = kind.__new__
        made = maker(kind)
        self.awaiting[id(made)] = made
        return made

    def build(self, target: Any, state: Any) -> Any:
        """Give an object of an allowed class its state, checked by `states`."""
        if type(target) not in self.classes or isinstance(target, (type, Constructor)):
            raise FileRefusedError("The model file changes an object that is not the model's.")
        if self.awaiting.pop(id(target), None) is None:
            raise FileRefusedError("The model file gives an object its state twice.")
        if isinstance(target, ArrayWrapper):
            target.set_state(state)
            return read_array(target, self)
        states.set_state(target, state, self)
        return target

    def settle(self, dtype: Any) -> None:
        """Let a dtype get no state any more: an array was made of it, whose size depends on it."""
        self.awaiting.pop(id(dtype), None)

    def nested(self) -> Any:
        """The object of a pickle that begins at this place of the stream."""
        return LoadingMachine(self.stream, self.depth + 1, self.own_modules, self.allowance).run()

    def append(self, target: Any, items: list[Any]) -> None:
        """Lists only."""
        if type(target) is not list:
            raise FileRefusedError("The model file appends to something that is not a list.")
        target.extend(items)

    def set_items(self, target: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Dictionaries and the subclasses on the list."""
        if not isinstance(target, dict):
            raise FileRefusedError("The model file sets items of what is not a dictionary.")
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
            if not isinstance(part, PLAIN_KEYS) and not _is_number(part):
                raise refuse_key()
            if not is_plain_number_key(part):
                raise refuse_key()


def _named_tuple(kind: type, arguments: tuple[Any, ...]) -> Any:
    """A named tuple, such as IterativeImputer keeps: no other class takes arguments."""
    if not issubclass(kind, tuple) or len(getattr(kind, "_fields", ())) != len(arguments):
        raise FileRefusedError("The model file makes an object with arguments.")
    return tuple.__new__(kind, arguments)


def _is_number(value: Any) -> bool:
    import numpy as np

    return isinstance(value, np.generic) and value.dtype.kind in "biufSU"
