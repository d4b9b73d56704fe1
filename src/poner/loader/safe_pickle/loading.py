"""Loads a model file under the allow-list: the same list once more, and only what it permits."""

from __future__ import annotations

import io
from typing import Any

from . import integrity
from .formats import SKOPS, unpack
from .loading_machine import LoadingMachine
from .older_attributes import add_newer_attributes
from .opcodes import run
from .skops_nodes import load_skops


def load_content(content: bytes, own_modules: frozenset[str] = frozenset()) -> Any:
    """The object that a model file holds; `own_modules` are the user's own, by top-level name.

    The finished object is checked as a whole (`integrity`): nothing changes it afterwards.

    Raises:
        FileRefusedError: it names or does what the allow-list does not permit.
        FileUnreadableError: it is damaged.
    """
    format_name, _, content = unpack(content)
    if format_name == SKOPS:
        loaded = load_skops(content, own_modules)
    else:
        loaded = run(LoadingMachine(io.BytesIO(content), own_modules))
    add_newer_attributes(loaded)
    integrity.check_graph(loaded)
    return loaded
