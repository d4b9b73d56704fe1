"""Visits the nodes of a skops file, and builds the object of each node once."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from .allowance import Allowance
from .builder import Builder
from .faults import FileUnreadableError
from .skops_schema import read_member

Node = dict[str, Any]
"""One object of the schema."""

BuildNode = Callable[["SkopsBuilder", Node], Any]


class SkopsBuilder:
    """Builds nodes, each object once."""

    def __init__(
        self, archive: zipfile.ZipFile, own_modules: frozenset[str], kinds: Mapping[str, BuildNode]
    ) -> None:
        self.archive = archive
        allowance = Allowance(sum(member.file_size for member in archive.infolist()))
        self.rules = Builder(allowance, own_modules)
        """The builder that pickles use too: it decides what may be named, called and changed."""
        self.kinds = kinds
        """The function that builds each kind of node, by the node's `__loader__`."""
        self.made: dict[int, Any] = {}
        """Objects that were built, by their `__id__`."""

    def build(self, node: Node) -> Any:
        """The object of a node."""
        identity = node.get("__id__")
        if type(identity) is int and identity in self.made:
            return self.made[identity]
        build = self.kinds.get(node["__loader__"])
        if build is None:
            raise FileUnreadableError(
                f"The model file holds a {node['__loader__']}, which poner cannot read.",
                "Save the model again with pickle or joblib.",
            )
        value = build(self, node)
        if type(identity) is int:
            self.made[identity] = value
        return value

    def named(self, node: Node) -> Any:
        """The class or function of a node; refused unless the file may name it."""
        return self.rules.find_global(node["__module__"], node["__class__"])

    def member(self, node: Node) -> bytes:
        """The bytes of a node, from the file that it names in the archive."""
        return read_member(self.archive, node["file"])
