"""Builds each kind of node in a skops file, under the same rules as a pickle.

poner does not use skops itself: skops would have to be installed in every environment, and it has
its own list of trusted types.
"""

from __future__ import annotations

import json
from typing import Any

from . import skops_arrays
from .allowance import read_integer
from .constructors import is_bound
from .faults import FileRefusedError, FileUnreadableError, damaged
from .skops_builder import BuildNode, Node, SkopsBuilder
from .skops_schema import open_archive, read_schema

LOSS_MODULES = ("_loss", "sklearn._loss._loss", "sklearn.linear_model._sgd_fast")
"""Extension modules whose loss classes are called with their parameters."""


def load_skops(content: bytes, own_modules: frozenset[str] = frozenset()) -> Any:
    """Load the object in a skops file.

    Args:
        content: the file's content.
        own_modules: top-level modules of the user's own.

    Raises:
        FileRefusedError: the file names or uses something outside the allow-list.
        FileUnreadableError: the file is damaged.
    """
    archive = open_archive(content)
    root = read_schema(archive)
    try:
        return SkopsBuilder(archive, own_modules, BUILDERS).build(root)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise damaged(f"{error!r}") from error
    except RecursionError as error:
        raise FileUnreadableError("The model file nests objects too deeply.") from error


def _cached(builder: SkopsBuilder, node: Node) -> Any:
    raise damaged("it refers to an object that it does not hold")


def _list(builder: SkopsBuilder, node: Node) -> Any:
    skops_arrays.expect(node, "builtins.list")
    return [builder.build(item) for item in node["content"]]


def _tuple(builder: SkopsBuilder, node: Node) -> Any:
    items = tuple(builder.build(item) for item in node["content"])
    if (node["__module__"], node["__class__"]) == ("builtins", "tuple"):
        return items
    return builder.rules.new(builder.named(node), items)


def _set(builder: SkopsBuilder, node: Node) -> Any:
    skops_arrays.expect(node, "builtins.set")
    return builder.rules.make_set(set, [builder.build(item) for item in node["content"]])


def _dict(builder: SkopsBuilder, node: Node) -> Any:
    kind = f"{node['__module__']}.{node['__class__']}"
    target: Any = {}
    if kind == "collections.OrderedDict":
        target = builder.rules.call(builder.named(node), ())
    elif kind != "builtins.dict":
        target = builder.rules.new(builder.named(node), ())
    key_types = builder.build(node["key_types"])
    keys = [_key(kind, text) for kind, text in _pairs(key_types, list(node["content"]))]
    values = [builder.build(item) for item in node["content"].values()]
    builder.rules.set_items(target, _pairs(keys, values))
    return target


def _pairs(first: list[Any], second: list[Any]) -> list[Any]:
    if len(first) != len(second):
        raise damaged("a dictionary's keys and values do not match")
    return [(first[at], second[at]) for at in range(len(first))]


def _key(kind: Any, text: str) -> Any:
    """A key of a dictionary, which JSON stores as text."""
    import numpy as np

    if kind is int:
        return read_integer(text)
    if kind in (str, float):
        return kind(text)
    if kind is bool or kind is np.bool_:
        return kind(text in ("True", "true"))
    if kind is type(None):
        return None
    if isinstance(kind, type) and issubclass(kind, (np.integer, np.floating)):
        return kind(float(text) if issubclass(kind, np.floating) else int(text))
    if kind is np.str_:
        return kind(text)
    raise FileRefusedError("The model file has a dictionary key that is not plain.")


def _default_dict(builder: SkopsBuilder, node: Node) -> Any:
    skops_arrays.expect(node, "collections.defaultdict")
    factory = builder.build(node["content"]["default_factory"])
    target = builder.rules.call(builder.named(node), (factory,))
    builder.rules.set_items(target, builder.build(node["content"]["main"]).items())
    return target


