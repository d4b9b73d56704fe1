"""Functions that both kinds of templates use."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from poner.deployer.resources import Code


def map_texts(value: Any, change: Callable[[str], Any]) -> Any:
    """A copy of nested mappings and sequences in which `change` was applied to each text value."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: map_texts(one, change) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [map_texts(one, change) for one in value]
    return value


def without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without None, empty lists and empty mappings."""
    return {key: value for key, value in values.items() if value not in (None, [], (), {})}


def find_path(code: Code, folder: Path) -> str:
    """Relative path from a folder to a zip, with forward slashes."""
    return Path(os.path.relpath(code.path, folder)).as_posix()
