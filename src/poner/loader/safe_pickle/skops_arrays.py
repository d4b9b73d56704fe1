"""Builds the arrays, sparse matrices and random generators of a skops file."""

from __future__ import annotations

from typing import Any

from .array_forms import is_shape
from .constructors import BIT_GENERATORS
from .faults import FileRefusedError, damaged
from .npy_files import read_npy, read_sparse
from .skops_builder import Node, SkopsBuilder

OBJECT_BYTES = 1
"""Allowance that each object of an array takes; its text in the schema is always longer."""


def expect(node: Node, *names: str) -> None:
    """Refuse a node whose class differs from the classes that its kind builds."""
    found = f"{node['__module__']}.{node['__class__']}"
    if found not in names:
        raise FileRefusedError(f"The model file has a {node['__loader__']} of {found}.")


def build_array(builder: SkopsBuilder, node: Node) -> Any:
    """An array of numbers or of objects, or a single number."""
    import numpy as np

    if node["type"] == "json":
        expect(node, "numpy.ndarray")
        return _object_array(builder, node)
    array = read_npy(builder.member(node), builder.rules.allowance)
    if node["__class__"] == "ndarray":
        return array
    kind = builder.named(node)
    if not isinstance(kind, type) or not issubclass(kind, np.generic) or array.ndim:
        raise FileRefusedError("The model file has an array of a class that is not numpy's.")
    return kind(array[()])


def _object_array(builder: SkopsBuilder, node: Node) -> Any:
    """An array of objects, stored as nested lists; its size is checked before it is made."""
    import numpy as np

    shape = builder.build(node["shape"])
    if not is_shape(shape) or not shape:
        raise damaged("an array without a shape")
    builder.rules.allowance.check_shape(shape, OBJECT_BYTES)
    level = [[builder.build(item) for item in node["content"]]]
    for place, length in enumerate(shape):
        if not all(type(part) is list and len(part) == length for part in level):
            raise damaged("an array's size does not match its shape")
        if place + 1 < len(shape):
            level = [inner for part in level for inner in part]
    array = np.empty(shape, dtype=object)
    for index, item in zip(np.ndindex(*shape), (item for part in level for item in part)):
        array[index] = item
    return array


def build_masked(builder: SkopsBuilder, node: Node) -> Any:
    """A masked array."""
    import numpy as np

    content = node["content"]
    data, mask = builder.build(content["data"]), builder.build(content["mask"])
    # numpy would copy lists that share lists, once for each way that leads to them
    if not isinstance(data, np.ndarray) or not isinstance(mask, (np.ndarray, np.bool_, bool)):
        raise damaged("a masked array without an array")
    if np.shape(mask) not in ((), data.shape):
        raise damaged("a mask does not have its array's shape")
    made = np.ma.MaskedArray(data, mask)
    made.fill_value = None  # the default, as a pickle's `__setstate__` gives it
    return made


def build_sparse(builder: SkopsBuilder, node: Node) -> Any:
    """A sparse matrix, stored as an archive of its arrays."""
    return read_sparse(builder.member(node), builder.rules.allowance)


def build_random_state(builder: SkopsBuilder, node: Node) -> Any:
    """A RandomState."""
    import numpy as np

    random = np.random.RandomState()
    random.set_state(builder.build(node["content"]))
    return random


def build_random_generator(builder: SkopsBuilder, node: Node) -> Any:
    """A random Generator."""
    import numpy as np

    state = builder.build(node["content"]["bit_generator"])
    if state.get("bit_generator") not in BIT_GENERATORS:
        raise FileRefusedError("The model file has a random generator that is not numpy's.")
    source = getattr(np.random, state["bit_generator"])(0)
    source.state = state
    return np.random.Generator(source)
