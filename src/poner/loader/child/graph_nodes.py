"""Reads the nodes of an ONNX graph: whether it needs other files; its classes and categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..safe_pickle.faults import FileUnreadableError

CLASS_ATTRIBUTES = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
"""Attributes of ai.onnx.ml's classifiers and of ZipMap that list the classes."""

PASSING = ("Cast", "Identity", "Reshape", "Squeeze", "Flatten", "Unsqueeze")
"""Operators that keep the values of their first input."""

CHOOSING = ("ArrayFeatureExtractor", "Gather")
"""Operators that choose from their first input by index: of a list of classes, the answer."""

TEXT_ATTRIBUTES = ("cats_strings", "keys_strings")
"""Attributes of encoders that list the texts which they know."""

LONGEST_PATH = 20
"""Most nodes between the answer and the node that lists the classes."""


def check_self_contained(model: Any) -> None:
    """Refuse a graph whose numbers are in other files.

    Raises:
        FileUnreadableError: a tensor, at any depth, names a file.
    """
    for message in _messages(model):
        if message.DESCRIPTOR.name == "TensorProto" and (
            message.data_location == 1 or len(message.external_data)
        ):
            raise FileUnreadableError(
                "The graph has its numbers in another file.",
                "Save it as one file: onnx.save_model(model, path, save_as_external_data=False).",
            )


def _messages(message: Any) -> Iterator[Any]:
    """A protobuf message and all messages inside it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in [value] if hasattr(value, "ListFields") else value:
                yield from _messages(inner)


class Nodes:
    """The nodes of a graph, by the outputs that they compute."""

    def __init__(self, model: Any) -> None:
        graph = model.graph
        self.all = list(graph.node)
        self.producers = {name: node for node in graph.node for name in node.output}
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.name == "value":
                        self.constants[node.output[0]] = attribute.t

    def classes_of(self, output: str) -> list[Any] | None:
        """The classes that an output of labels can name, in order; None if none are found.

        Either the node that computes the labels lists them, or it chooses from a constant; else a
        ZipMap, which names the columns of the probabilities, has them.
        """
        name = output
        for _ in range(LONGEST_PATH):
            node = self.producers.get(name)
            if node is None:
                break
            listed = _listed_classes(node)
            if listed is None and node.op_type in CHOOSING:
                listed = self._constant(node.input[0])
            if listed is not None:
                return listed
            if node.op_type not in PASSING:
                break
            name = node.input[0]
        zipped = [_listed_classes(node) for node in self.all if node.op_type == "ZipMap"]
        return next((listed for listed in zipped if listed is not None), None)

    def texts_of(self, columns: dict[str, list[int]]) -> dict[int, list[str]]:
        """The texts, sorted, that encoders know of features which they read directly.

        Args:
            columns: the features that each input of the graph has as its columns.
        """
        columns = dict(columns)
        texts: dict[int, set[str]] = {}
        for node in self.all:  # in the order of computing, as ONNX requires
            sources = [columns[name] for name in node.input if name in columns]
            if not sources:
                continue
            known = {
                text.decode()
                for attribute in node.attribute
                if attribute.name in TEXT_ATTRIBUTES
                for text in attribute.strings
            }
            if known:
                for place in sources[0]:
                    texts.setdefault(place, set()).update(known)
            elif node.op_type in PASSING:
                columns[node.output[0]] = sources[0]
            elif node.op_type == "Concat" and len(sources) == len(node.input):
                columns[node.output[0]] = [place for source in sources for place in source]
            elif node.op_type in CHOOSING:
                chosen = self._constant(node.input[1]) or []
                if all(isinstance(own, int) and own in range(len(sources[0])) for own in chosen):
                    columns[node.output[0]] = [sources[0][own] for own in chosen]
        return {place: sorted(texts[place]) for place in sorted(texts)}

    def _constant(self, name: str) -> list[Any] | None:
        """The values of a constant, whole numbers or texts; None for another tensor."""
        import onnx.numpy_helper

        if name not in self.constants:
            return None
        values = onnx.numpy_helper.to_array(self.constants[name]).ravel()
        plain = values.astype(str) if values.dtype.hasobject else values
        listed = [own.decode() if isinstance(own, bytes) else own for own in values.tolist()]
        return listed if plain.dtype.kind in "iUS" else None


def _listed_classes(node: Any) -> list[Any] | None:
    """The classes in a node's attributes; None if it lists none."""
    for attribute in node.attribute:
        if attribute.name in CLASS_ATTRIBUTES:
            if attribute.strings:
                return [text.decode() for text in attribute.strings]
            if attribute.ints:
                return list(attribute.ints)
    return None
