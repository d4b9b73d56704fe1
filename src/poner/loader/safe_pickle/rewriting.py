"""Writes a loaded model anew, in canonical form: what the file itself said ends here."""

from __future__ import annotations

from typing import Any

from .canonical import encode, graph_of
from .faults import FileUnreadableError, NotCanonicalError
from .imports import resolve, resolve_own


def rewrite(estimator: Any, own_modules: frozenset[str] = frozenset()) -> bytes:
    """The canonical pickle of an object that `load_content` gave.

    Args:
        estimator: the object; everything in it was made under the allow-list.
        own_modules: top-level modules of the user's own.

    Raises:
        FileUnreadableError: it holds what has no canonical form.
    """

    def find(module: str, name: str) -> Any:
        if module.partition(".")[0] in own_modules:
            return resolve_own(module, name, own_modules)
        return resolve(module, name)

    try:
        return encode(graph_of(estimator, own_modules, find))
    except NotCanonicalError as error:
        raise FileUnreadableError(f"The model cannot be written anew: {error}.") from error
