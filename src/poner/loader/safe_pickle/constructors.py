"""The functions and classes that a model file may call, and their arguments.

A pickle of a model calls numpy's and scikit-learn's reconstructors, a few containers, and extension
classes that take their sizes. This module checks the arguments before each call, or makes the
object itself.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

from .array_forms import array_of, is_shape
from .bare_objects import BareObjects
from .faults import FileRefusedError

Make = Callable[[BareObjects, tuple[Any, ...]], Any]

BIT_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})
"""numpy's random bit generators (numpy.random, 2.4)."""

GENERATOR_BYTES = 1 << 10
"""Memory of a random bit generator; a file may leave out its state."""


MOST_ARGUMENTS = 3
"""Most arguments of a builtin that a file may call."""


class Constructor:
    """Stands for a global that the file may call; the model itself never holds the global."""

    def __init__(self, make: Make, resolve: Callable[[], Any]) -> None:
        self.make = make
        """Checks the arguments and makes the object."""
        self.resolve = resolve
        """Imports the global itself."""


def constructor(module: str, name: str, resolve: Callable[[], Any]) -> Constructor:
    """The Constructor of an allowed global; `resolve` imports the global itself."""
    full = f"{module}.{name}"
    make = BY_NAME.get(full.replace("numpy._core", "numpy.core"))
    if make is None:
        make = _extension(full, name, resolve)
    return Constructor(make, resolve)


def _bad(what: str) -> FileRefusedError:
    return FileRefusedError(f"The model file calls {what} with arguments no fitted model has.")


