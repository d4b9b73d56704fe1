"""The newest name of a global that earlier versions of a library have under another.

The allow-list, the checks and the description of a model know each class by its newest name only.
A file's own name is what is imported, since a file is read with the version that wrote it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

LIST_FILE = Path(__file__).with_name("newest_names.txt")
"""One `old new` a line; `.*` stands for every name of a module."""


@functools.lru_cache(maxsize=None)
def renamed() -> Mapping[tuple[str, str], tuple[str, str]]:
    """The newest (module, name) by an earlier one; `*` stands for every name of a module."""
    names = {}
    for line in LIST_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            (module, _, name), (newest, _, newest_name) = (
                word.rpartition(".") for word in line.split(" ")
            )
            names[module, name] = (newest, newest_name)
    return names


def newest_name(module: str, name: str) -> tuple[str, str]:
    """The newest module and name of a global.

    >>> newest_name("sklearn.svm.classes", "SVC")
    ('sklearn.svm._classes', 'SVC')
    """
    names = renamed()
    exact = names.get((module, name))
    if exact is not None:
        return exact
    newest, _ = names.get((module, "*"), (module, name))
    return newest, name
