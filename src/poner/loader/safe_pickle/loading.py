"""Loads a model file under the allow-list, and checks the finished model."""

from __future__ import annotations

import io
from typing import Any

from . import integrity
from .formats import SKOPS, unpack
from .loading_machine import LoadingMachine
from .opcodes import run
from .skops_nodes import load_skops


def load_content(content: bytes, own_modules: frozenset[str] = frozenset()) -> Any:
    """Load the object in a model file, and check the finished object as a whole (`integrity`).

    Args:
        content: the file's content.
        own_modules: top-level modules of the user's own.

    Raises:
        FileRefusedError: the file names or uses something outside the allow-list.
        FileUnreadableError: the file is damaged.
    """
    format_name, _, content = unpack(content)
    if format_name == SKOPS:
        loaded = load_skops(content, own_modules)
    else:
        loaded = run(LoadingMachine(io.BytesIO(content), own_modules))
    integrity.check_graph(loaded)
    return loaded