def _reconstructor(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Do copyreg._reconstructor, by which protocols 0 and 1 make an object without its __init__."""
    kind, base, state = arguments if len(arguments) == 3 else (None, None, None)
    made = objects.new(kind, ())
    if base is dict and isinstance(made, dict) and type(state) is dict:
        objects.allowance.spend(len(state))
        dict.update(made, state)
    elif base is not object or state is not None:
        raise _bad("copyreg._reconstructor")
    return made


def _encode(objects: BareObjects, arguments: tuple[Any, ...]) -> bytes:
    """Do _codecs.encode, by which protocols 0 to 2 write bytes."""
    text, encoding = arguments if len(arguments) == 2 else ("", "")
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise _bad("_codecs.encode")
    objects.allowance.spend(len(text))
    return text.encode("latin1")


def _set_of(kind: type) -> Make:
    """Make a set or frozenset from a list or tuple; a range could have any length."""

    def make(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
        items = arguments[0] if arguments else []
        if len(arguments) > MOST_ARGUMENTS or type(items) not in (list, tuple):
            raise _bad(kind.__name__)
        return objects.make_set(kind, items)

    return make


def _of_numbers(kind: Callable[..., Any], name: str) -> Make:
    """Make a slice, range or complex number from plain values."""

    def make(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
        if len(arguments) > MOST_ARGUMENTS or not all(map(is_bound, arguments)):
            raise _bad(name)
        return kind(*arguments)

    return make


def _bytes_of(kind: Callable[..., Any], name: str) -> Make:
    """Make bytes or a bytearray from bytes or a text; a number would choose their length."""

    def make(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
        if len(arguments) > MOST_ARGUMENTS or not _is_text_or_bytes(arguments):
            raise _bad(name)
        objects.allowance.spend(len(arguments[0]) if arguments else 0)
        return kind(*arguments)

    return make


def is_bound(value: Any) -> bool:
    """Whether a slice may begin or end with this value, which must not hold another object."""
    import numpy as np

    return value is None or isinstance(value, (int, float, str, np.generic))


def _is_text_or_bytes(arguments: tuple[Any, ...]) -> bool:
    return not arguments or type(arguments[0]) in (bytes, bytearray, str)


def _ordered(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    made: Any = collections.OrderedDict()
    pairs = arguments[0] if arguments else []
    if type(pairs) not in (list, tuple):
        raise _bad("collections.OrderedDict")
    objects.set_items(made, [(key, value) for key, value in pairs])
    return made


def _default(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    factory = arguments[0] if arguments else None
    if isinstance(factory, Constructor) and factory.make is _ordered:
        return collections.defaultdict(collections.OrderedDict)  # LightGBM's best scores
    if len(arguments) == 1 and isinstance(factory, type) and hasattr(factory, "get_params"):
        return collections.defaultdict(None)  # of LabelEncoders by column: it has all it needs
    if len(arguments) > 1 or factory not in (None, int, float, list, dict, set):
        raise _bad("collections.defaultdict")
    return collections.defaultdict(factory)


def _empty_array(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make an empty array that gets its state later: numpy's _reconstruct(type, (0,), b"b")."""
    import numpy as np

    if not arguments or arguments[0] is not np.ndarray:
        raise _bad("numpy's _reconstruct")
    return np.ndarray((0,), "b")


def _masked_array(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make an empty masked array, as search results hold them: numpy.ma's _mareconstruct."""
    import numpy as np

    if not arguments or arguments[0] is not np.ma.MaskedArray:
        raise _bad("numpy.ma's _mareconstruct")
    return np.ma.MaskedArray(np.ndarray((0,), "b"), mask=np.ndarray((0,), "?"))


def _dtype(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Do numpy.dtype(code, align, copy), always with a copy: no state can change numpy's dtypes."""
    import numpy as np

    code = arguments[0] if arguments else None
    if type(code) is not str or code[:1] not in "?bhilqpBHILQPefdgFDGSUVOiuc" or "," in code:
        raise _bad("numpy.dtype")
    made = np.dtype(code, False, True)
    objects.allowance.check_shape((), made.itemsize)
    return made


def _scalar(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make one number: numpy's scalar(dtype, bytes)."""
    import numpy as np

    dtype, data = arguments if len(arguments) == 2 else (None, None)
    if not isinstance(dtype, np.dtype) or dtype.hasobject or type(data) is not bytes:
        raise _bad("numpy's scalar")
    objects.settle(dtype)
    if not data and dtype.itemsize == 0:
        return dtype.type()
    return np.frombuffer(data, dtype, 1)[0]


def _from_buffer(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make an array of protocol 5: numpy's _frombuffer(bytes, dtype, shape, order)."""
    import numpy as np

    data, dtype, shape, order = arguments if len(arguments) == 4 else (None, None, None, None)
    if not isinstance(data, (bytes, bytearray)) or not isinstance(dtype, np.dtype):
        raise _bad("numpy's _frombuffer")
    if dtype.hasobject or order not in ("C", "F") or not is_shape(shape):
        raise _bad("numpy's _frombuffer")
    objects.settle(dtype)
    count = objects.allowance.check_shape(shape, dtype.itemsize)
    if count * dtype.itemsize != len(data):
        raise _bad("numpy's _frombuffer")
    return array_of(data, dtype, shape, order)


def _bit_generator(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    import numpy as np

    named = arguments[0] if arguments else "MT19937"
    name = named if isinstance(named, str) else getattr(named, "__name__", "")
    if name not in BIT_GENERATORS:
        raise _bad("numpy.random's reconstructor")
    objects.allowance.spend(GENERATOR_BYTES)
    return getattr(np.random, name)(0)


def _seed_sequence(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make a SeedSequence with any seed, since no prediction needs the seed of a generator."""
    import numpy as np

    return np.random.SeedSequence(0)


def _partial(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
    """Make a partial function of scikit-learn's check_array, which histogram models hold."""
    if len(arguments) != 1 or not is_check_array(arguments[0]):
        raise _bad("functools.partial")
    return functools.partial(arguments[0])


def is_check_array(function: Any) -> bool:
    """Whether a function is the one that functools.partial may wrap."""
    from sklearn.utils.validation import check_array

    return function is check_array


def _random_of(kind: str) -> Make:
    """Do numpy.random's __randomstate_ctor or __generator_ctor."""

    def make(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
        import numpy as np

        source = arguments[0] if arguments else "MT19937"
        objects.allowance.spend(GENERATOR_BYTES)
        if not isinstance(source, np.random.BitGenerator):
            source = _bit_generator(objects, (source,))
        return getattr(np.random, kind)(source)

    return make


def _extension(full: str, name: str, resolve: Callable[[], Any]) -> Make:
    """Call an extension class with its sizes, or one of Cython's own reconstructors.

    A reconstructor takes (class, checksum, state), and requires the class in its own name or a
    subclass. `newObj(class)` makes an instance of the given class, which must be of the same
    module.
    """
    module = full.rpartition(".")[0]

    def make(objects: BareObjects, arguments: tuple[Any, ...]) -> Any:
        import numpy as np

        if name == "Tree":
            _check_tree(arguments)
        plain = (bool, int, float, str, tuple, dict, type(None), np.ndarray, np.generic)
        given = []
        for argument in arguments:
            if isinstance(argument, Constructor):  # a class that may be called as well
                argument = argument.resolve()
                is_class = isinstance(argument, type)
            else:
                is_class = isinstance(argument, type) and argument in objects.named_types
            if not is_class and not isinstance(argument, plain):
                raise _bad(full)
            if is_class and name == "newObj" and argument.__module__ != module:
                raise _bad(full)
            given.append(argument)
        return resolve()(*given)

    return make


def _check_tree(arguments: tuple[Any, ...]) -> None:
    """Refuse sizes of a Tree that do not match: it reads n_outputs items of n_classes."""
    import numpy as np

    n_features, n_classes, n_outputs = arguments if len(arguments) == 3 else (0, None, 0)
    if not (
        isinstance(n_classes, np.ndarray)
        and isinstance(n_features, int)
        and isinstance(n_outputs, int)
        and 0 < n_features < 1 << 31
        and n_classes.shape == (n_outputs,)
        and n_classes.dtype.kind == "i"
        and n_outputs > 0
        and int(n_classes.min()) > 0
        and int(n_classes.max()) < 1 << 31
    ):
        raise _bad("sklearn.tree._tree.Tree")


BY_NAME: dict[str, Make] = {
    "copyreg._reconstructor": _reconstructor,
    "_codecs.encode": _encode,
    "builtins.set": _set_of(set),
    "builtins.frozenset": _set_of(frozenset),
    "builtins.slice": _of_numbers(slice, "slice"),
    "builtins.range": _of_numbers(range, "range"),
    "builtins.complex": _of_numbers(complex, "complex"),
    "builtins.bytes": _bytes_of(bytes, "bytes"),
    "builtins.bytearray": _bytes_of(bytearray, "bytearray"),
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": _default,
    "functools.partial": _partial,
    "numpy.dtype": _dtype,
    "numpy.core.multiarray._reconstruct": _empty_array,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy.ma.core._mareconstruct": _masked_array,
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence": _seed_sequence,
    "numpy.random._pickle.__randomstate_ctor": _random_of("RandomState"),
    "numpy.random._pickle.__generator_ctor": _random_of("Generator"),
    "numpy.random._pickle.__bit_generator_ctor": _bit_generator,
}
"""By global: the function that checks the arguments and makes the object. numpy's globals have
their older spelling (numpy.core)."""
