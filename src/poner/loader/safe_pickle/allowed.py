"""The allow-list: which globals a model file may name, and what it may do with each."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

CALL = "call"
"""The file may call the global (REDUCE); `constructors` checks the arguments."""

NEW = "new"
"""The file may make an instance without initialising it (NEWOBJ), and give it its state."""

NAME = "name"
"""The file may only name the global, such as a ufunc or the class of a dtype."""

OWN_ROLES = frozenset({NAME, NEW})
"""Roles of the classes and functions of the user's own modules."""

LIST_FILE = Path(__file__).with_name("allowed_globals.txt")
"""One `module name role[,role]` a line; made by tools/make_allowed_globals.py."""


@functools.lru_cache(maxsize=None)
def allowed_roles() -> Mapping[tuple[str, str], frozenset[str]]:
    """The roles of every allowed (module, name)."""
    roles = {}
    for line in LIST_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            module, name, words = line.split(" ")
            roles[module, name] = frozenset(words.split(","))
    return roles


def roles_of(module: str, name: str, own_modules: frozenset[str] = frozenset()) -> frozenset[str]:
    """The roles of a global; empty if a file may not even name the global.

    Args:
        module: the module, as the file spells it.
        name: the name in the module, as the file spells it.
        own_modules: top-level modules of the user's own. A file may name and make their classes,
            but never call anything in them.
    """
    roles = allowed_roles().get((module, name))
    if roles is not None:
        return roles
    parts = [*module.split("."), name]
    if parts[0] in own_modules and all(map(_is_plain, parts)):
        return OWN_ROLES
    return frozenset()


def _is_plain(part: str) -> bool:
    """Whether a text is a name that Python does not reserve."""
    return part.isidentifier() and not (part.startswith("__") and part.endswith("__"))


def is_allowed(
    module: str, name: str, uses: Iterable[str], own_modules: frozenset[str] = frozenset()
) -> bool:
    """Whether a file may name a global and use it in these ways."""
    roles = roles_of(module, name, own_modules)
    return bool(roles) and roles.issuperset(uses)
