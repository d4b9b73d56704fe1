"""Loads a model file under the allow-list, and checks the finished model."""

from __future__ import annotations

import io
from typing import Any

from . import integrity
from .allowed import is_allowed
from .faults import FileRefusedError
from .formats import SKOPS, unpack
from .left_out import leave_out
from .listing import Listing, list_content
from .loading_machine import LoadingMachine
from .older_attributes import add_newer_attributes
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
    format_name, _, unpacked = unpack(content)
    if format_name == SKOPS:
        loaded = load_skops(unpacked, own_modules)
    else:
        machine = LoadingMachine(io.BytesIO(unpacked), own_modules)
        loaded = run(machine)
        if machine.unknown:
            _check_unknown(content, machine.unknown)
            loaded = leave_out(loaded)
    add_newer_attributes(loaded)
    integrity.check_graph(loaded)
    return loaded


def _check_unknown(content: bytes, unknown: set[tuple[str, str]]) -> None:
    """Refuse names outside the allow-list, apart from those of parts that no prediction uses.

    Raises:
        FileRefusedError: the file names such a global for a part that a prediction may use.
    """
    listing = Listing()
    list_content(content, listing)
    refused = [name for name in sorted(unknown - listing.unused) if not is_allowed(*name, ())]
    if refused:
        names = [".".join(name) for name in refused]
        raise FileRefusedError(f"The model file would name {names[0]}.", names)