def _bytes(builder: SkopsBuilder, node: Node) -> Any:
    skops_arrays.expect(node, "builtins.bytes", "builtins.bytearray")
    data = builder.member(node)
    builder.rules.allowance.spend(len(data))
    return bytearray(data) if node["__class__"] == "bytearray" else data


def _slice(builder: SkopsBuilder, node: Node) -> Any:
    content = node["content"]
    bounds = [content[name] for name in ("start", "stop", "step")]
    if not all(map(is_bound, bounds)):
        raise FileRefusedError("The model file has a slice whose bounds are not plain values.")
    return slice(*bounds)


def _name(builder: SkopsBuilder, node: Node) -> Any:
    """A type or function; protocol 0 wrote functions inside `content`."""
    content = node.get("content")
    if isinstance(content, dict):
        return builder.rules.find_global(content["module_path"], content["function"])
    if node["__module__"] == "builtins" and node["__class__"] in PLAIN_TYPES:
        return PLAIN_TYPES[node["__class__"]]
    return builder.named(node)


PLAIN_TYPES: dict[str, Any] = {
    kind.__name__: kind for kind in (bool, int, float, str, bytes, list, dict, tuple, set, object)
}
PLAIN_TYPES["NoneType"] = type(None)


def _object(builder: SkopsBuilder, node: Node) -> Any:
    made = builder.rules.new(builder.named(node), ())
    content = node.get("content")
    state = None if content is None else builder.build(content)
    return made if state is None else builder.rules.build(made, state)


def _partial(builder: SkopsBuilder, node: Node) -> Any:
    parts = [builder.build(node["content"][name]) for name in ("func", "args", "kwds", "namespace")]
    made = builder.rules.call(builder.named(node), (parts[0],))
    return builder.rules.build(made, tuple(parts))


def _tree(builder: SkopsBuilder, node: Node) -> Any:
    made = builder.rules.call(builder.named(node), builder.build(node["__reduce__"]["args"]))
    return builder.rules.build(made, builder.build(node["content"]))


def _loss(builder: SkopsBuilder, node: Node) -> Any:
    """A loss, whose class is called with numbers."""
    arguments = builder.build(node["__reduce__"]["args"]) or ()
    if node["__module__"] not in LOSS_MODULES:
        raise FileRefusedError("The model file has a loss that is not scikit-learn's.")
    if not all(isinstance(argument, (bool, int, float)) for argument in arguments):
        raise FileRefusedError("The model file has a loss with arguments that are not numbers.")
    kind = builder.rules.find_global(node["__module__"], node["__class__"])
    if not isinstance(kind, type):
        return builder.rules.call(kind, tuple(arguments))
    return kind(*arguments)


BUILDERS: dict[str, BuildNode] = {
    "CachedNode": _cached,
    "JsonNode": lambda builder, node: json.loads(node["content"], parse_int=read_integer),
    "ListNode": _list,
    "TupleNode": _tuple,
    "SetNode": _set,
    "DictNode": _dict,
    "DefaultDictNode": _default_dict,
    "BytesNode": _bytes,
    "BytearrayNode": _bytes,
    "SliceNode": _slice,
    "TypeNode": _name,
    "FunctionNode": _name,
    "ObjectNode": _object,
    "ConstructorFromReduceNode": lambda builder, node: builder.rules.call(
        builder.named(node), builder.build(node["content"])
    ),
    "PartialNode": _partial,
    "TreeNode": _tree,
    "LossNode": _loss,
    "NdArrayNode": skops_arrays.build_array,
    "MaskedArrayNode": skops_arrays.build_masked,
    "DTypeNode": lambda builder, node: builder.build(node["content"]).dtype,  # an array of it
    "SparseMatrixNode": skops_arrays.build_sparse,
    "RandomStateNode": skops_arrays.build_random_state,
    "RandomGeneratorNode": skops_arrays.build_random_generator,
}
"""What builds each kind of node; methods and operators have none."""
