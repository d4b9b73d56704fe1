"""Turns loaded and checked objects into the graph of a pickle that builds them again.

Each object's own `__reduce_ex__` tells how to build it, as for `pickle.dumps`. The graph differs
from such a pickle in names only: where numpy or scipy renamed a module, the graph uses the name
that every version knows.
"""

from __future__ import annotations

import copyreg
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..allowed import allowed_roles, roles_of
from ..faults import FileRefusedError, FileUnreadableError
from ..imports import resolve
from .nodes import NO_STATE, Global, Items, Made, Pairs

if TYPE_CHECKING:
    import numpy as np

PROTOCOL = 4
"""Argument of `__reduce_ex__`; protocol 5 would give buffers."""

ATOMS = (type(None), bool, int, float, str, bytes)

CONTAINERS = (list, tuple, set, frozenset)

PORTABLE_MODULES = {
    "_loss": "sklearn._loss._loss",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "scipy.special._special_ufuncs": "scipy.special._ufuncs",
}
"""Modules by the name under which every version of the package has them: numpy 2 keeps the old
one for pickles (its release notes, 2.0), and scipy 1.15 moved some functions and left their
names."""

PORTABLE_NAMES = {Global("numpy", "bool"): Global("numpy", "bool_")}
"""Names by the name that every version of the package has; numpy 1 has no `numpy.bool`."""

NOT_WRITTEN = "The model holds {}, which poner does not write into a function."
NATIVE = "Choose the engine native, or fit the model without that part."


def graph_of(value: Any, own_modules: frozenset[str]) -> Any:
    """The graph of an object.

    Args:
        value: the object; all of its parts were made under the allow-list.
        own_modules: top-level modules of the user's own.

    Raises:
        FileUnreadableError: a part of the object has no allowed name, or cannot be pickled.
    """
    return _Graph(own_modules).of(value)


class _Graph:
    def __init__(self, own_modules: frozenset[str]) -> None:
        import numpy as np

        self.dtype = np.dtype
        self.own_modules = own_modules
        self.nodes: dict[Any, Any] = {}
        """The node of each object, by its id; equal dtypes share a node, by their value."""
        self.kept: list[Any] = []
        """The objects themselves, so that no id is used twice."""
        self.waiting: list[tuple[Any, Any]] = []
        """Nodes that are still empty, with their objects."""

    def of(self, value: Any) -> Any:
        root = self.node(value)
        while self.waiting:
            node, value = self.waiting.pop()
            if isinstance(node, Items):
                node.items.extend(map(self.node, value))
            elif isinstance(node, Pairs):
                node.pairs.extend(self._pairs(value.items()))
            else:
                self._fill(node, *value)
        return root

    def node(self, value: Any) -> Any:
        """A plain value unchanged; for any other value, the node that stands for it."""
        if type(value) in ATOMS:
            return value
        key = (value, value.isalignedstruct) if isinstance(value, self.dtype) else id(value)
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = self._new(value)
            self.kept.append(value)
        return node

    def _new(self, value: Any) -> Any:
        kind = type(value)
        if kind in CONTAINERS:
            return self._later(Items(kind), value)
        if kind is dict:
            return self._later(Pairs(), value)
        if isinstance(value, type):
            return self._name(value.__module__, value.__qualname__, value)
        reduced = _reduced(value)
        if isinstance(reduced, str):
            return self._name(getattr(value, "__module__", None), reduced, value)
        function, arguments, *rest = reduced
        is_call = function is not copyreg.__newobj__  # type: ignore[attr-defined]  # not in typeshed
        if not is_call:
            function, *arguments = arguments
        return self._later(Made(self.node(function), is_call), (arguments, *rest))

    def _later(self, node: Any, value: Any) -> Any:
        self.waiting.append((node, value))
        return node

    def _fill(
        self,
        node: Made,
        arguments: Iterable[Any],
        state: Any = None,
        items: Iterable[Any] | None = None,
        pairs: Iterable[tuple[Any, Any]] | None = None,
        setter: Any = None,
    ) -> None:
        if not isinstance(node.function, Global) or setter is not None:
            raise _not_written(f"an object that is made by a {type(node.function).__name__}")
        held = [*arguments]
        self.kept += [held, state]  # made for this call alone
        node.arguments.extend(map(self.node, held))
        node.items.extend(map(self.node, items or ()))
        node.pairs.extend(self._pairs(pairs or ()))
        node.state = NO_STATE if state is None else self.node(state)

    def _pairs(self, pairs: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, Any]]:
        return [(self.node(key), self.node(value)) for key, value in pairs]

    def _name(self, module: Any, name: str, value: Any) -> Global:
        """The most portable of the allowed names that lead to a class or function."""
        own = Global(str(module), name)
        candidates = [_portable(own), own]
        short = name.rpartition(".")[2]
        known = (Global(*key) for key in allowed_roles() if key[1] == short)
        candidates += sorted(known, reverse=True)
        for candidate in candidates:
            if not roles_of(candidate.module, candidate.name, self.own_modules):
                continue
            if self._leads_to(candidate, value):
                return candidate
        raise _not_written(str(own))

    def _leads_to(self, name: Global, value: Any) -> bool:
        try:
            return resolve(name.module, name.name, self.own_modules) is value
        except (FileUnreadableError, FileRefusedError):
            return False


def _portable(name: Global) -> Global:
    name = PORTABLE_NAMES.get(name, name)
    return Global(PORTABLE_MODULES.get(name.module, name.module), name.name)


def _not_written(what: str) -> FileUnreadableError:
    return FileUnreadableError(NOT_WRITTEN.format(what), NATIVE)


def _reduced(value: Any) -> Any:
    """How an object is built: its name, or a function or class with arguments and a state."""
    import numpy as np

    if isinstance(value, np.random.RandomState):
        return _random_state(value)
    if isinstance(value, np.random.Generator):
        return _random_generator(value)
    if isinstance(value, types.ModuleType):
        raise _not_written(f"the module {value.__name__}")
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        return value.__qualname__
    if isinstance(value, np.ndarray) and not value.dtype.isnative:  # as numpy loads a pickle
        value = value.astype(value.dtype.newbyteorder("="))
    if isinstance(value, np.ma.MaskedArray):  # without its fill value, so that loading sets None
        reduced: Any = value.__reduce__()
        function, arguments, state = reduced
        return function, arguments, (*state[:-1], None)
    if isinstance(value, bytearray):
        return bytearray, ((bytes(value),) if value else ())
    reducer = copyreg.dispatch_table.get(type(value))
    try:
        return reducer(value) if reducer is not None else value.__reduce_ex__(PROTOCOL)
    except (TypeError, AttributeError, ValueError) as error:
        raise _not_written(f"a {type(value).__module__}.{type(value).__qualname__}") from error


def _random_state(value: np.random.RandomState) -> Any:
    """The form of numpy 1, which numpy 2 also reads; the generator's seed is left out."""
    from numpy.random import _pickle

    state: Any = value.get_state(legacy=False)
    return _pickle.__randomstate_ctor, (state["bit_generator"],), state


def _random_generator(value: np.random.Generator) -> Any:
    from numpy.random import _pickle

    state: Any = value.bit_generator.state
    return _pickle.__generator_ctor, (state["bit_generator"],), state
